"""Which procedures an order means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ordered import ordered_procedures
from terminology.coding import Coding, Concept
from terminology.procedures import catalogue
from terminology.systems import CPT, LOINC

TEXTS = st.text(max_size=20) | st.sampled_from(
    ["CT", "MRI lumbar spine", "left shoulder", "without contrast"]
)
CONCEPTS = st.builds(
    Concept,
    st.lists(
        st.builds(
            Coding,
            st.text(max_size=8) | st.sampled_from(["70450", "73221", "71275"]),
            st.none() | st.sampled_from([CPT, LOINC]) | st.text(max_size=8),
            st.none() | TEXTS,
        ),
        max_size=3,
    ).map(tuple),
    st.none() | TEXTS,
)


def cpt(code):
    """A CPT code alone."""
    return Concept((Coding(code, CPT),))


@pytest.mark.parametrize(
    ("concept", "procedures"),
    [
        (cpt("70450"), ("ct-head-wo",)),
        (Concept((Coding("local", "urn:ehr"), Coding("70450", CPT))), ("ct-head-wo",)),
        (Concept(text="MRI lumbar spine without contrast"), ("mr-lumbar-spine-wo",)),
        (Concept((Coding("X1", "urn:ehr", "MRI lumbar spine without contrast"),)), ("mr-lumbar-spine-wo",)),
        (Concept((Coding("99999", CPT),), "MRI brain without contrast"), ("mr-head-wo",)),
        (Concept((Coding("72148"),)), ("mr-lumbar-spine-wo",)),
        (Concept((Coding("72148", "urn:ehr"),)), ()),
        (Concept(text="complete blood count"), ()),
        (Concept(), ()),
    ],
)
def test_an_order_is_read_by_its_codes_then_by_its_words(concept, procedures):
    """A known code decides; an unknown one leaves it to the words; a code without system comes last."""
    assert ordered_procedures(concept)[0] == procedures


def test_a_code_for_several_joints_is_narrowed_by_the_body_site():
    """One CPT code covers the joints of the arm."""
    assert len(ordered_procedures(cpt("73221"))[0]) > 1
    assert ordered_procedures(cpt("73221"), [Concept(text="Left shoulder")])[0] == ("mr-shoulder-wo",)


def test_details_and_body_site_complete_the_words():
    """A modality alone is completed, and an open contrast decided."""
    further = [Concept(text="lumbar spine"), Concept(text="without contrast")]
    assert ordered_procedures(Concept(text="CT"), further)[0] == ("ct-lumbar-spine-wo",)
    assert len(ordered_procedures(Concept(text="CT lumbar spine"))[0]) > 1
    assert ordered_procedures(Concept(text="CT lumbar spine"), further)[0] == ("ct-lumbar-spine-wo",)


def test_details_make_no_imaging_order_of_another():
    """An order for therapy stays one although its details tell of an MRI."""
    assert ordered_procedures(Concept(text="Physical therapy"), [Concept(text="MRI hip done")]) == ((), ())


def test_details_do_not_overrule_a_code():
    """A code that means one procedure means it whatever the details say."""
    assert ordered_procedures(cpt("70450"), [Concept(text="with contrast")])[0] == ("ct-head-wo",)


def test_relatives_are_the_other_procedures_of_the_same_code():
    """Two studies that are billed alike can stand in for each other."""
    procedures, relatives = ordered_procedures(Concept(text="CTA pulmonary arteries with contrast"))
    assert procedures == ("cta-pulmonary-w",)
    assert relatives == ("cta-chest-w",)


@given(CONCEPTS, st.lists(CONCEPTS, max_size=2))
def test_any_order_is_procedures_of_the_catalogue_or_none(concept, further):
    """Whatever was sent, only catalogue ids come of it, and none of them is no imaging."""
    procedures, relatives = ordered_procedures(concept, further)
    assert all(each in catalogue() for each in (*procedures, *relatives))
    assert not set(procedures) & set(relatives)
