"""What makes a study risky is told, and changes no rating."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.assess import assess
from model.case import ImagingCase, Indication, PriorStudy
from model.facts import Fact, Origin, close
from model.guideline.library import library
from model.safety import safety_lines
from terminology.findings import vocabulary
from terminology.procedures import Modality


def case(*present: str, **members: object) -> ImagingCase:
    facts = close([Fact(finding, "present", Origin.PROBLEM_LIST) for finding in present], vocabulary())
    return replace(ImagingCase(("ct-head-wo",), facts=facts), **members)


@pytest.mark.parametrize(
    ("fact", "risky", "harmless"),
    [
        ("pregnancy", "ct-head-wo", "mr-head-wo"),
        ("iodinated-contrast-allergy", "ct-head-w", "ct-head-wo"),
        ("gadolinium-allergy", "mr-head-wwo", "mr-head-wo"),
        ("severe-renal-impairment", "mr-head-wwo", "ct-head-wo"),
        ("severe-renal-impairment", "cta-chest-w", "us-abdomen"),
        ("mri-unsafe-implant", "mr-head-wo", "ct-head-w"),
    ],
)
def test_known_fact_is_told_where_it_matters(fact: str, risky: str, harmless: str) -> None:
    """The fact gives one line for the study it makes risky, and none for another."""
    assert len(safety_lines(case(fact), risky)) == 1
    assert safety_lines(case(fact), harmless) == ()


def test_unknown_facts_tell_nothing() -> None:
    """Nobody said that she is pregnant."""
    assert safety_lines(case(), "ct-head-w") == ()


@pytest.mark.parametrize(
    ("study", "told"),
    [
        (PriorStudy(Modality.CT, ("head",), 3), True),
        (PriorStudy(Modality.CT, ("head",), 0), True),
        (PriorStudy(Modality.CT, ("head",), 31), False),
        (PriorStudy(Modality.CT, ("head",), None), False),
        (PriorStudy(Modality.CT, ("chest",), 3), False),
        (PriorStudy(Modality.MR, ("head",), 3), False),
    ],
)
def test_recent_repetition_is_told(study: PriorStudy, *, told: bool) -> None:
    """The same kind of study of the same region within its window."""
    assert bool(safety_lines(case(prior_studies=(study,)), "ct-head-wo")) is told


def test_rating_stays_as_it_is() -> None:
    """The same order with and without the risk has the same rating."""
    asked = case(
        "pregnancy",
        indications=(Indication(None, ("low-back-pain",), legible=True),),
        indicated=frozenset({"low-back-pain"}),
        procedures=("ct-lumbar-spine-wwo",),
    )
    harmless = replace(asked, facts=close([], vocabulary()))
    assert assess(asked, library()).rating is assess(harmless, library()).rating
    assert assess(asked, library()).safety != ()
