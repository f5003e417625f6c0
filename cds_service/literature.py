"""The hook's side of the literature: cite what the store has, and have the worker search for what it lacks.

Nothing here waits for the network. An order whose question was not searched lately leaves the question in
line; the next firing of the hook, or the signing of the order, cites what was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from cds_service.evidence_fetch import fresh_since
from cds_service.evidence_rows import question_key
from cds_service.repeats import Repeats
from cds_service.reviews import Asked
from model.assessment import Rating
from model.evidence.citing import cite
from model.evidence.paper import EvidenceFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from cds_service.evidence_questions import EvidenceQuestions
    from cds_service.evidence_store import EvidenceStore
    from cds_service.metrics import Metrics
    from cds_service.queue import Queue
    from cds_service.rate import RatedOrder
    from cds_service.reviews import Reviews
    from model.evidence.paper import EvidenceQuestion

CITED: Final = 5
"""Most papers on one card, and in one review."""


@dataclass(frozen=True, slots=True)
class Searches:
    """How the worker is asked to search, where an installation searches the literature at all.

    A search older than `fresh_days` is asked for again; at most `most_waiting` stand in line.
    """

    questions: EvidenceQuestions
    reviews: Reviews
    queue: Queue
    metrics: Metrics
    fresh_days: int
    most_waiting: int

    def pending(
        self, known: Mapping[EvidenceQuestion, EvidenceFound | None], today: date
    ) -> frozenset[EvidenceQuestion]:
        """The questions of which a search is under way, now that those not searched lately were asked for."""
        since = fresh_since(today, self.fresh_days)
        stale = [each for each, found in known.items() if not _fresh(found, since)]
        if not stale:
            return frozenset()
        worker = self.reviews.background()
        if not worker.alive or worker.searches_paused:
            self.metrics.searches.labels("paused" if worker.alive else "no-worker").inc(len(stale))
            return frozenset()
        return frozenset(each for each in stale if self._asked(each, since))

    def _asked(self, question: EvidenceQuestion, since: date) -> bool:
        asked = self.questions.ask(question, fresh_since=since, most_waiting=self.most_waiting)
        self.metrics.searches.labels(asked.value).inc()
        if asked is Asked.NEW:
            self.queue.put_search()
        return asked in {Asked.NEW, Asked.SHARED}


@dataclass(frozen=True, slots=True)
class Literature:
    """Completes assessments by what the store has on them.

    `searches` is `None` where no literature is searched: what the store has is cited all the same. What was
    read from the store is remembered until something is written to it, which a service that searches nothing
    notices within seconds.
    """

    store: EvidenceStore
    searches: Searches | None = None
    cards_for_appropriate: bool = False
    answers: Repeats[EvidenceFound | None] = field(default_factory=Repeats)
    looked_up: Repeats[EvidenceFound] = field(default_factory=Repeats)
    versions: Repeats[int] = field(default_factory=partial(Repeats, seconds=5.0))

    def complete(self, rated: tuple[RatedOrder, ...], today: date) -> tuple[RatedOrder, ...]:
        """The rated orders with the papers on them; those that nobody will be shown stay as they are."""
        asked = {each.position: each.question for each in rated if each.question and self._is_shown(each)}
        version = self._version() if asked else 0
        if not asked or (version == 0 and self.searches is None):
            return rated
        known = {question: self._answer(question, version) for question in asked.values()}
        pending = self.searches.pending(known, today) if self.searches else frozenset()
        found = {
            question: answer or self._looked_up(question, version, pending=question in pending)
            for question, answer in known.items()
        }
        return tuple(
            _completed(each, found[question], pending=question in pending)
            if (question := asked.get(each.position))
            else each
            for each in rated
        )

    def _version(self) -> int:
        return self.store.version() if self.searches else self.versions.recall(b"", self.store.version)

    def _is_shown(self, rated: RatedOrder) -> bool:
        assessment = rated.assessment
        good = assessment.rating is Rating.USUALLY_APPROPRIATE
        return not good or self.cards_for_appropriate or bool(assessment.safety)

    def _answer(self, question: EvidenceQuestion, version: int) -> EvidenceFound | None:
        """What the question's own search found; `None` if there was none."""
        return self.answers.recall(
            _digest(question, version), partial(self.store.recall, question, limit=CITED)
        )

    def _looked_up(self, question: EvidenceQuestion, version: int, *, pending: bool) -> EvidenceFound:
        """What other questions' searches left on this one; not looked up while its own is under way."""
        if pending or version == 0:
            return EvidenceFound((), None)
        return self.looked_up.recall(
            _digest(question, version), partial(self.store.about, question, limit=CITED)
        )


def _digest(question: EvidenceQuestion, version: int) -> bytes:
    return f"{version} {question_key(question)}".encode()


def _fresh(found: EvidenceFound | None, since: date) -> bool:
    return found is not None and found.searched_on is not None and found.searched_on >= since


def _completed(rated: RatedOrder, found: EvidenceFound, *, pending: bool) -> RatedOrder:
    searched_on = found.searched_on.isoformat() if found.searched_on else None
    assessment = replace(
        rated.assessment,
        literature=tuple(cite(each) for each in found.evidence),
        retracted=found.retracted,
        search_pending=pending,
        provenance=replace(rated.assessment.provenance, evidence=searched_on),
    )
    return replace(rated, assessment=assessment, evidence=found.evidence)
