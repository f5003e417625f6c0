"""Resources as they arrive: what is one, what refers to it, and whether more exists than was sent."""

from contextlib import suppress

import pytest
from hypothesis import given

from chart.resource import (
    Resource,
    ResourceError,
    Resources,
    read_resource,
    read_resources,
    relative_reference,
)
from tests.chart.arbitrary import ANY_JSON

PATIENT = {"resourceType": "Patient", "id": "p1"}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


@pytest.mark.parametrize(
    ("value", "element"),
    [
        (None, "prefetch.patient"),
        ("Patient", "prefetch.patient"),
        ([PATIENT], "prefetch.patient"),
        ({}, "prefetch.patient.resourceType"),
        ({"resourceType": 5}, "prefetch.patient.resourceType"),
        ({"resourceType": "a b"}, "prefetch.patient.resourceType"),
        ({"resourceType": "Patient", "id": 5}, "prefetch.patient.id"),
        ({"resourceType": "Patient", "id": ""}, "prefetch.patient.id"),
        ({"resourceType": "Patient", "id": "a b"}, "prefetch.patient.id"),
        ({"resourceType": "Patient", "id": "x" * 129}, "prefetch.patient.id"),
    ],
)
def test_what_is_no_resource_is_refused_by_its_place(value, element):
    """The error names the element and the rule, and nothing of the value."""
    with pytest.raises(ResourceError) as caught:
        read_resource(value, "prefetch.patient")
    assert caught.value.element == element
    assert str(caught.value) == f"{element}: {caught.value.rule}"


@pytest.mark.parametrize("id_", [None, "p1", "A.b-C", "under_score", "x" * 100])
def test_ids_beyond_the_letter_of_fhir_are_taken(id_):
    """Servers are known to send underscores and long ids."""
    assert read_resource({"resourceType": "Patient", "id": id_}, "r").id == id_


@pytest.mark.parametrize(
    ("reference", "relative"),
    [
        ("Condition/c1", "Condition/c1"),
        ("https://ehr.example/fhir/r4/Condition/c1", "Condition/c1"),
        ("Condition/c1/_history/2", "Condition/c1"),
        (" Condition/c1 ", "Condition/c1"),
        ("#c1", "#c1"),
        ("urn:uuid:0f9f3f2e-5c1c-4a6c-9d38-6e3c6a0f0001", "urn:uuid:0f9f3f2e-5c1c-4a6c-9d38-6e3c6a0f0001"),
        ("", ""),
    ],
)
def test_spellings_of_one_reference_become_one(reference, relative):
    """Server, version and blanks fall away; fragments and URNs stay."""
    assert relative_reference(reference) == relative


def test_a_resource_is_meant_by_its_id_and_by_its_full_url():
    """An entry whose fullUrl is a URN can be meant by either."""
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1", "resource": PATIENT}]}
    assert read_resources(bundle, "r").found[0].references == ("Patient/p1", "urn:uuid:1")


def test_contained_resources_are_meant_by_their_fragment():
    """What stands inside a resource is meant from within; what is no resource is passed over."""
    inside = [{"resourceType": "Condition", "id": "c"}, {"resourceType": "Condition"}, {"id": "x"}, None]
    outer = read_resource({**PATIENT, "contained": inside}, "r")
    assert [(each.references, each.element) for each in outer.contained] == [(("#c",), "r.contained[0]")]
    assert read_resource({**PATIENT, "contained": "x"}, "r").contained == ()


@pytest.mark.parametrize("member", ["subject", "patient"])
def test_the_patient_of_a_resource_is_found(member):
    """R4 says subject, DSTU2 and allergies say patient."""
    content = {"resourceType": "Condition", member: {"reference": "https://ehr.example/Patient/p1"}}
    assert read_resource(content, "r").patient_reference == "Patient/p1"


def test_a_resource_may_name_no_patient():
    """A subject that is no reference is none."""
    assert read_resource({"resourceType": "Condition", "subject": "p1"}, "r").patient_reference is None


@pytest.mark.parametrize(
    ("value", "types", "complete"),
    [
        (PATIENT, ["Patient"], True),
        (OUTCOME, [], False),
        ({"resourceType": "Bundle"}, [], True),
        ({"resourceType": "Bundle", "entry": None}, [], True),
        ({"resourceType": "Bundle", "entry": [], "total": 0, "link": None}, [], True),
        ({"resourceType": "Bundle", "entry": [{"resource": PATIENT}], "total": 1}, ["Patient"], True),
        (
            {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": OUTCOME}]},
            ["Patient"],
            False,
        ),
        ({"resourceType": "Bundle", "entry": [{"resource": None}, {}]}, [], True),
        ({"resourceType": "Bundle", "entry": [{"resource": PATIENT}], "total": 7}, ["Patient"], False),
        ({"resourceType": "Bundle", "link": [{"relation": "next", "url": "x"}]}, [], False),
        ({"resourceType": "Bundle", "link": [{"relation": "self", "url": "x"}, "x"]}, [], True),
    ],
)
def test_a_bundle_says_whether_it_is_all_there_is(value, types, complete):
    """A next page, a greater total, and an OperationOutcome each say that something is missing."""
    resources = read_resources(value, "r")
    assert [each.type for each in resources.found] == types
    assert resources.complete is complete


@pytest.mark.parametrize(
    ("bundle", "element"),
    [
        ({"entry": {}}, "r.entry"),
        ({"entry": "x"}, "r.entry"),
        ({"entry": [None]}, "r.entry[0]"),
        ({"entry": [{}, {"resource": 5}]}, "r.entry[1].resource"),
        ({"entry": [{"resource": {"id": "x"}}]}, "r.entry[0].resource.resourceType"),
    ],
)
def test_an_entry_that_is_no_resource_is_refused_by_its_place(bundle, element):
    """The error names the entry."""
    with pytest.raises(ResourceError) as caught:
        read_resources({"resourceType": "Bundle", **bundle}, "r")
    assert caught.value.element == element


@given(ANY_JSON)
def test_any_json_is_resources_or_a_named_error(value):
    """Any JSON gives resources or a ResourceError, alone and as a Bundle's entry."""
    for sent in (
        value,
        {"resourceType": "Bundle", "entry": value},
        {"resourceType": "Bundle", "entry": [value]},
    ):
        with suppress(ResourceError):
            assert isinstance(read_resources(sent, "r"), Resources)


@given(ANY_JSON)
def test_any_json_inside_a_resource_can_be_asked_for(value):
    """Contained resources, references and patients are read from anything."""
    content = {"resourceType": "Condition", "contained": value, "subject": value, "patient": value}
    read = read_resource(content, "r")
    assert all(isinstance(each, Resource) for each in read.contained)
    assert read.patient_reference is None or isinstance(read.patient_reference, str)
