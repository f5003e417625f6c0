"""A review: what a language model is asked about an order that was assessed, and what it adds.

Where a guideline decides, the model may only explain, from papers; where none does, it may hold an opinion.
What it adds never touches a guideline's rating.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.assessment import Opinion, Outcome, Rating, Reason
from model.case import ImagingCase  # noqa: TC001 - the queue reads the types at run time
from model.evidence.paper import Evidence  # noqa: TC001 - likewise
from model.reasoning.combine import combined

if TYPE_CHECKING:
    from model.assessment import Assessment
    from model.reasoning.reasoner import Reasoner


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What is to be reviewed: a procedure for a case, with the papers on it.

    `rating` is the guideline's, which is to be explained; `None` where no guideline rates the order.
    """

    case: ImagingCase
    procedure: str
    evidence: tuple[Evidence, ...] = ()
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class ReviewOutcome:
    """What a review came to: an opinion, or an explanation of the guideline's rating, or neither.

    The reasons of `explanation` cite places in the request's evidence. `dropped` counts sentences that their
    sources did not support. `model`, `adapter`, `prompt` and `seed` are as in `Provenance`.
    """

    model: str
    adapter: str | None
    prompt: str
    seed: int
    opinion: Opinion | None = None
    dropped: int = 0
    explanation: tuple[Reason, ...] = ()


def request_of(
    case: ImagingCase, assessment: Assessment, evidence: tuple[Evidence, ...] = ()
) -> ReviewRequest | None:
    """What to ask of a model about the order; `None` where it has nothing to add.

    A guideline's rating is explained where there are papers to explain it from, and a card to put that on: a
    usually appropriate order has none. An order that lacks a fact is asked about, not reviewed. Where no
    guideline rates, a language model alone is not heard (`combine.py`), so it is asked only where the rater
    has an opinion.
    """
    procedure = assessment.procedure or case.procedures[0]
    shown = tuple(_without_abstract(each) for each in evidence)
    if assessment.rating not in {None, Rating.USUALLY_APPROPRIATE}:
        return ReviewRequest(case, procedure, shown, assessment.rating) if shown else None
    if assessment.outcome is not Outcome.NO_GUIDANCE or assessment.opinion is None:
        return None
    return ReviewRequest(case, procedure, shown)


def reviewed(assessment: Assessment, outcome: ReviewOutcome) -> Assessment:
    """The assessment with what the review added, and with its provenance."""
    return replace(
        assessment,
        opinion=combined(assessment.opinion, outcome.opinion),
        explanation=outcome.explanation,
        provenance=replace(
            assessment.provenance,
            model=outcome.model,
            adapter=outcome.adapter,
            prompt=outcome.prompt,
            seed=outcome.seed,
        ),
    )


def review(request: ReviewRequest, reasoner: Reasoner, *, timeout_s: float, seed: int = 0) -> ReviewOutcome:
    """What the model says to a request, of the case and the papers alone.

    Raises:
        LanguageModelError: No usable reply in time.
    """
    case, procedure, evidence, rating = request.case, request.procedure, request.evidence, request.rating
    if rating is None:
        reasoned = reasoner.rate(case, procedure, evidence, timeout_s=timeout_s, seed=seed)
    else:
        reasoned = reasoner.explain(case, procedure, rating, evidence, timeout_s=timeout_s, seed=seed)
    said, opinion = reasoned.completion, reasoned.opinion
    return ReviewOutcome(
        said.model,
        said.adapter,
        reasoned.prompt.digest,
        seed,
        opinion=opinion if rating is None else None,
        dropped=reasoned.dropped,
        explanation=opinion.reasons if opinion and rating else (),
    )


def _without_abstract(evidence: Evidence) -> Evidence:
    """The evidence as a model is shown it: of an abstract only the passages."""
    return replace(evidence, paper=replace(evidence.paper, abstract=()))
