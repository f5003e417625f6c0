"""The worker's side of the literature: it works off the questions that wait, beside the reviews.

It runs in a thread of its own, so that a slow index delays no review, and only while something waits.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cds_service.errors import StoreUnavailableError
from cds_service.log import event
from model.evidence.search import ProviderError

if TYPE_CHECKING:
    from datetime import datetime

    from cds_service.breaker import Breaker
    from cds_service.evidence_fetch import Fetcher
    from cds_service.evidence_questions import EvidenceQuestions
    from cds_service.metrics import Metrics
    from model.evidence.paper import EvidenceQuestion


class Searching:
    """Searches for the questions in line, one after the other; they wait while the indexes are left alone."""

    def __init__(
        self, questions: EvidenceQuestions, fetcher: Fetcher, *, metrics: Metrics, breaker: Breaker
    ) -> None:
        self._questions = questions
        self._fetcher = fetcher
        self._metrics = metrics
        self._breaker = breaker
        self._lock = threading.Lock()
        self._running = False
        self._current: EvidenceQuestion | None = None

    @property
    def paused_until(self) -> datetime | None:
        """When the indexes are asked again; `None` where they may be asked now."""
        return self._breaker.open_until

    def wake(self) -> None:
        """See to it that what waits is worked off, and return at once."""
        with self._lock:
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._work, daemon=True).start()

    def beat(self) -> None:
        """Say that the search goes on, however slow the index is, so that nobody else takes it up."""
        if current := self._current:
            self._questions.go_on(current)

    def sweep(self) -> None:
        """Take up what was left lying there."""
        self._questions.sweep()
        self.wake()

    def work(self) -> None:
        """Search for everything that waits."""
        while self._breaker.open_until is None and (question := self._questions.begin()):
            self._search(question)

    def _work(self) -> None:
        """Work until nothing waits; who wakes us after the last look finds us gone and starts anew."""
        try:
            while self._more():
                self.work()
        except StoreUnavailableError:
            event("searches.lost")
        finally:
            with self._lock:
                self._running = False

    def _more(self) -> bool:
        with self._lock:
            self._running = self._breaker.open_until is None and bool(self._questions.waiting())
            return self._running

    def _search(self, question: EvidenceQuestion) -> None:
        ended, self._current = False, question
        try:
            fetched = self._fetcher.fetch(question)
            ended = fetched.searches > 0
        except ProviderError as error:
            self._breaker.failed()
            event("search.failed", error=str(error))
        else:
            self._breaker.succeeded()
            for failure in fetched.failures:
                event("index.failed", error=failure)
            self._metrics.papers.inc(fetched.papers)
        finally:
            self._current = None
            self._metrics.searches.labels("done" if ended else "failed").inc()
            if not ended:
                self._questions.fail(question)
