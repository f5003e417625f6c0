"""The matcher against the second collection: cases written without sight of its word tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model.guideline.library import library
from tests.model.guideline.second_cases import VECTORS, missed, read_cases

CASES = [pytest.param(case, id=case["id"]) for case in read_cases()]
KNOWN: dict[str, str] = json.loads((VECTORS / "matching-second-known.json").read_text(encoding="utf-8"))[
    "known"
]


@pytest.mark.parametrize("case", CASES)
def test_case_is_met_unless_its_failure_is_known(case: dict[str, Any]) -> None:
    """A case is answered as expected, or stands on the list of known failures and still fails."""
    found = missed(case)
    if case["id"] in KNOWN:
        assert found, "this case is met now: take it off the list of known failures"
    else:
        assert not found, case["why"]


def test_known_failures_are_cases() -> None:
    """The list of known failures names no case that is not there, and gives each a reason."""
    assert KNOWN.keys() <= {case.id for case in CASES}
    assert all(KNOWN.values())


def test_every_topic_has_two_cases() -> None:
    """No topic of the library goes with fewer than two cases of the second collection."""
    topics = [str(case.id).rpartition("-")[0] for case in CASES]
    assert {topic for topic in library().topics if topics.count(topic) < 2} == set()
