"""Conditions over a case: true, false and unknown."""

from __future__ import annotations

from typing import Any

import pytest

from model.case import Age, ImagingCase, PriorStudy
from model.facts import Fact, Origin, close
from model.guideline.conditions import NO_ANSWERS, FindingIs, read_condition
from terminology.findings import vocabulary
from terminology.procedures import Modality


def case(*present: str, absent: tuple[str, ...] = (), **members: Any) -> ImagingCase:
    facts = [Fact(finding, "present", Origin.ORDER) for finding in present]
    facts += [Fact(finding, "absent", Origin.ORDER) for finding in absent]
    return ImagingCase(("ct-head-wo",), facts=close(facts, vocabulary()), **members)


@pytest.mark.parametrize(
    ("when", "given", "expected"),
    [
        ({"finding": "fever"}, case("fever"), True),
        ({"finding": "fever"}, case(absent=("fever",)), False),
        ({"finding": "fever"}, case(), None),
        ({"finding": ["fever", "cancer"]}, case("cancer", absent=("fever",)), True),
        ({"finding": ["fever", "cancer"]}, case(absent=("fever",)), None),
        ({"finding": "red-flag"}, case("fever"), True),
        ({"finding": "fever"}, case(absent=("red-flag",)), False),
        ({"not": {"finding": "fever"}}, case(), None),
        ({"not": {"finding": "fever"}}, case(absent=("fever",)), True),
        ({"unless": {"finding": "fever"}}, case(), True),
        ({"unless": {"finding": "fever"}}, case("fever"), False),
        ({"known": {"finding": "fever"}}, case(), False),
        ({"known": {"finding": "fever"}}, case("fever"), True),
        ({"age": {"at_least": 50, "below": 81}}, case(age=Age(50, 50)), True),
        ({"age": {"at_least": 50, "below": 81}}, case(age=Age(80.9, 80.9)), True),
        ({"age": {"at_least": 50, "below": 81}}, case(age=Age(49.9, 49.9)), False),
        ({"age": {"at_least": 50}}, case(age=Age(49.5, 50.5)), None),
        ({"age": {"at_least": 50}}, case(), None),
        ({"sex": "female"}, case(sex="male"), False),
        ({"duration": {"below_days": 28}}, case(duration_days=27), True),
        ({"duration": {"below_days": 28}}, case(duration_days=28), False),
        ({"duration": {"below_days": 28}}, case(), None),
        ({"finding": "fever", "sex": "male"}, case("fever", sex="female"), False),
        ({"finding": "fever", "sex": "male"}, case("fever"), None),
        ({"any": [{"finding": "fever"}, {"sex": "male"}]}, case(sex="male"), True),
        ({"indication": "headache"}, case(indicated=frozenset({"fever"})), False),
        ({"indication": "headache"}, case(indicated=frozenset({"headache"})), True),
        ({"indication": "headache"}, case(), None),
    ],
)
def test_condition_has_its_truth(when: dict[str, Any], given: ImagingCase, expected: bool | None) -> None:
    """Kleene's three values, for every kind of condition."""
    assert read_condition(when).holds(given, NO_ANSWERS) is expected


@pytest.mark.parametrize(
    ("studies", "expected"),
    [
        (None, None),
        ((), False),
        ((PriorStudy(Modality.XR, ("hip",), 10),), True),
        ((PriorStudy(Modality.XR, ("hip",), 100),), False),
        ((PriorStudy(Modality.XR, ("hip",), None),), True),
        ((PriorStudy(Modality.XR, ("knee",), 10),), False),
        ((PriorStudy(Modality.CT, ("hip",), 10),), False),
    ],
)
def test_earlier_imaging_is_unknown_without_a_history(
    studies: tuple[PriorStudy, ...] | None, expected: bool | None
) -> None:
    """An empty history is a fact; a missing one is not."""
    when = {"prior_imaging": {"modalities": ["xr"], "regions": ["hip"], "within_days": 90}}
    assert read_condition(when).holds(case(prior_studies=studies), NO_ANSWERS) is expected


def test_hypothetical_answer_stands_in_for_an_unknown_fact_only() -> None:
    """What the case knows is not overruled by a hypothesis."""
    condition = read_condition({"finding": "fever"})
    assert condition.holds(case(), {FindingIs("fever"): True}) is True
    assert condition.holds(case(absent=("fever",)), {FindingIs("fever"): True}) is False


def test_assumptions_are_the_unknown_facts_of_unless() -> None:
    """What a condition takes for granted is listed; what is known is not."""
    condition = read_condition({"finding": "headache", "unless": {"finding": ["fever", "cancer"]}})
    assumed = list(condition.assumptions(case("headache", absent=("cancer",))))
    assert [atom.key for atom in assumed] == ["fever"]
