"""Problems and allergies: what they say, and whether it still holds."""

import pytest
from hypothesis import given

from chart.problems import Allergy, Problem, read_allergy, read_problem
from tests.chart.arbitrary import broken, of_type, resource, vectors


@pytest.mark.parametrize("vector", vectors("problems"), ids=lambda vector: vector["id"])
def test_a_problem_is_read(vector):
    """Each hand-written condition stands as its vector expects."""
    problem = read_problem(resource(vector["resource"]))
    assert (problem and problem.standing) == vector["expect"]


def test_a_problem_knows_by_which_references_it_is_meant():
    """The literal reference is type and id."""
    problem = read_problem(resource({"resourceType": "Condition", "id": "c1", "code": {"text": "fever"}}))
    assert problem.references == ("Condition/c1",)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"code": {"text": "iodinated contrast"}}, "iodinated contrast"),
        ({"substance": {"text": "iodinated contrast"}, "status": "active"}, "iodinated contrast"),
        ({"code": {"text": "x"}, "verificationStatus": {"coding": [{"code": "refuted"}]}}, None),
        ({"substance": {"text": "x"}, "status": "entered-in-error"}, None),
        ({"code": {"coding": [{}]}}, None),
        ({}, None),
    ],
)
def test_an_allergy_is_read(sent, words):
    """R4 and DSTU2 allergies give their substance, unless refuted, made in error, or empty."""
    allergy = read_allergy(resource({"resourceType": "AllergyIntolerance", "id": "a", **sent}))
    assert (allergy and allergy.concept.words) == words


def test_another_resource_is_no_allergy():
    """Only an AllergyIntolerance is read as an allergy."""
    assert read_allergy(resource({"resourceType": "Condition", "id": "c", "code": {"text": "x"}})) is None


@given(
    broken("problems")
    | of_type("Condition", ["code", "clinicalStatus", "verificationStatus", "abatementDateTime"])
    | of_type("AllergyIntolerance", ["code", "substance", "status", "verificationStatus"])
)
def test_a_broken_problem_is_a_problem_or_none(sent):
    """Whatever is broken in a condition or an allergy, reading it gives one or nothing."""
    assert isinstance(read_problem(sent), Problem | None)
    assert isinstance(read_allergy(sent), Allergy | None)
