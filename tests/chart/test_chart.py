"""The chart: what was sent, and what its absence means."""

from hypothesis import given
from hypothesis import strategies as st

from chart.chart import Chart, ChartParts, read_chart
from chart.resource import Resources, read_resources
from tests.chart.arbitrary import broken

PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960", "gender": "female"}
CONDITION = {"resourceType": "Condition", "id": "c1", "code": {"text": "fever"}}
STUDY = {"resourceType": "ImagingStudy", "id": "s", "status": "available", "modality": [{"code": "CT"}]}
OUTCOME = {"resourceType": "OperationOutcome", "issue": []}
LOOKED_UP_AND_EMPTY = Resources((), complete=True)


def bundle(*contents, **members):
    """The contents as a Bundle."""
    return read_resources(
        {"resourceType": "Bundle", "entry": [{"resource": each} for each in contents], **members}, "bundle"
    )


def test_nothing_sent_is_nothing_known():
    """Without parts every part is unknown."""
    assert read_chart(ChartParts()) == Chart()


def test_a_patient_may_come_in_a_bundle():
    """A Bundle with one patient is as good as the patient."""
    alone = read_chart(ChartParts(patient=read_resources(PATIENT, "p")))
    assert read_chart(ChartParts(patient=bundle(PATIENT))) == alone
    assert alone.patient.sex == "female"


def test_a_null_patient_is_no_patient():
    """The EHR looked and found none."""
    assert read_chart(ChartParts(patient=LOOKED_UP_AND_EMPTY)).patient is None


def test_a_part_that_was_looked_up_and_is_empty_is_empty():
    """Empty is a fact, not an unknown."""
    parts = ChartParts(
        problems=LOOKED_UP_AND_EMPTY, results=bundle(), allergies=bundle(), studies=(bundle(), bundle())
    )
    chart = read_chart(parts)
    assert (chart.problems, chart.results, chart.allergies, chart.studies) == ((), (), (), ())
    assert chart.studies_complete


def test_a_part_that_came_back_as_an_error_is_unknown():
    """An OperationOutcome says that the EHR could not look."""
    failed = read_resources(OUTCOME, "o")
    chart = read_chart(ChartParts(problems=failed, results=bundle(OUTCOME), allergies=failed))
    assert (chart.problems, chart.results, chart.allergies) == (None, None, None)


def test_a_warning_beside_resources_leaves_them():
    """A Bundle with resources and an OperationOutcome gives the resources."""
    assert len(read_chart(ChartParts(problems=bundle(CONDITION, OUTCOME))).problems) == 1


def test_resources_of_another_type_are_left_out():
    """A part holds what it is asked for."""
    assert read_chart(ChartParts(problems=bundle(PATIENT, STUDY))).problems == ()


def test_the_history_is_complete_only_where_every_part_is():
    """A missing key, a further page or an error each make the history partial."""
    whole = bundle(STUDY)
    partial = [
        (whole, None),
        (whole, read_resources(OUTCOME, "o")),
        (whole, bundle(STUDY, link=[{"relation": "next", "url": "x"}])),
        (whole, bundle(STUDY, total=40)),
    ]
    assert read_chart(ChartParts(studies=(whole, whole))).studies_complete
    for parts in partial:
        chart = read_chart(ChartParts(studies=parts))
        assert not chart.studies_complete
        assert chart.studies


def test_a_history_of_which_nothing_was_sent_is_unknown():
    """No key at all is no history."""
    assert read_chart(ChartParts(studies=(None, None))).studies is None


def test_what_came_with_the_orders_is_no_problem_list():
    """A Condition beside the draft orders counts only where an order points at it."""
    chart = read_chart(ChartParts(beside=bundle(CONDITION)))
    assert chart.problems is None
    assert chart.pointed_at("Condition/c1") == chart.beside


@given(
    st.lists(broken("patients"), max_size=2),
    st.lists(broken("problems"), max_size=3),
    st.lists(broken("results") | broken("studies"), max_size=3),
)
def test_broken_parts_are_a_chart(patients, problems, others):
    """Whatever is broken in the parts, reading them gives a chart."""
    found = Resources((*patients, *problems, *others), complete=True)
    parts = ChartParts(
        patient=found, problems=found, results=found, allergies=found, studies=(found, found), beside=found
    )
    assert isinstance(read_chart(parts), Chart)
