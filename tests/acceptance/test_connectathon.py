"""The connectathon's orders over HTTP, and patients around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import (
    CONGENITAL_HEART_DISEASE,
    DYSPNEA,
    HEADACHE,
    ICD,
    LOW_BACK_PAIN,
    PAPILLEDEMA,
    SELECT,
    SIGN,
    SNOMED,
    TOOTHACHE,
    bundle,
    call,
    order,
    rating_of,
)

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def patient(**members: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "p1", **members}


def condition(code: str, system: str = ICD) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"c-{code.replace('.', '')}",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": {"reference": "Patient/p1"},
    }


@pytest.mark.parametrize(
    ("cpt", "reasons", "expected"),
    [
        ("72133", [LOW_BACK_PAIN], "not-appropriate"),
        ("70450", [HEADACHE, PAPILLEDEMA], "appropriate"),
        ("70450", [HEADACHE], None),
        ("70544", [TOOTHACHE], "no-criteria-apply"),
        ("71275", [DYSPNEA], None),
        ("71275", [CONGENITAL_HEART_DISEASE], None),
        ("75561", [CONGENITAL_HEART_DISEASE], "appropriate"),
    ],
)
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_quick_scenario_is_rated_as_the_table_says(
    client: FlaskClient, cpt: str, reasons: list[str], expected: str | None, hook: str
) -> None:
    """Each quick scenario has its PAMA code, from either hook."""
    reply = client.post(
        SELECT if hook == "order-select" else SIGN, json=call(order(cpt, *reasons), hook=hook)
    )
    assert reply.status_code == 200
    assert rating_of(reply.json) == expected


def test_both_reasons_may_stand_in_one_concept(client: FlaskClient) -> None:
    """Headache and papilledema as two codings of one reason count like two reasons."""
    asked = order("70450")
    asked["reasonCode"] = [
        {"coding": [{"system": SNOMED, "code": HEADACHE}, {"system": SNOMED, "code": PAPILLEDEMA}]}
    ]
    assert rating_of(client.post(SELECT, json=call(asked)).json) == "appropriate"


def test_unfit_angiography_offers_cardiac_mri(client: FlaskClient) -> None:
    """Scenario S2: CTA for congenital heart disease brings a rated switch to cardiac MRI, the reason kept."""
    asked = order("71275", CONGENITAL_HEART_DISEASE)
    cards = client.post(SELECT, json=call(asked)).json["cards"]
    assert len(cards) == 1
    suggestion = cards[0]["suggestions"][0]
    action = suggestion["actions"][0]
    assert action["type"] == "update"
    assert action["resource"]["id"] == asked["id"]
    assert action["resource"]["code"]["coding"][0]["code"] == "75561"
    assert action["resource"]["reasonCode"] == asked["reasonCode"]
    rating = next(each for each in action["resource"]["extension"] if each["url"].endswith("/pama-rating"))
    assert rating["valueCodeableConcept"]["coding"][0]["code"] == "appropriate"
    assert cards[0]["selectionBehavior"] == "at-most-one"


@pytest.mark.parametrize("code", ["M54.50", "M54.5", "M5450", "M54.41"])
def test_icd_codes_lead_to_the_same_topic(client: FlaskClient, code: str) -> None:
    """ICD-10-CM with and without dot, and retired stems, are as good as SNOMED CT."""
    asked = order("72133", reasonCode=[{"coding": [{"system": ICD, "code": code}]}])
    assert rating_of(client.post(SELECT, json=call(asked)).json) == "not-appropriate"


def test_indication_found_only_on_the_problem_list(client: FlaskClient) -> None:
    """An order without a reason is rated for the active problems."""
    request = call(
        order("75561"),
        prefetch={"conditions": bundle(condition("Q24.9")), "patient": patient(birthDate="1990-04-02")},
    )
    assert rating_of(client.post(SELECT, json=request).json) == "appropriate"


def test_problem_list_decides_between_scenarios(client: FlaskClient) -> None:
    """Papilledema on the problem list turns a headache into one that must be imaged."""
    request = call(order("70450", HEADACHE), prefetch={"conditions": bundle(condition("H47.10"))})
    assert rating_of(client.post(SELECT, json=request).json) == "appropriate"


@pytest.mark.parametrize(("born", "expected"), [("1950-03-01", "appropriate"), ("1992-03-01", None)])
def test_age_changes_the_scenario(client: FlaskClient, born: str, expected: str | None) -> None:
    """Low back pain at an advanced age is a fracture risk; in a young patient the scenarios stay open."""
    request = call(
        order("72131", LOW_BACK_PAIN, authoredOn="2026-05-01"), prefetch={"patient": patient(birthDate=born)}
    )
    assert rating_of(client.post(SELECT, json=request).json) == expected


@pytest.mark.parametrize(("sex", "expected"), [("female", "not-appropriate"), ("male", None)])
def test_sex_changes_the_scenario(client: FlaskClient, sex: str, expected: str | None) -> None:
    """A pregnancy on the list decides for a woman; on a man's list it is an error and decides nothing."""
    asked = order("70553", HEADACHE, authoredOn="2026-05-01")
    request = call(
        asked,
        prefetch={
            "patient": patient(birthDate="1995-01-01", gender=sex),
            "conditions": bundle(condition("Z33.1")),
        },
    )
    assert rating_of(client.post(SELECT, json=request).json) == expected


def test_contrast_allergy_is_told_on_a_card_of_its_own(client: FlaskClient) -> None:
    """A recorded allergy is told even where the study is appropriate, and the rating stays."""
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "code": {"text": "Iohexol"},
        "patient": {"reference": "Patient/p1"},
    }
    asked = order("71275", reasonCode=[{"text": "suspected pulmonary embolism, high pretest probability"}])
    plain = client.post(SELECT, json=call(asked)).json
    told = client.post(SELECT, json=call(asked, prefetch={"allergies": bundle(allergy)})).json
    assert rating_of(plain) == rating_of(told) == "appropriate"
    assert plain["cards"] == []
    assert "allergy to iodinated contrast" in told["cards"][0]["detail"]
