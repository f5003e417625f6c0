"""The background worker: it writes down what came of a review, and leaves a broken model alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cds_service.background import Background
from cds_service.breaker import Breaker
from cds_service.consults import open_engine
from cds_service.metrics import new_metrics
from cds_service.reviewing import OUTCOMES, REQUESTS
from cds_service.reviews import Reviews, State
from cds_service.schema import migrate
from model.assessment import Citation, Opinion, Rating, Reason
from model.intake import PlainCase, case_of_record
from model.reasoning.language_model import Failure, LanguageModelError
from model.reasoning.review import ReviewOutcome, ReviewRequest
from terminology.coding import Concept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OUTCOME = ReviewOutcome("a model", None, "a digest", 0, dropped=2)
OPINION = Opinion(
    Rating.MAY_BE_APPROPRIATE, 0.4, "language-model", (Reason("A sentence.", (0,)),), (Citation("A", 2020),)
)


class Model:
    """Answers as it is told to, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Failure | None = None

    def review(self, _: ReviewRequest) -> ReviewOutcome:
        """The outcome, or the failure."""
        self.asked += 1
        if self.failure:
            raise LanguageModelError(self.failure)
        return OUTCOME


@pytest.fixture
def reviews(tmp_path: Path) -> Iterator[Reviews]:
    """Reviews in a fresh database."""
    engine = open_engine(f"sqlite:///{tmp_path / 'reviews.db'}")
    migrate(engine)
    yield Reviews(engine)
    engine.dispose()


def work() -> str:
    case = case_of_record(PlainCase(Concept(text="MRA head"), (Concept(text="toothache"),)))
    return REQUESTS.dump_json(ReviewRequest(case, case.procedures[0])).decode()


def test_a_review_that_is_done_is_written_down(reviews: Reviews) -> None:
    """The result is there for the next firing, and the worker tells how long reviews take."""
    metrics, model = new_metrics(), Model()
    background = Background(reviews, model.review, metrics=metrics, breaker=Breaker())
    reviews.ask("k", "o", work(), most_waiting=9)
    background.work("k")
    found = reviews.find(["k"])["k"]
    assert found.state is State.DONE
    assert OUTCOMES.validate_json(found.result or "") == OUTCOME
    seen = reviews.background()
    assert seen.alive
    assert seen.usual_seconds is not None
    assert metrics.registry.get_sample_value("apposite_dropped_sentences_total") == 2


def test_a_review_that_was_withdrawn_is_not_done(reviews: Reviews) -> None:
    """No stale work when the order has changed."""
    model = Model()
    background = Background(reviews, model.review, metrics=new_metrics(), breaker=Breaker())
    reviews.ask("old", "o", work(), most_waiting=9)
    reviews.ask("new", "o", work(), most_waiting=9)
    background.work("old")
    background.work("new")
    assert model.asked == 1


def test_a_model_that_fails_again_and_again_is_left_alone(reviews: Reviews) -> None:
    """After three failures it is not asked, and the hook is told to promise nothing."""
    metrics, model = new_metrics(), Model()
    model.failure = Failure.TIMEOUT
    background = Background(reviews, model.review, metrics=metrics, breaker=Breaker(failures=3))
    for number in range(5):
        reviews.ask(f"k{number}", f"o{number}", work(), most_waiting=9)
        background.work(f"k{number}")
        assert reviews.find([f"k{number}"])[f"k{number}"].state is State.FAILED
    assert model.asked == 3
    assert reviews.background().paused
    failures = "apposite_language_model_failures_total"
    assert metrics.registry.get_sample_value(failures, {"failure": "timeout"}) == 3
    assert metrics.registry.get_sample_value(failures, {"failure": "unavailable"}) == 2


def test_what_was_left_lying_is_put_back_in_line(reviews: Reviews) -> None:
    """A message that the queue lost is found by the sweep."""
    background = Background(reviews, Model().review, metrics=new_metrics(), breaker=Breaker())
    reviews.ask("k", "o", work(), most_waiting=9)
    put: list[str] = []
    background.sweep(put.append)
    assert put == ["k"]


def test_an_outcome_is_read_back_as_it_was_written() -> None:
    """Nothing of a review is lost on its way through the table."""
    outcome = replace(OUTCOME, adapter="an adapter", opinion=OPINION)
    assert OUTCOMES.validate_json(OUTCOMES.dump_json(outcome)) == outcome
