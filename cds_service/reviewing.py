"""The hook's side of reviews: ask once, wait no longer than the deadline, take what is there.

The hook never runs a model itself. It puts the de-identified case in line for the background worker and looks
whether the result is there; the next firing of the hook, or the signing of the order, finds it at once.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from cds_service.reviews import Asked, State
from model.reasoning.review import ReviewOutcome, ReviewRequest, request_of, reviewed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cds_service.metrics import Metrics
    from cds_service.places import Places
    from cds_service.queue import Queue
    from cds_service.rate import RatedOrder
    from cds_service.reviews import Background, Review, Reviews

REQUESTS: Final = TypeAdapter(ReviewRequest)
OUTCOMES: Final = TypeAdapter(ReviewOutcome)

_FIRST_GUESS_S: Final = 1.0
"""How long a review is thought to take before any was done."""
_SHORTEST_PAUSE_S: Final = 0.02
_LONGEST_PAUSE_S: Final = 0.1
_MARGIN_S: Final = 0.05
"""What is left of the deadline for writing the answer."""
_ENDED: Final = frozenset({State.DONE, State.FAILED})


@dataclass(frozen=True, slots=True)
class Reviewing:
    """Completes assessments by reviews.

    `version` names everything that a result depends on besides the case: criteria, rater, model and prompt.
    At most `most_waiting` reviews stand in line. An answer waits for one only where it finds one of the
    `places` free, so that others go on being answered.
    """

    reviews: Reviews
    queue: Queue
    metrics: Metrics
    version: str
    places: Places
    most_waiting: int = 50
    clock: Callable[[], float] = time.perf_counter
    sleep: Callable[[float], None] = time.sleep

    def complete(
        self, rated: tuple[RatedOrder, ...], order_keys: Mapping[int, str], *, until: float
    ) -> tuple[RatedOrder, ...]:
        """The rated orders with what reviews have to add; what is not there at `until` is pending.

        `order_keys` name the order at each position, so that a changed order withdraws what it asked before.
        """
        wanted = {each.position: request for each in rated if (request := _request(each))}
        if not wanted:
            return rated
        works = {position: REQUESTS.dump_json(request).decode() for position, request in wanted.items()}
        keys = {position: self._key(work) for position, work in works.items()}
        found = self.reviews.find(keys.values())
        open_ = {position: work for position, work in works.items() if not _ended(found.get(keys[position]))}
        pending: set[str] = set()
        if open_:
            background = self.reviews.background()
            pending = {
                keys[position]
                for position, work in open_.items()
                if keys[position] in found
                or self._asked(keys[position], order_keys[position], work, background)
            }
            if pending and self._worth_waiting(background, until):
                found = {**found, **self._wait(pending, until)}
        return tuple(
            _completed(replace(each, review=key), found.get(key), pending=key in pending)
            if (key := keys.get(each.position))
            else each
            for each in rated
        )

    def _key(self, work: str) -> str:
        return hashlib.sha256(f"{self.version}\n{work}".encode()).hexdigest()

    def _asked(self, key: str, order_key: str, work: str, background: Background) -> bool:
        """Ask for a review that is not known; whether it is under way then."""
        if not background.alive or background.paused:
            self.metrics.reviews.labels("paused" if background.alive else "no-worker").inc()
            return False
        asked = self.reviews.ask(key, order_key, work, most_waiting=self.most_waiting)
        self.metrics.reviews.labels(asked.value).inc()
        if asked is Asked.NEW:
            self.queue.put(key)
        return asked is not Asked.SHED

    def _worth_waiting(self, background: Background, until: float) -> bool:
        usual = background.usual_seconds
        return (_FIRST_GUESS_S if usual is None else usual) < until - _MARGIN_S - self.clock()

    def _wait(self, keys: set[str], until: float) -> Mapping[str, Review]:
        """The reviews as they stand when all of them ended, or when the time is over."""
        with self.places.one() as free:
            pause = _SHORTEST_PAUSE_S
            while free and (left := until - _MARGIN_S - self.clock()) > 0:
                self.sleep(min(pause, left))
                found = self.reviews.find(keys)
                if all(_ended(found.get(key)) for key in keys):
                    return found
                pause = min(1.5 * pause, _LONGEST_PAUSE_S)
        return {}


def _ended(review: Review | None) -> bool:
    return review is not None and review.state in _ENDED


def _request(rated: RatedOrder) -> ReviewRequest | None:
    return request_of(rated.case, rated.assessment, rated.evidence)


def _completed(rated: RatedOrder, review: Review | None, *, pending: bool) -> RatedOrder:
    if review is not None and review.state is State.DONE and review.result is not None:
        outcome = OUTCOMES.validate_json(review.result)
        return replace(rated, assessment=reviewed(rated.assessment, outcome))
    if pending and not _ended(review):
        return replace(rated, assessment=replace(rated.assessment, review_pending=True))
    return rated
