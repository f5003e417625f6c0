"""A review: what a language model is asked about an order that no guideline rates, and what it adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.assessment import Opinion, Outcome
from model.case import ImagingCase  # noqa: TC001 - the queue reads the types at run time
from model.reasoning.combine import combined

if TYPE_CHECKING:
    from model.assessment import Assessment
    from model.reasoning.reasoner import Reasoner


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What is to be reviewed: a procedure for a case."""

    case: ImagingCase
    procedure: str


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What a review came to: an opinion, or none.

    `dropped` counts sentences that their sources did not support. `model`, `adapter`, `prompt` and `seed` are
    as in `Provenance`.
    """

    model: str
    adapter: str | None
    prompt: str
    seed: int
    opinion: Opinion | None = None
    dropped: int = 0


def request_of(case: ImagingCase, assessment: Assessment) -> ReviewRequest | None:
    """What to ask of a model about the order; `None` where a guideline speaks, or the rater has no opinion.

    A language model alone is not heard (`combine.py`), so there it need not be asked.
    """
    if assessment.outcome is not Outcome.NO_GUIDANCE or assessment.opinion is None:
        return None
    return ReviewRequest(case, assessment.procedure or case.procedures[0])


def reviewed(assessment: Assessment, outcome: ReviewOutcome) -> Assessment:
    """The assessment with what the review added, and with its provenance."""
    return replace(
        assessment,
        opinion=combined(assessment.opinion, outcome.opinion),
        provenance=replace(
            assessment.provenance,
            model=outcome.model,
            adapter=outcome.adapter,
            prompt=outcome.prompt,
            seed=outcome.seed,
        ),
    )


def review(request: ReviewRequest, reasoner: Reasoner, *, timeout_s: float, seed: int = 0) -> ReviewOutcome:
    """What the model says to a request, from the case alone: it cites nothing, as no literature is searched.

    Raises:
        LanguageModelError: No usable reply in time.
    """
    reasoned = reasoner.rate(request.case, request.procedure, (), timeout_s=timeout_s, seed=seed)
    said = reasoned.completion
    return ReviewOutcome(
        said.model, said.adapter, reasoned.prompt.digest, seed, reasoned.opinion, reasoned.dropped
    )
