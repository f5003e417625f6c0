"""What an order may point at."""

import pytest
from hypothesis import given

from chart.pointed import pointed_at, read_pointed
from chart.problems import Problem
from chart.results import Result
from chart.studies import Study
from tests.chart.arbitrary import broken, resource


@pytest.mark.parametrize(
    ("type_", "kind"),
    [("Condition", Problem), ("Observation", Result), ("DiagnosticReport", Study), ("Procedure", Study)],
)
def test_conditions_observations_and_reports_can_be_pointed_at(type_, kind):
    """Each becomes the plain value of its kind."""
    (read,) = read_pointed(resource({"resourceType": type_, "id": "x", "code": {"text": "fever"}}))
    assert isinstance(read, kind)
    assert pointed_at(f"{type_}/x", [read]) == (read,)
    assert pointed_at(f"{type_}/y", [read]) == ()


def test_other_resources_cannot():
    """A Practitioner is no reason."""
    assert read_pointed(resource({"resourceType": "Practitioner", "id": "x"})) == ()


@given(broken("problems") | broken("results") | broken("studies") | broken("patients"))
def test_a_broken_resource_is_values_or_none(sent):
    """Whatever is broken, reading gives values or nothing."""
    assert isinstance(read_pointed(sent), tuple)
