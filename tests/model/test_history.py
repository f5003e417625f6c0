"""Earlier studies: what was done where and when, and what it showed."""

from datetime import date, timedelta

import pytest

from chart.elements import DateRange
from chart.studies import Source, Study
from model.case import PriorStudy
from model.history import prior_studies, seen_studies, study_facts
from terminology.coding import Coding, Concept
from terminology.procedures import Modality
from terminology.systems import CPT

DAY = date(2026, 3, 10)
SHOULDER_RADIOGRAPH = Concept((Coding("73030", CPT),))


def study(name=None, *, days_ago=0, source=Source.REPORT, **known):
    """A study of a name, so many days before the order."""
    day = DAY - timedelta(days=days_ago)
    names = (name,) if name else ()
    return Study(("ImagingStudy/s",), source, names=names, done=DateRange(day, day), **known)


def seen(*studies):
    """Modality and regions of each study."""
    found = prior_studies(seen_studies(studies), DAY, complete=True)
    return [(each.modality, each.regions) for each in found]


def facts(*studies, ordered=("mr-shoulder-wo",), within_days=28):
    """The findings that the studies state for an order."""
    return {
        fact.finding for fact in study_facts(seen_studies(studies), ordered, DAY, within_days=within_days)
    }


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (study(SHOULDER_RADIOGRAPH), (Modality.XR, ("shoulder",))),
        (study(Concept((Coding("1", "urn:ehr"),), "CT CHEST W CONTRAST")), (Modality.CT, ("chest",))),
        (study(Concept((Coding("1", "urn:ehr", "XR shoulder"),), "Exam")), (Modality.XR, ("shoulder",))),
        (study(modalities=("CT",), body_sites=("CHEST",)), (Modality.CT, ("chest",))),
        (study(Concept(text="Chest"), modalities=("DX",)), (Modality.XR, ("chest",))),
        (study(Concept(text="CT"), body_sites=("Head",)), (Modality.CT, ("head",))),
        (study(modalities=("MR",)), (Modality.MR, ())),
    ],
)
def test_a_study_is_known_by_its_code_its_words_or_its_dicom_modality(sent, expected):
    """The first that tells counts, and what one leaves open another may tell."""
    assert seen(sent) == [expected]


@pytest.mark.parametrize(
    "sent",
    [
        study(Concept(text="Complete blood count")),
        study(modalities=("SR", "OT")),
        study(Concept(text="Appendectomy"), source=Source.PROCEDURE),
    ],
)
def test_what_is_no_imaging_is_no_study(sent):
    """Laboratory reports, structured reports and operations are passed over."""
    assert seen(sent) == []


def test_a_study_of_two_modalities_is_both():
    """PET and CT in one session are two studies."""
    assert [modality for modality, _ in seen(study(modalities=("PT", "CT", "CT")))] == [
        Modality.PET,
        Modality.CT,
    ]


def test_missing_partial_and_empty_histories_are_told_apart():
    """Unknown is None, looked up and empty is (), and what was found is found."""
    found = seen_studies([study(SHOULDER_RADIOGRAPH, days_ago=5)])
    assert prior_studies(None, DAY, complete=False) is None
    assert prior_studies((), DAY, complete=False) is None
    assert prior_studies((), DAY, complete=True) == ()
    assert prior_studies(found, DAY, complete=False) == (
        PriorStudy(Modality.XR, ("shoulder",), 5, "xr-shoulder"),
    )


def test_a_study_after_the_order_is_not_earlier():
    """A study of tomorrow is left out, one of an unknown day is not, and of a year it is not known."""
    undated = Study((), Source.IMAGING, modalities=("CT",))
    this_year = Study(
        (), Source.IMAGING, modalities=("CT",), done=DateRange(date(2026, 1, 1), date(2026, 12, 31))
    )
    studies = seen_studies([study(SHOULDER_RADIOGRAPH, days_ago=-1), undated, this_year])
    assert [each.days_ago for each in prior_studies(studies, DAY, complete=True)] == [None, 0]


@pytest.mark.parametrize(
    ("conclusion", "finding"),
    [
        ("No acute fracture or dislocation.", "radiographs-unrevealing"),
        ("No evidence of fracture.", "radiographs-unrevealing"),
        ("No acute displaced fracture is seen.", "radiographs-unrevealing"),
        ("Normal study.", "radiographs-unrevealing"),
        ("Displaced fracture of the humeral neck.", "radiographs-fracture"),
        ("Fracture of the clavicle. Alignment is otherwise normal.", "radiographs-fracture"),
        ("Old healed fracture of the clavicle.", None),
        ("Possible nondisplaced fracture.", None),
        ("Severe osteoarthritis.", None),
    ],
)
def test_a_conclusion_tells_whether_the_radiograph_was_revealing(conclusion, finding):
    """A denied fracture is an unrevealing study, a stated one stands, and a doubted or old one says nothing."""
    expected = {finding} if finding else set()
    assert facts(study(SHOULDER_RADIOGRAPH, conclusion_text=conclusion)) == expected


def test_a_coded_conclusion_counts_like_a_written_one():
    """The words of a conclusion code are read."""
    sent = study(SHOULDER_RADIOGRAPH, conclusions=(Concept((Coding("1", None, "Fracture"),)),))
    assert facts(sent) == {"radiographs-fracture"}


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (study(Concept(text="XR hip"), conclusion_text="No fracture."), "another region"),
        (study(Concept(text="MRI shoulder"), conclusion_text="No fracture."), "another modality"),
        (study(SHOULDER_RADIOGRAPH, days_ago=29, conclusion_text="No fracture."), "another episode"),
        (study(SHOULDER_RADIOGRAPH, days_ago=-1, conclusion_text="No fracture."), "after the order"),
        (study(SHOULDER_RADIOGRAPH), "no conclusion"),
    ],
)
def test_a_conclusion_counts_for_its_region_modality_and_time_only(sent, why):
    """What was seen elsewhere, otherwise or long ago says nothing of the complaint."""
    assert facts(sent) == set(), why


def test_a_lasting_complaint_reaches_further_back():
    """How far is given by the complaint, not by the study."""
    sent = study(SHOULDER_RADIOGRAPH, days_ago=100, conclusion_text="No fracture.")
    assert facts(sent, within_days=180) == {"radiographs-unrevealing"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Lumbar spinal fusion", {"prior-lumbar-surgery"}),
        ("Fontan procedure", {"after-fontan"}),
        ("Screening for malignant neoplasm of colon", set()),
        ("Standard pregnancy test", set()),
        ("Fall risk assessment", set()),
        ("Open reduction of fracture", set()),
        ("HIV screening", set()),
    ],
)
def test_an_operation_leaves_a_state_behind_but_not_its_indication(name, expected):
    """What remains of an operation is a fact; the disease in its name is not."""
    assert expected <= facts(study(Concept(text=name), source=Source.PROCEDURE, days_ago=3_000))
    if not expected:
        assert facts(study(Concept(text=name), source=Source.PROCEDURE)) == set()


def test_a_report_is_no_operation():
    """A laboratory report named after a disease says nothing of it."""
    assert facts(study(Concept(text="Lumbar spinal fusion"), source=Source.REPORT)) == set()
