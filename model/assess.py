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
from model.reasoning.opinion import opinion_of
from model.safety import any_risk, cautions
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.case import ImagingCase
    from model.guideline.library import Library
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
    procedure = judged.procedure or case.procedures[0]
    if rater is not None and _beyond_guidelines(judged, case, procedure):
        judged = replace(
            judged,
            opinion=opinion_of(case, procedure, rater),
            provenance=replace(judged.provenance, rater=rater.digest),
        )
    if not any_risk(case):
        return judged
    return replace(
        judged,
        safety=cautions(case, procedure),
        alternatives=tuple(
            replace(each, safety=cautions(case, each.procedure)) for each in judged.alternatives
        ),
    )


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
    """Whether one of two studies of the same modality shows a part of what the other shows."""
    ones, others = catalogue()[one], catalogue()[other]
    regions = set(ones.regions), set(others.regions)
    return ones.modality is others.modality and (regions[0] < regions[1] or regions[1] < regions[0])


def _judge(case: ImagingCase, library: Library, licensed: Sequence[Licensed]) -> Assessment:
    provenance = Provenance(criteria=library.version)
    if not any(indication.legible for indication in case.indications):
        return without_indication(provenance)
    topics = library.topics_for(case.indicated | case.suggested)
    matches = [found for topic in topics if (found := match(topic, case))]
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
