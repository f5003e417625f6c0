"""Where the language model's review of a page's order stands, and what it added."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cds_service.reviewing import OUTCOMES
from cds_service.reviews import State
from model.reasoning.review import reviewed

if TYPE_CHECKING:
    from cds_service.companion.pages import Page
    from cds_service.reviews import Reviews
    from model.assessment import Assessment


class ReviewState(StrEnum):
    """Where a review stands, for a reader of the page."""

    NO_MODEL = "no-model"
    NOT_WANTED = "not-wanted"
    NOT_ASKED = "not-asked"
    WAITING = "waiting"
    PAUSED = "paused"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PageReview:
    """The state of the review, and the assessment with what it added."""

    state: ReviewState
    assessment: Assessment

    @property
    def under_way(self) -> bool:
        """Whether somebody is going to finish it."""
        return self.state in {ReviewState.WAITING, ReviewState.RUNNING}


def review_of(page: Page, reviews: Reviews, *, has_model: bool) -> PageReview:
    """The review as it stands now; nothing is asked for.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    if page.assessment.provenance.model:  # the card had it already
        return PageReview(ReviewState.DONE, page.assessment)
    if page.review is None:
        state = ReviewState.NOT_WANTED if has_model else ReviewState.NO_MODEL
        return PageReview(state, page.assessment)
    found = reviews.look(page.review)
    if found is None:
        return PageReview(ReviewState.NOT_ASKED, page.assessment)
    if found.state is State.DONE and found.result is not None:
        try:
            outcome = OUTCOMES.validate_json(found.result)
        except ValidationError:  # written by another version
            return PageReview(ReviewState.FAILED, page.assessment)
        return PageReview(ReviewState.DONE, reviewed(page.assessment, outcome))
    return PageReview(_state(found.state, reviews), page.assessment)


def _state(state: State, reviews: Reviews) -> ReviewState:
    """The state of a review that is not done; one that nobody works on has to wait for a worker."""
    if state is State.FAILED:
        return ReviewState.FAILED
    background = reviews.background()
    if not background.alive or (background.paused and state is State.WAITING):
        return ReviewState.PAUSED
    return ReviewState.RUNNING if state is State.RUNNING else ReviewState.WAITING
