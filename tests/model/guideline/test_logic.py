"""Conditions that nobody can meet, that say the same twice, or that leave out an age: each is found."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from model.case import Age, ImagingCase
from model.facts import Fact, Origin, close
from model.guideline.check import check_topic, check_topics
from model.guideline.conditions import NO_ANSWERS, read_condition
from model.guideline.satisfy import FALSE, NOT_FALSE, NOT_TRUE, TRUE, formula, possible
from terminology.findings import vocabulary
from terminology.procedures import catalogue

HEAD = """\
id: test-topic
title: A topic
source: {guideline: A guideline, topic: A topic, year: 2020}
population: adult
indications: [headache]
"""
VARIANT = """\
  - id: %s
    source_variant: "%d"
    description: A scenario of the topic
    when: %s
    reason: A reason that is long enough to read.
    ratings:
      - rating: usually-appropriate
        reason: Another reason that is long enough.
        procedures: {%s: 3}
"""


def topic(*conditions: str, head: str = HEAD, procedure: str = "ct-head-wo") -> str:
    variants = (
        VARIANT % (f"v{number}", number, when, procedure) for number, when in enumerate(conditions, start=1)
    )
    return head + "variants:\n" + "".join(variants)


def problems(text: str) -> list[str]:
    return [str(each) for each in check_topic(text, "t.yaml", vocabulary(), catalogue())]


@pytest.mark.parametrize(
    "conditions",
    [
        ("{finding: fever}", "{finding: cancer}"),
        ("{finding: papilledema}", "{finding: intracranial-hypertension-features}"),
        ("{all: [{finding: fever}, {finding: cancer}]}", "{finding: fever}"),
        ("{finding: fever}", "{unless: {finding: fever}}"),
        ("{known: {finding: fever}}", "{unless: {finding: fever}}"),
        ("{age: {below: 40}}", "{age: {at_least: 40}}"),
        ("{age: {below: 40}}", "{age: {at_least: 50}}", "{any: [{age: {below: 60}}, {finding: fever}]}"),
        ("{age: {below: 40}, finding: fever}", "{age: {at_least: 40}, finding: cancer}"),
        ("{sex: female}", "{sex: male}"),
        ("{duration: {below_days: 42}}", "{duration: {at_least_days: 42}}"),
    ],
)
def test_good_conditions_have_no_problem(conditions: tuple[str, ...]) -> None:
    """Scenarios in order of precedence, the narrower first, and ages without a gap, are good."""
    assert problems(topic(*conditions)) == []


@pytest.mark.parametrize(
    ("conditions", "line", "rule"),
    [
        (("{finding: fever}", "{finding: fever}"), 19, "variant v2 overlaps variant v1"),
        (
            (
                "{all: [{finding: fever}, {finding: cancer}]}",
                "{all: [{finding: cancer}, {finding: fever}]}",
            ),
            19,
            "variant v2 overlaps variant v1",
        ),
        (
            ("{not: {not: {finding: fever}}}", "{known: {finding: fever}}"),
            19,
            "variant v2 overlaps variant v1",
        ),
        (
            ("{finding: fever}", "{all: [{finding: fever}, {finding: cancer}]}"),
            19,
            "variant v2 is never reached: wherever it holds, variant v1",
        ),
        (
            ("{finding: intracranial-hypertension-features}", "{finding: papilledema}"),
            19,
            "variant v2 is never reached: wherever it holds, variant v1",
        ),
        (
            ("{age: {at_least: 40}}", "{age: {at_least: 50, below: 60}}"),
            19,
            "variant v2 is never reached: wherever it holds, variant v1",
        ),
        (
            ("{finding: fever}", "{finding: cancer}", "{finding: [fever, cancer]}"),
            28,
            "variant v3 is never reached: wherever it holds, an earlier variant",
        ),
        (("{age: {below: 18}}",), 10, "variant v1 can never hold"),
        (("{age: {at_least: 50, below: 40}}",), 10, "variant v1 can never hold"),
        (("{all: [{sex: female}, {sex: male}]}",), 10, "variant v1 can never hold"),
        (("{all: [{finding: fever}, {not: {finding: fever}}]}",), 10, "variant v1 can never hold"),
        (
            ("{all: [{finding: papilledema}, {unless: {finding: intracranial-hypertension-features}}]}",),
            10,
            "variant v1 can never hold",
        ),
        (
            ("{age: {below: 40}}", "{age: {at_least: 50}}"),
            10,
            "no variant is about the ages from 40 to below 50",
        ),
        (
            (
                "{age: {below: 40}, finding: fever}",
                "{age: {at_least: 41}, finding: fever}",
                "{finding: cancer}",
            ),
            10,
            "no variant is about the ages from 40 to below 41",
        ),
    ],
)
def test_broken_conditions_are_told_with_line_and_rule(
    conditions: tuple[str, ...], line: int, rule: str
) -> None:
    """One broken condition is one problem, at the line of its `when`."""
    (found,) = problems(topic(*conditions))
    assert found.startswith(f"t.yaml:{line}: {rule}")


def test_ages_of_which_the_source_says_nothing_can_be_declared() -> None:
    """A gap that is the source's own is written down, and then no mistake; another gap still is."""
    silent = HEAD + "silent_ages: [{at_least: 40, below: 50}]\n"
    assert problems(topic("{age: {below: 40}}", "{age: {at_least: 50}}", head=silent)) == []
    assert len(problems(topic("{age: {below: 40}}", "{age: {at_least: 51}}", head=silent))) == 1


def test_scenario_that_is_handed_over_is_never_met() -> None:
    """A variant cannot ask for the finding at which the topic steps back."""
    head = HEAD + "yields_to: [{finding: head-trauma, topic: head-trauma}]\n"
    (found,) = problems(topic("{finding: head-trauma}", "{finding: fever}", head=head))
    assert "variant v1 can never hold" in found


def test_scenario_without_an_imaging_procedure_is_a_problem() -> None:
    """A scenario in which no study is rated answers no order."""
    (found,) = problems(topic("{finding: fever}", procedure="angio-biopsy-nothing")) or [""]
    assert "not in the catalogue" in found
    act = next(each.id for each in catalogue() if each.modality == "none")
    (found,) = problems(topic("{finding: fever}", procedure=act))
    assert found == "t.yaml:12: variant v1 rates no imaging procedure"


def test_case_is_handed_only_to_a_topic_that_exists() -> None:
    """A topic that is not held must be declared so, and one that is must not."""
    head = HEAD + "yields_to: [{finding: head-trauma, topic: head-trauma}]\n"
    text = topic("{finding: fever}", head=head)
    assert check_topics({"t.yaml": text}, vocabulary(), catalogue(), {"head-trauma"}) == ()
    (found,) = check_topics({"t.yaml": text}, vocabulary(), catalogue())
    assert str(found) == "t.yaml:6: topic head-trauma, to which cases are handed, does not exist"
    declared = text.replace("topic: head-trauma}", "topic: head-trauma, not_held: true}")
    assert check_topics({"t.yaml": declared}, vocabulary(), catalogue()) == ()
    (found,) = check_topics({"t.yaml": declared}, vocabulary(), catalogue(), {"head-trauma"})
    assert str(found).endswith("exists; strike not_held")


_SIMPLE = st.sampled_from(
    [
        {"finding": "fever"},
        {"finding": ["papilledema", "cancer"]},
        {"finding": "intracranial-hypertension-features"},
        {"age": {"below": 40}},
        {"age": {"at_least": 30}},
        {"sex": "male"},
    ]
)
_CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _SIMPLE,
    lambda inner: st.one_of(
        st.builds(
            lambda kind, parts: {kind: parts},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda kind, part: {kind: part}, st.sampled_from(["not", "unless", "known"]), inner),
    ),
    max_leaves=8,
)
_FINDINGS = ("fever", "papilledema", "cancer", "intracranial-hypertension-features")
_CASES = [
    ImagingCase(
        ("ct-head-wo",),
        facts=close(
            [
                Fact(finding, polarity, Origin.STATED)
                for finding, polarity in zip(_FINDINGS, polarities, strict=True)
                if polarity
            ],
            vocabulary(),
        ),
        age=age,
        sex=sex,
    )
    for polarities in itertools.product(("present", "absent", None), repeat=len(_FINDINGS))
    for age in (None, Age(20, 20), Age(35, 35), Age(50, 50), Age(29, 31), Age(35, 45))
    for sex in ("male", "female", None)
]


@given(_CONDITIONS)
def test_what_a_case_shows_is_never_called_impossible(entry: dict[str, Any]) -> None:
    """Whatever truth a condition has for some case, the search finds possible; and it finds nothing else."""
    condition = read_condition(entry)
    shown = {condition.holds(case, NO_ANSWERS) for case in _CASES}
    for truths in (TRUE, FALSE, NOT_TRUE, NOT_FALSE):
        assert possible([formula(condition, truths)], vocabulary()) == bool(shown & truths), yaml.dump(entry)
