"""A review: what a language model is asked about an order that was assessed, and what it adds.

Where a guideline decides, the model may only explain; where none does, it may hold an opinion. What it adds
never touches a guideline's rating.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.assessment import Citation, Opinion, Outcome, Rating, Reason
from model.case import ImagingCase  # noqa: TC001 - the queue reads the types at run time
from model.reasoning.combine import combined

if TYPE_CHECKING:
    from model.assessment import Assessment, Provenance
    from model.reasoning.reasoner import Reasoner


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What is to be reviewed: a procedure for a case, with the guideline's rating and reasons if any."""

    case: ImagingCase
    procedure: str
    rating: Rating | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What a review came to: an opinion, or an explanation of the guideline's rating, or neither.

    `citations` are the papers that the store holds on the question; the reasons of `explanation` cite their
    places. `dropped` counts sentences that their sources did not support. `model`, `adapter`, `prompt`,
    `evidence` and `seed` are as in `Provenance`; all are `None` where no model was asked.
    """

    model: str | None = None
    adapter: str | None = None
    prompt: str | None = None
    seed: int | None = None
    evidence: str | None = None
    opinion: Opinion | None = None
    explanation: tuple[Reason, ...] = ()
    citations: tuple[Citation, ...] = ()
    dropped: int = 0


def request_of(case: ImagingCase, assessment: Assessment) -> ReviewRequest | None:
    """What to ask of a model about the order; `None` where a model has nothing to add.

    An order that lacks a fact is asked about, not reviewed. A guideline's rating is explained where there is
    literature to explain it from and a card to put it on.
    """
    procedure = assessment.procedure or case.procedures[0]
    if assessment.outcome is Outcome.NO_GUIDANCE:
        return ReviewRequest(case, procedure)
    explains = assessment.rating not in {None, Rating.USUALLY_APPROPRIATE} and assessment.literature
    return ReviewRequest(case, procedure, assessment.rating, assessment.reasons) if explains else None


def reviewed(assessment: Assessment, outcome: ReviewOutcome) -> Assessment:
    """The assessment with what the review added, and with its provenance."""
    if assessment.rating is None:
        opinion = combined(assessment.opinion, outcome.opinion)
        added = replace(assessment, opinion=opinion, literature=outcome.citations)
    else:
        added = replace(assessment, explanation=outcome.explanation, literature=outcome.citations)
    return replace(added, provenance=_with(assessment.provenance, outcome))


def review(request: ReviewRequest, reasoner: Reasoner, *, timeout_s: float, seed: int = 0) -> ReviewOutcome:
    """What the model says to a request, from the case alone: it cites nothing, as no literature is searched.

    Raises:
        LanguageModelError: No usable reply in time.
    """
    case, procedure, rating = request.case, request.procedure, request.rating
    if rating is None:
        reasoned = reasoner.rate(case, procedure, (), timeout_s=timeout_s, seed=seed)
    else:
        reasoned = reasoner.explain(case, procedure, rating, (), timeout_s=timeout_s, seed=seed)
    opinion = reasoned.opinion
    return ReviewOutcome(
        reasoned.completion.model,
        reasoned.completion.adapter,
        reasoned.prompt.digest,
        seed,
        opinion=opinion if rating is None else None,
        explanation=opinion.reasons if opinion and rating else (),
        citations=opinion.citations if opinion else (),
        dropped=reasoned.dropped,
    )


def _with(provenance: Provenance, outcome: ReviewOutcome) -> Provenance:
    return replace(
        provenance,
        model=outcome.model,
        adapter=outcome.adapter,
        prompt=outcome.prompt,
        evidence=outcome.evidence,
        seed=outcome.seed,
    )
