"""Positive or negative: by code, by word, by reference range."""

import csv
from importlib.resources import files

import pytest
from fhir.resources.R4B.observation import ObservationReferenceRange
from hypothesis import given
from hypothesis import strategies as st

from chart.verdicts import Measure, range_verdict, read_measure, stated_verdict
from terminology.coding import Coding, Concept

NUMBERS = st.floats(-1e6, 1e6)


def test_the_table_says_each_thing_once():
    """Codes and words stand once, so that no two rows can contradict each other."""
    rows = list(csv.DictReader((files("chart") / "result_verdicts.csv").read_text("utf-8").splitlines()))
    said = [row["said"] for row in rows]
    assert len(said) == len(set(said))
    assert {row["verdict"] for row in rows} == {"positive", "negative"}


@pytest.mark.parametrize(
    ("concepts", "verdict"),
    [
        ([Concept((Coding("H"),))], "positive"),
        ([Concept((Coding("h"),))], None),
        ([Concept(text=" Not Detected ")], "negative"),
        ([Concept((Coding("LA32-8", display="No"),))], "negative"),
        ([Concept((Coding("E"),)), Concept((Coding("POS"),))], "positive"),
        ([Concept((Coding("POS"),)), Concept((Coding("NEG"),))], None),
        ([Concept(text="about normal for him")], None),
        ([Concept()], None),
        ([], None),
    ],
)
def test_codes_and_words_state_a_verdict(concepts, verdict):
    """A code counts as it is written, a word in any case, and a contradiction not at all."""
    assert stated_verdict(concepts) == verdict


@pytest.mark.parametrize(
    ("measure", "limit", "below", "above"),
    [
        (Measure(5), 5, False, False),
        (Measure(4), 5, True, False),
        (Measure(5, comparator="<"), 5, True, False),
        (Measure(6, comparator="<"), 5, None, None),
        (Measure(5, comparator="<="), 5, None, False),
        (Measure(5, comparator=">"), 5, False, True),
        (Measure(4, comparator=">"), 5, None, None),
        (Measure(5, comparator=">="), 5, False, None),
    ],
)
def test_a_bounded_measure_says_only_what_it_can(measure, limit, below, above):
    """A bound decides a comparison or leaves it open."""
    assert measure.below(limit) is below
    assert measure.above(limit) is above


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("< 0.50 mg/L FEU", "positive"),
        ("<=2", "negative"),
        ("0.0-0.5", "positive"),
        ("0 - 5 mg/L", "negative"),
        ("> 0.5", None),
        ("5", None),
        ("up to the laboratory", None),
    ],
)
def test_a_range_in_words_has_an_upper_limit(text, verdict):
    """A range written out counts where it names an upper limit and nothing else."""
    assert range_verdict(Measure(1.0), [ObservationReferenceRange(text=text)]) == verdict


def test_units_are_compared_without_case_and_for_any_micro_sign():
    """Two letters of Unicode are written for micro."""
    limit = ObservationReferenceRange(high={"value": 1, "unit": "\u00b5G/L"})
    assert range_verdict(Measure(2, "\u03bcg/l"), [limit]) == "positive"


def test_no_quantity_is_no_measure():
    """Without a value there is nothing to measure."""
    assert read_measure(None) is None


@given(NUMBERS, NUMBERS)
def test_a_plain_measure_is_below_above_or_equal(number, limit):
    """Without a comparator exactly one of the three holds."""
    measure = Measure(number)
    assert [measure.below(limit), measure.above(limit), number == limit].count(True) == 1


@given(st.text(max_size=30))
def test_any_range_text_is_a_verdict_or_none(text):
    """Any words of a range give a verdict or nothing."""
    sent = ObservationReferenceRange.model_construct(text=text, high=None)
    assert range_verdict(Measure(1.0), [sent]) in {"positive", "negative", None}
