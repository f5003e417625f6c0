"""Results as measures, verdicts and answers, with the day they were taken."""

import pytest
from hypothesis import given

from chart.results import read_results
from tests.chart.arbitrary import broken, of_type, resource, vectors


def plain(result):
    """The result as the vectors write it."""
    return {
        "verdict": result.verdict,
        "number": result.measure and result.measure.number,
        "unit": result.measure and result.measure.unit,
        "comparator": result.measure and result.measure.comparator,
        "words": result.value.words,
        "taken": result.taken and [result.taken.first.isoformat(), result.taken.last.isoformat()],
        "moment": result.moment,
    }


@pytest.mark.parametrize("vector", vectors("results"), ids=lambda vector: vector["id"])
def test_results_are_read(vector):
    """Each hand-written observation gives exactly the results that its vector expects."""
    results = [plain(result) for result in read_results(resource(vector["resource"]))]
    assert len(results) == len(vector["expect"])
    for result, expected in zip(results, vector["expect"], strict=True):
        assert {name: result[name] for name in expected} == expected


def test_the_parts_of_a_panel_are_meant_by_its_reference():
    """Who points at a panel points at all its parts."""
    sent = {
        "resourceType": "Observation",
        "id": "o",
        "code": {"text": "panel"},
        "component": [
            {"code": {"text": "one part"}, "valueBoolean": True},
            {"code": {"text": "another"}, "valueBoolean": False},
        ],
    }
    assert [result.references for result in read_results(resource(sent))] == [("Observation/o",)] * 2


@given(
    broken("results")
    | of_type(
        "Observation",
        ["code", "valueQuantity", "valueString", "component", "interpretation", "referenceRange", "issued"],
    )
)
def test_a_broken_observation_is_results_or_none(sent):
    """Whatever is broken in an observation, reading it gives results or nothing."""
    assert isinstance(read_results(sent), tuple)
