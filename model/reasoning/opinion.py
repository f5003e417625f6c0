"""The rater's opinion on a de-identified case, for an order that no guideline rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model.assessment import Opinion, Reason
from model.reasoning.rater_features import RatingQuery
from terminology.findings import vocabulary
from terminology.icd10cm import titles

if TYPE_CHECKING:
    from model.case import ImagingCase
    from model.reasoning.rater import Rater

BY: Final = "rater"


def opinion_of(case: ImagingCase, procedure: str, rater: Rater) -> Opinion | None:
    """What the rater thinks of the procedure for the case; `None` where it keeps silent."""
    said = rater.rate(query_of_case(case, procedure))
    if said is None:
        return None
    return Opinion(said.rating, said.confidence, BY, tuple(Reason(text) for text in said.reasons))


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
