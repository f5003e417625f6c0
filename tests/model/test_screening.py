"""Orders of screening studies whose reason does not say what they are for."""

from __future__ import annotations

import pytest

from model.assess import assess
from model.assessment import Assessment, Outcome, Rating
from model.guideline.library import library
from model.intake import PlainCase, case_of_record
from terminology.coding import Coding, Concept

CPT = "http://www.ama-assn.org/go/cpt"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"


def judged(cpt: str, *reasons: Concept, age: float = 55) -> Assessment:
    """What is said of the order of a CPT code."""
    ordered = Concept((Coding(cpt, CPT),))
    case = case_of_record(PlainCase(ordered, reasons, age_years=age, sex="female"))
    assert case is not None
    return assess(case, library())


def code(value: str) -> Concept:
    return Concept((Coding(value, ICD_10_CM),))


@pytest.mark.parametrize("reasons", [(), (code("Z00.00"),), (Concept(text="annual"),)])
def test_a_screening_mammogram_is_for_screening(reasons: tuple[Concept, ...]) -> None:
    """Without a reason, at a check-up, or where the words only say how often."""
    found = judged("77067", *reasons)
    assert (found.rating, found.scenarios[0].topic) == (
        Rating.USUALLY_APPROPRIATE,
        "female-breast-cancer-screening",
    )


def test_what_puts_at_risk_is_no_reason_of_its_own() -> None:
    """Smoking alone does not name lung cancer screening; the study does."""
    found = judged("71271", Concept(text="40 pack years, quit 5 years ago"), age=65)
    assert (found.rating, found.scenarios[0].topic) == (Rating.USUALLY_APPROPRIATE, "lung-cancer-screening")


@pytest.mark.parametrize("reason", [Concept(text="lump right breast"), code("N63.10")])
def test_a_complaint_stands_before_the_study(reason: Concept) -> None:
    """A lump is answered with diagnostic studies, whatever the ordered one is called."""
    found = judged("77067", reason)
    assert (found.rating, found.scenarios[0].topic) == (
        Rating.USUALLY_NOT_APPROPRIATE,
        "palpable-breast-mass",
    )


@pytest.mark.parametrize("reason", [Concept(text="qwertz uiop"), code("N64.9")])
def test_what_was_not_understood_is_not_passed_over(reason: Concept) -> None:
    """It may be a complaint."""
    assert judged("77067", reason).rating is None


def test_other_studies_have_no_purpose_of_their_own() -> None:
    """A chest radiograph without a reason is asked about."""
    assert judged("71046").outcome is Outcome.NOT_ENOUGH_INFORMATION
