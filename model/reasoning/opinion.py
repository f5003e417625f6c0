"""The rater's opinion on a de-identified case, for an order that no guideline rates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from model.assessment import Opinion, Reason
from model.reasoning.rater_features import RatingQuery
from terminology.findings import vocabulary
from terminology.icd10cm import titles
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.case import ImagingCase
    from model.reasoning.rater import Rater

BY: Final = "rater"
OPEN_ORDER: Final = "The order leaves open which study is meant; this is said of {}, which suits best."


def opinion_of(case: ImagingCase, procedure: str, rater: Rater) -> Opinion | None:
    """What the rater thinks of the procedure for the case; `None` where it keeps silent."""
    said = rater.rate(query_of_case(case, procedure))
    if said is None:
        return None
    return Opinion(said.rating, said.confidence, BY, tuple(Reason(text) for text in said.reasons))


def best_opinion(case: ImagingCase, procedures: Sequence[str], rater: Rater) -> tuple[str, Opinion] | None:
    """The opinion on the study that is rated best among those that an order leaves open, and which that is.

    Where they are rated differently, its first reason names the study. `None` where the rater is silent.
    """
    said = [(each, opinion) for each in procedures if (opinion := opinion_of(case, each, rater))]
    if not said:
        return None
    if len({opinion.rating for _, opinion in said}) == 1:
        return said[0]
    procedure, best = max(said, key=lambda each: (each[1].rating.rank, each[1].confidence))
    which = Reason(OPEN_ORDER.format(catalogue()[procedure].name))
    return procedure, replace(best, reasons=(which, *best.reasons))


def query_of_case(case: ImagingCase, procedure: str) -> RatingQuery:
    """The question to the rater: names of findings, titles of codes, the order's allow-listed words."""
    known = vocabulary()
    findings = [
        known[finding].name
        for indication in case.indications
        for finding in indication.findings
        if finding in case.indicated
    ]
    diagnoses = titles(each.icd10cm for each in case.indications)
    return RatingQuery(
        procedure,
        indications=tuple(dict.fromkeys((*findings, *diagnoses))),
        scenario=case.spans,
        age=case.age,
        sex=case.sex,
        pregnant=case.facts.status("pregnancy") is True,
    )
