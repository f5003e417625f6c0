"""From a case to an assessment: the whole flow on one screen.

The guideline library is asked first. Where its topics decide, that is the rating; where they leave several
ratings open, the answer is the questions that would decide; where none speaks, a guideline that the site has
imported is asked; where that is silent too, there is no guidance, and the rater may hold an opinion. Problems
that stand in for a missing reason can rate an order, but only the order itself can be beyond every guideline.
A language model works later, in the background: `reasoning/review.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model.assessment import Assessment, Outcome, Provenance, Source
from model.guideline.combine import possible_ratings, verdict
from model.guideline.explain import ranking, rated, undecided, unrated, without_indication
from model.guideline.match import match
from model.licensed import by_licensed
from model.reasoning.opinion import best_opinion
from model.safety import any_risk, cautions
from model.screening import for_screening
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.case import ImagingCase
    from model.guideline.library import Library
    from model.guideline.match import Match
    from model.licensed import Licensed
    from model.reasoning.rater import Rater


def assess(
    case: ImagingCase,
    library: Library,
    licensed: Sequence[Licensed] = (),
    rater: Rater | None = None,
) -> Assessment:
    """The assessment of one imaging order, with what makes it and each better choice risky beside it."""
    judged = _judge(case, library, licensed)
    if rater is not None:
        judged = _with_opinion(judged, case, rater)
    if not any_risk(case):
        return judged
    procedure = judged.procedure or case.procedures[0]
    return replace(
        judged,
        safety=cautions(case, procedure),
        alternatives=tuple(
            replace(each, safety=cautions(case, each.procedure)) for each in judged.alternatives
        ),
    )


def _with_opinion(judged: Assessment, case: ImagingCase, rater: Rater) -> Assessment:
    """The assessment with the rater's opinion, where it may have one on a study that the order may mean."""
    open_ = (judged.procedure,) if judged.procedure else case.procedures
    procedures = [each for each in open_ if _beyond_guidelines(judged, case, each)]
    if not procedures:
        return judged
    asked = replace(judged, provenance=replace(judged.provenance, rater=rater.digest))
    found = best_opinion(case, procedures, rater)
    return replace(asked, procedure=found[0], opinion=found[1]) if found else asked


def _beyond_guidelines(judged: Assessment, case: ImagingCase, procedure: str) -> bool:
    """Whether no guideline rates the study, though the order's own words or codes say what it is for.

    An order that a guideline asks about is asked about, and never rated by a model instead. Nor is a part of
    a study that the guideline finds usually appropriate, or such a study and more: it would contradict the
    guideline, or seem to follow from it (decision 18).
    """
    if judged.outcome is Outcome.NO_GUIDANCE:
        return not any(_overlap(procedure, each.procedure) for each in judged.alternatives)
    unread = judged.outcome is Outcome.NOT_ENOUGH_INFORMATION and judged.source is Source.NONE
    return unread and not judged.scenarios and bool(case.spans) and not case.inferred


def _overlap(one: str, other: str) -> bool:
    """Whether of two studies of a modality one shows a part of the other, or is the other for screening."""
    ones, others = catalogue()[one], catalogue()[other]
    if ones.modality is not others.modality:
        return False
    regions = set(ones.regions), set(others.regions)
    if regions[0] == regions[1]:
        return set(ones.techniques) ^ set(others.techniques) == {"screening"}
    return regions[0] < regions[1] or regions[1] < regions[0]


def _matches(case: ImagingCase, library: Library) -> list[Match]:
    topics = library.topics_for(case.indicated | case.suggested)
    return [found for topic in topics if (found := match(topic, case))]


def _judge(case: ImagingCase, library: Library, licensed: Sequence[Licensed]) -> Assessment:
    provenance = Provenance(criteria=library.version)
    legible = any(indication.legible for indication in case.indications)
    matches = _matches(case, library) if legible else []
    if not any(found.certain for found in matches) and (screened := for_screening(case)):
        case, matches, legible = screened, _matches(screened, library), True
    if not legible:
        return without_indication(provenance)
    certain = [found for found in matches if found.certain]
    verdicts = [said for found in certain if (said := verdict(found, case))]
    raised = [said for found in matches if not found.certain and (said := verdict(found, case))]
    if not verdicts and case.inferred:
        return without_indication(provenance)
    if not verdicts:
        imported = by_licensed(case, licensed, library.version) if licensed else None
        if imported and (imported.rating or not raised):
            return imported
        return undecided(case, raised, provenance) if raised else unrated(case, certain, provenance)
    if not any(said.match.decided for said in verdicts):
        verdicts += [said for said in raised if not said.match.for_child]
    ratings = possible_ratings(verdicts)
    rating = next(iter(ratings)) if len(ratings) == 1 else None
    if rating is None:
        return undecided(case, verdicts, provenance)
    deciding = max((said for said in verdicts if rating in said.choices), key=lambda said: said.match.decided)
    judged = rated(case, deciding, rating, provenance)
    return replace(judged, ranked=ranking(deciding, verdicts)) if len(verdicts) > 1 else judged
