"""From an order and its chart to the de-identified case."""

from datetime import date
from math import nextafter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chart.chart import Chart, ChartParts, read_chart
from chart.order import read_order
from chart.resource import read_resource, read_resources
from model.case import Age, ImagingCase
from model.intake import PlainCase, case_of_order, case_of_record
from model.reasoning.prompt import question_of
from terminology.coding import Concept
from terminology.procedures import Modality
from tests.chart.arbitrary import broken

TODAY = date(2026, 3, 10)
CPT = "http://www.ama-assn.org/go/cpt"
SNOMED_CT = "http://snomed.info/sct"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
LOINC = "http://loinc.org"
MARKER = "Zyxwv"


def concept(system, code):
    """One coding as a CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


def order(cpt="72148", **elements):
    """A draft order of a CPT code."""
    return {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": concept(CPT, cpt),
        **elements,
    }


def patient(**elements):
    """A patient with the elements."""
    return {"resourceType": "Patient", "id": "p1", **elements}


def condition(system, code, **elements):
    """An active condition of a code."""
    return {"resourceType": "Condition", "id": "c1", "code": concept(system, code), **elements}


def case(sent, *, patient=None, today=TODAY, **parts):
    """The case of an order, with the parts of the chart as lists of resources."""
    bundles = {
        name: read_resources({"resourceType": "Bundle", "entry": [{"resource": each} for each in sent]}, name)
        for name, sent in parts.items()
    }
    studies = bundles.pop("studies", None)
    chart = read_chart(
        ChartParts(
            patient=None if patient is None else read_resources(patient, "patient"),
            studies=() if studies is None else (studies,),
            **bundles,
        )
    )
    return case_of_order(read_order(read_resource(sent, "order")), chart, today)


def test_an_order_for_something_else_is_no_case():
    """What the catalogue does not know is not rated."""
    assert case(order("80053")) is None
    assert case_of_record(PlainCase(Concept(text="complete blood count"), ())) is None


def test_an_order_alone_is_a_case():
    """Without a chart everything about the patient is unknown, and so is the imaging history."""
    made = case(order(reasonCode=[concept(SNOMED_CT, "279039007")]))
    assert made.procedures == ("mr-lumbar-spine-wo",)
    assert "low-back-pain" in made.indicated
    assert (made.age, made.sex, made.prior_studies) == (None, None, None)


def test_the_sandbox_chart_in_dstu2_is_read_beside_an_r4_order():
    """The public sandbox sends a DSTU2 patient and DSTU2 conditions with an R4 order."""
    made = case(
        order(reasonCode=[concept(SNOMED_CT, "279039007")]),
        patient=patient(birthDate="1925-12-23", gender="male", name=[{"family": ["Made"], "given": ["Up"]}]),
        problems=[
            {
                "resourceType": "Condition",
                "id": "c1",
                "patient": {"reference": "Patient/p1"},
                "code": concept(SNOMED_CT, "64859006"),
                "clinicalStatus": "active",
                "verificationStatus": "confirmed",
            }
        ],
    )
    assert (made.age, made.sex) == (Age(90.0, 90.0), "male")
    assert made.facts.status("osteoporosis") is True


@pytest.mark.parametrize(
    ("born", "authored", "age"),
    [
        ("1960-03-10", None, Age(66.0, 66.0)),
        ("1960-03-11", None, Age(65.0, 65.0)),
        ("1960", None, Age(65.0, 66.0)),
        ("1960-03", None, Age(65.0, 66.0)),
        ("1960-03-10", "2025-03-09T23:30:00-05:00", Age(64.0, 64.0)),
        ("1960-03-10", "2025", Age(65.0, 65.0)),
        ("1960-03-11", "2026", Age(65.0, 65.0)),
        ("2008-02-29", "2026-02-28", Age(17.0, 17.0)),
        ("1900-01-01", None, Age(90.0, 90.0)),
        ("1930", None, Age(90.0, 90.0)),
        ("2027-01-01", None, None),
        (None, None, None),
    ],
)
def test_age_is_taken_on_the_day_the_order_was_written(born, authored, age):
    """The birth date may be partial, ages over ninety are ninety, and a birth after the order is unknown."""
    made = case(order(authoredOn=authored), patient=patient(birthDate=born))
    assert made.age == age


def test_the_words_of_the_order_tell_what_the_chart_does_not():
    """Age and sex of a note count where no patient was sent, and only there."""
    noted = order(reasonCode=[{"text": "45-year-old woman, low back pain for 8 weeks"}])
    assert case(noted).age == Age(45.0, 45.0)
    assert case(noted).sex == "female"
    assert case(noted).duration_days == 56
    charted = case(noted, patient=patient(birthDate="1960-01-01", gender="male"))
    assert (charted.age, charted.sex) == (Age(66.0, 66.0), "male")


@pytest.mark.parametrize(
    ("words", "age", "years"),
    [
        ("child with ataxia", Age(0.0, nextafter(18.0, 0.0)), None),
        ("infant with vomiting", Age(0.0, nextafter(1.0, 0.0)), 0),
        ("elderly man, fall", Age(65.0, 90.0), None),
        ("7-year-old child with ataxia", Age(7.0, 7.0), 7),
        ("ataxia", None, None),
    ],
)
def test_a_stage_of_life_in_words_is_a_span_of_ages(words, age, years):
    """Where no age is written, the words for a stage of life bound it; a model is told no age then."""
    made = case_of_record(PlainCase(Concept(text="MRI head"), (Concept(text=words),)))
    assert made.age == age
    assert age is None or age.years == years
    assert question_of(made, "mr-head-wo").age == years


@pytest.mark.parametrize("gender", ["other", "unknown", None])
def test_a_sex_that_is_neither_is_unknown(gender):
    """Other is not guessed at."""
    assert case(order(), patient=patient(gender=gender)).sex is None


def test_a_pregnancy_in_a_man_is_absent():
    """A finding that only the other sex can have is absent, whatever the chart says."""
    pregnant = condition(ICD_10_CM, "Z33.1")
    assert (
        case(order(), patient=patient(gender="male"), problems=[pregnant]).facts.status("pregnancy") is False
    )
    assert (
        case(order(), patient=patient(gender="female"), problems=[pregnant]).facts.status("pregnancy") is True
    )


def test_two_codings_of_one_reason_both_count():
    """Headache and papilledema in one concept are both what the order is for."""
    both = {"coding": [{"system": SNOMED_CT, "code": code} for code in ("25064002", "423341008")]}
    together = case(order("70450", reasonCode=[both]))
    apart = case(order("70450", reasonCode=[{"coding": [coding]} for coding in both["coding"]]))
    assert {"headache", "papilledema"} <= together.indicated == apart.indicated
    assert len(together.indications) == 1
    assert len(apart.indications) == 2


@pytest.mark.parametrize("where", ["problems", "beside", "contained"])
def test_a_reason_may_stand_in_another_resource(where):
    """The Condition is read from the problem list, the request, or the order itself."""
    reason = condition(SNOMED_CT, "279039007")
    if where == "contained":
        made = case(order(reasonReference=[{"reference": "#c1"}], contained=[reason]))
    else:
        made = case(order(reasonReference=[{"reference": "Condition/c1"}]), **{where: [reason]})
    assert "low-back-pain" in made.indicated


def test_the_problem_list_gives_the_indication_where_the_order_gives_none():
    """Only what is active counts, and only while the order itself says nothing legible."""
    active = condition(SNOMED_CT, "279039007")
    resolved = condition(SNOMED_CT, "25064002", clinicalStatus="resolved")
    without = case(order(), problems=[active, resolved])
    assert "low-back-pain" in without.indicated
    assert "headache" not in without.indicated
    with_reason = case(order("70450", reasonCode=[concept(SNOMED_CT, "25064002")]), problems=[active])
    assert "low-back-pain" not in with_reason.indicated


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        ({}, True),
        ({"verificationStatus": "differential"}, True),
        ({"clinicalStatus": "resolved"}, None),
        ({"verificationStatus": "refuted"}, False),
        ({"verificationStatus": "entered-in-error"}, None),
    ],
)
def test_a_problem_is_a_fact_as_it_stands(elements, status):
    """Active and suspected is present, past is unknown, refuted is absent, an error is nothing."""
    made = case(order(), problems=[condition(SNOMED_CT, "386661006", **elements)])
    assert made.facts.status("fever") is status


def test_a_cancer_once_had_stays_a_fact():
    """A lasting finding is present although it is past."""
    made = case(order(), problems=[condition(SNOMED_CT, "363358000", clinicalStatus="resolved")])
    assert made.facts.status("cancer") is True


def test_further_information_is_a_fact_and_no_indication():
    """A Condition under supportingInfo is known, but the order is not for it."""
    made = case(
        order(reasonCode=[concept(SNOMED_CT, "279039007")], supportingInfo=[{"reference": "Condition/c1"}]),
        beside=[condition(SNOMED_CT, "386661006")],
    )
    assert made.facts.status("fever") is True
    assert "fever" not in made.indicated


def test_a_result_is_a_fact():
    """A negative D-dimer of the day is known."""
    d_dimer = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": concept(LOINC, "48065-7"),
        "effectiveDateTime": "2026-03-10",
        "valueString": "<0.27",
        "referenceRange": [{"high": {"value": 0.5}}],
    }
    assert case(order("71275"), results=[d_dimer]).facts.status("d-dimer-negative") is True
    old = {**d_dimer, "effectiveDateTime": "2026-02-10"}
    assert case(order("71275"), results=[old]).facts.status("d-dimer-negative") is None


@pytest.mark.parametrize(
    ("reason", "known"),
    [("shoulder pain", False), ("chronic shoulder pain", True), ("shoulder pain for 4 months", True)],
)
def test_how_far_back_a_radiograph_counts_depends_on_the_complaint(reason, known):
    """A radiograph of three months ago belongs to a complaint that has lasted so long, and to no fresh one."""
    report = {
        "resourceType": "DiagnosticReport",
        "id": "d",
        "status": "final",
        "code": concept(CPT, "73030"),
        "effectiveDateTime": "2025-12-10",
        "conclusion": "No acute fracture.",
    }
    ordered = {**order(), "code": {"text": "MRI shoulder without contrast"}, "reasonCode": [{"text": reason}]}
    made = case(ordered, studies=[report])
    assert (made.facts.status("radiographs-unrevealing") is True) is known
    assert [(each.modality, each.days_ago) for each in made.prior_studies] == [(Modality.XR, 90)]


def test_a_record_is_a_case_without_a_chart():
    """A plain record tells age, sex and indications; its imaging history is unknown."""
    record = PlainCase(
        Concept(text="MRI lumbar spine without contrast"),
        (Concept(text="low back pain"),),
        scenario="history of cancer",
        age_years=97,
        sex="female",
    )
    made = case_of_record(record)
    assert (made.age, made.sex, made.prior_studies) == (Age(90.0, 90.0), "female", None)
    assert made.facts.status("cancer") is True


def marked(value):
    """The value with the marker in every string, save in those that steer how it is read."""
    if isinstance(value, dict):
        steering = {"resourceType", "system", "status", "intent"}
        return {key: each if key in steering else marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each) for each in value]
    return f"{value} {MARKER}" if isinstance(value, str) else value


def test_no_string_of_the_chart_gets_into_the_case():
    """A marker in every name, identifier, code, date and sentence is nowhere in the case."""
    told = condition(ICD_10_CM, "M54.50", recorder={"display": "somebody"})
    sent = order(
        code={"coding": [{"system": CPT, "code": "72148", "display": "MRI"}], "text": "MRI lumbar spine"},
        reasonCode=[
            {**concept(ICD_10_CM, "M54.50"), "text": "low back pain"},
            concept(SNOMED_CT, "279039007"),
        ],
        reasonReference=[{"reference": "Condition/c1", "display": "fever"}],
        contained=[told],
        note=[{"text": "45-year-old woman with fever"}],
        bodySite=[{"text": "lumbar spine"}],
    )
    report = {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"text": "XR lumbar spine"},
        "conclusion": "No fracture.",
    }
    made = case(
        marked(sent) | {"id": "o1"},
        patient=marked(patient(birthDate="1960-01-01", gender="female", name=[{"text": "x"}])) | {"id": "p1"},
        problems=[marked(told) | {"id": "c1"}],
        studies=[marked(report)],
    )
    assert "low-back-pain" in made.indicated
    assert made.prior_studies
    assert MARKER not in repr(made)
    assert MARKER.lower() not in repr(made).lower()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(
    broken("orders"),
    st.lists(broken("patients"), max_size=1),
    st.lists(broken("problems") | broken("results") | broken("studies"), max_size=4),
    st.booleans(),
)
def test_whatever_is_broken_the_order_is_a_case_or_none(sent, patients, others, mark):
    """No order and no chart, however broken, is an exception, and no marked string gets through."""
    ordered, *contents = [
        (marked(each.original) if mark else each.original) | {"id": "x"}
        for each in (sent, *patients, *others)
    ]
    read = read_order(read_resource(ordered, "order"))
    entries = {"resourceType": "Bundle", "entry": [{"resource": each} for each in contents]}
    found = read_resources(entries, "chart")
    chart = read_chart(
        ChartParts(
            patient=found, problems=found, results=found, allergies=found, studies=(found,), beside=found
        )
    )
    for around in (chart, Chart()) if read else ():
        made = case_of_order(read, around, TODAY)
        assert isinstance(made, ImagingCase | None)
        assert MARKER.lower() not in repr(made).lower()


SECRETS = (
    "Mrs Zyxwv White MRN 00123456 on 12/03/2024, 555-123-4567, zyx@example.org, 12 Zyxwv Street, age 93 years"
)


def secretive(value):
    """The value with names, dates, ids and addresses behind every string that is not structure."""
    if isinstance(value, dict):
        return {key: each if key in STRUCTURE else secretive(each) for key, each in value.items()}
    if isinstance(value, list):
        return [secretive(each) for each in value]
    return f"{value} {SECRETS}" if isinstance(value, str) else value


STRUCTURE = ("resourceType", "id", "status", "intent", "reference", "system", "code", "subject", "birthDate")


def test_no_secret_of_an_order_or_its_chart_leaves_in_a_span():
    """Whatever text is full of names, dates and numbers, the spans hold its clinical words and none of these."""
    sent = secretive(
        order(
            reasonCode=[{"text": "low back pain for 3 weeks"}, {"coding": [{"display": "fever"}]}],
            note=[{"text": "no trauma, reported by"}],
            reasonReference=[{"display": "radiculopathy"}],
            contained=[{"resourceType": "Condition", "id": "c9", "code": {"text": "weakness"}}],
        )
    )
    made = case(
        sent,
        patient=secretive(patient(birthDate="1925-12-23", name=[{"family": "x", "given": ["y"]}])),
        problems=[secretive({"resourceType": "Condition", "id": "c1", "code": {"text": "cancer"}})],
    )
    written = " ".join(made.spans)
    assert "low back pain for 3 weeks" in written
    assert "no trauma" in written
    for secret in ("zyx", "white", "mrn", "00123456", "2024", "12", "555", "example", "street", "93"):
        assert secret not in written


def test_the_words_of_a_record_are_its_spans():
    """A plain record's reasons and scenario give the spans; a denial keeps its word."""
    made = case_of_record(
        PlainCase(Concept(text="CT head"), (Concept(text="headache"),), scenario="No fever. Mr White.")
    )
    assert made.spans == ("headache", "no fever")


@pytest.mark.parametrize(
    ("reason", "known"),
    [
        ("hip pain, XR hip negative", True),
        ("hip pain, pelvis films negative", True),
        ("hip pain, films negative", True),
        ("hip pain, wrist films negative", None),
        ("normal films of the knee, now hip pain", None),
    ],
)
def test_a_study_of_another_place_says_nothing(reason, known):
    """Negative radiographs count where they were of the ordered place, or of none that is named."""
    made = case_of_record(PlainCase(Concept(text="MRI hip without contrast"), (Concept(text=reason),)))
    assert made.facts.status("radiographs-unrevealing") is known


@pytest.mark.parametrize(
    ("code", "onset", "finding", "known"),
    [
        ("S09.90XA", "2026-03-01", "head-trauma", True),
        ("S09.90XA", "2021-03-01", "head-trauma", None),
        ("S09.90XA", None, "head-trauma", True),
        ("Z33.1", "2025-12-01", "pregnancy", True),
        ("Z33.1", "2023-12-01", "pregnancy", None),
        ("C50.911", "2019-03-01", "cancer", True),
    ],
)
def test_an_open_problem_that_is_over_by_its_date_says_nothing(code, onset, finding, known):
    """An injury of years ago and a pregnancy of two years ago are over, whatever the list says."""
    dated = {} if onset is None else {"onsetDateTime": onset}
    problem = condition(ICD_10_CM, code, clinicalStatus={"coding": [{"code": "active"}]}, **dated)
    assert case(order(), problems=[problem]).facts.status(finding) is known


def test_the_ordered_study_decides_what_a_nodule_is_of():
    """A nodule of no organ is of the thyroid that the study shows, and it is what the order is for."""
    reason = (Concept(text="hypothyroidism with palpable nodule"),)
    assert "thyroid-nodule" in case_of_record(PlainCase(Concept(text="US thyroid"), reason)).indicated
    assert "thyroid-nodule" not in case_of_record(PlainCase(Concept(text="CT head"), reason)).indicated
