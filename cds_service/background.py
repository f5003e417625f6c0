"""The background worker: it asks the language model for reviews, searches the literature, and writes it down.

`apposite serve` starts one; `apposite worker` runs another by hand. The work stands in the tables of reviews
and of questions: when a worker is killed, another takes it up.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Final

from cds_service.log import event
from cds_service.reviewing import OUTCOMES, REQUESTS
from model.reasoning.language_model import Failure, LanguageModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cds_service.breaker import Breaker
    from cds_service.metrics import Metrics
    from cds_service.queue import Queue
    from cds_service.reviews import Reviews
    from cds_service.searching import Searching
    from model.reasoning.review import ReviewOutcome, ReviewRequest

BEAT_S: Final = 5.0
_WEIGHT_OF_LAST: Final = 0.2
"""How much the last review counts in how long reviews usually take."""


class Background:
    """Works on reviews, and has `searching` work on the literature.

    `review` asks the language model; `None` where there is none, and `searching` likewise.
    """

    def __init__(  # noqa: PLR0913 - two kinds of work
        self,
        reviews: Reviews,
        review: Callable[[ReviewRequest], ReviewOutcome] | None,
        *,
        metrics: Metrics,
        breaker: Breaker,
        searching: Searching | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reviews = reviews
        self._review = review
        self._metrics = metrics
        self._breaker = breaker
        self._searching = searching
        self._clock = clock
        self._usual_s: float | None = None

    def work(self, key: str) -> None:
        """Do one review; nothing if it was withdrawn, or if another worker has it."""
        written = self._reviews.begin(key) if self._review else None
        if written is None:
            self._metrics.reviews.labels("withdrawn").inc()
            return
        started = self._clock()
        try:
            outcome = self._reviewed(REQUESTS.validate_json(written))
        except LanguageModelError as error:
            self._reviews.fail(key)
            self._metrics.reviews.labels("failed").inc()
            self._metrics.model_failures.labels(error.failure.value).inc()
            event("review.failed", error=error.failure.value)
        else:
            self._reviews.finish(key, OUTCOMES.dump_json(outcome).decode())
            self._took(self._clock() - started)
            self._metrics.reviews.labels("done").inc()
            self._metrics.dropped_sentences.inc(outcome.dropped)
        self.beat()

    def sweep(self, put: Callable[[str], object]) -> None:
        """Put back in line what was left lying there, and forget what is old."""
        self._reviews.sweep()
        for key in self._reviews.waiting() if self._review else ():
            put(key)
        if self._searching:
            self._searching.sweep()

    def search(self) -> None:
        """See to it that the questions in line are searched for, and return at once."""
        if self._searching:
            self._searching.wake()

    def beat(self) -> None:
        """Say that the worker is there, what it leaves alone, and how long reviews take."""
        if self._searching:
            self._searching.beat()
        self._reviews.beat(
            paused_until=self._breaker.open_until,
            usual_seconds=self._usual_s,
            searches_paused_until=self._searching.paused_until if self._searching else None,
        )

    def _reviewed(self, request: ReviewRequest) -> ReviewOutcome:
        """The model's review; a model that is left alone for a while is not asked."""
        if self._review is None or self._breaker.open_until is not None:
            raise LanguageModelError(Failure.UNAVAILABLE)
        try:
            outcome = self._review(request)
        except LanguageModelError:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return outcome

    def _took(self, seconds: float) -> None:
        self._metrics.review_seconds.observe(seconds)
        last = self._usual_s
        self._usual_s = seconds if last is None else last + _WEIGHT_OF_LAST * (seconds - last)


def run(background: Background, queue: Queue, *, parent: int | None = None) -> None:
    """Work until a signal ends it, or until the process `parent` that started it is gone."""
    beating = threading.Thread(target=_beat, args=(background, parent), daemon=True)
    queue.serve(background.work, lambda: background.sweep(queue.put), background.search, ready=beating.start)


def _beat(background: Background, parent: int | None) -> None:
    while parent is None or os.getppid() == parent:
        background.beat()
        time.sleep(BEAT_S)
    os.kill(os.getpid(), signal.SIGINT)
