"""The reasons of an order, wherever they stand."""

import pytest

from chart.chart import ChartParts, read_chart
from chart.order import read_order
from chart.reasons import pointed_problems, pointed_results, pointed_studies, read_reasons
from chart.resource import read_resources
from tests.chart.arbitrary import resource

REFERENCE = "Condition/c1"
URN = "urn:uuid:0f9f3f2e-5c1c-4a6c-9d38-6e3c6a0f0001"
CONDITION = {"resourceType": "Condition", "id": "c1", "code": {"text": "low back pain"}}


def order(**elements):
    """An imaging order with the elements."""
    return read_order(
        resource({"resourceType": "ServiceRequest", "id": "o", "code": {"text": "MRI"}, **elements})
    )


def bundle(*contents, **entry):
    """The contents as a Bundle, each entry with the members of `entry` besides."""
    sent = {"resourceType": "Bundle", "entry": [{"resource": each, **entry} for each in contents]}
    return read_resources(sent, "bundle")


def words(reasons):
    """The reasons' words."""
    return [concept.words for concept in reasons.concepts]


@pytest.mark.parametrize(
    "reference",
    [REFERENCE, "https://ehr.example/fhir/Condition/c1", "Condition/c1/_history/9", URN],
)
@pytest.mark.parametrize("part", ["problems", "beside"])
def test_a_reference_finds_the_condition(reference, part):
    """A Condition is found in the problem list or beside the draft orders, by any spelling."""
    chart = read_chart(ChartParts(**{part: bundle(CONDITION, fullUrl=URN)}))
    reasons = read_reasons(order(reasonReference=[{"reference": reference}]), chart)
    assert words(reasons) == ["low back pain"]
    assert len(pointed_problems(reasons.pointed)) == 1


def test_a_reference_finds_what_the_order_contains():
    """A fragment means the contained resource."""
    inside = {"resourceType": "Condition", "id": "r", "code": {"text": "headache"}}
    sent = order(contained=[inside], reasonReference=[{"reference": "#r"}])
    assert words(read_reasons(sent, read_chart(ChartParts()))) == ["headache"]


def test_what_is_contained_and_not_referred_to_is_no_reason():
    """Only a reference makes a contained resource the reason."""
    inside = {"resourceType": "Condition", "id": "r", "code": {"text": "headache"}}
    assert words(read_reasons(order(contained=[inside]), read_chart(ChartParts()))) == []


def test_a_reference_to_nothing_gives_its_words():
    """What was not sent is still named by the reference's display."""
    sent = order(reasonReference=[{"reference": "Condition/other", "display": "headache"}])
    assert words(read_reasons(sent, read_chart(ChartParts()))) == ["headache"]


def test_a_refuted_condition_is_no_reason():
    """Pointing at a refuted condition gives no reason, and not its display either."""
    refuted = {**CONDITION, "verificationStatus": "refuted"}
    sent = order(reasonReference=[{"reference": REFERENCE, "display": "low back pain"}])
    assert words(read_reasons(sent, read_chart(ChartParts(problems=bundle(refuted))))) == []


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        ({"code": {"text": "symptom"}, "valueCodeableConcept": {"text": "headache"}}, ["headache"]),
        ({"code": {"text": "headache"}, "valueBoolean": True}, ["headache"]),
        ({"code": {"text": "headache"}, "valueString": "no"}, []),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "48065-7"}]}, "valueBoolean": True}, []),
    ],
)
def test_an_observation_gives_its_answer_or_its_name(observation, expected):
    """An answer is the reason, else what was observed; a laboratory test is not, its result is read."""
    sent = {"resourceType": "Observation", "id": "o1", "status": "final", **observation}
    chart = read_chart(ChartParts(results=bundle(sent)))
    reasons = read_reasons(order(reasonReference=[{"reference": "Observation/o1"}]), chart)
    assert words(reasons) == expected
    assert len(pointed_results(reasons.pointed)) == 1


def test_a_report_gives_its_conclusion():
    """The coded conclusion is a reason, the written one a note."""
    sent = {
        "resourceType": "DiagnosticReport",
        "id": "d",
        "status": "final",
        "code": {"text": "ophthalmoscopy"},
        "conclusion": "papilledema on both sides",
        "conclusionCode": [{"text": "papilledema"}],
    }
    chart = read_chart(ChartParts(beside=bundle(sent)))
    reasons = read_reasons(order(reasonReference=[{"reference": "DiagnosticReport/d"}]), chart)
    assert words(reasons) == ["papilledema"]
    assert reasons.notes == ("papilledema on both sides",)
    assert len(pointed_studies(reasons.pointed)) == 1


def test_further_information_is_no_reason():
    """What supportingInfo names is known with the order, but is not what it is for."""
    chart = read_chart(ChartParts(beside=bundle(CONDITION)))
    reasons = read_reasons(order(supportingInfo=[{"reference": REFERENCE}]), chart)
    assert words(reasons) == []
    assert len(pointed_problems(reasons.pointed)) == 1


def test_notes_and_details_are_notes():
    """Texts written to the order are read beside its reasons."""
    sent = order(note=[{"text": "for six weeks"}], orderDetail=[{"text": "with contrast"}, {"coding": []}])
    assert read_reasons(sent, read_chart(ChartParts())).notes == ("for six weeks", "with contrast")


def test_what_is_named_twice_is_pointed_at_once():
    """A reason that is also further information counts once."""
    chart = read_chart(ChartParts(problems=bundle(CONDITION)))
    sent = order(reasonReference=[{"reference": REFERENCE}], supportingInfo=[{"reference": REFERENCE}])
    assert len(read_reasons(sent, chart).pointed) == 1
