"""FHIR data types as plain values."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from fhir.resources.R4B.codeableconcept import CodeableConcept
from hypothesis import given
from hypothesis import strategies as st

from chart.elements import DateRange, read_concept, read_concepts, read_date, read_moment
from terminology.coding import Coding, Concept


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("1960", date(1960, 1, 1), date(1960, 12, 31)),
        ("1960-02", date(1960, 2, 1), date(1960, 2, 29)),
        (date(1960, 5, 6), date(1960, 5, 6), date(1960, 5, 6)),
        (
            datetime(2026, 3, 4, 23, 30, tzinfo=timezone(timedelta(hours=-5))),
            date(2026, 3, 4),
            date(2026, 3, 4),
        ),
    ],
)
def test_a_date_is_the_days_it_may_mean(value, first, last):
    """Years and months are ranges; a time counts by the calendar of its own zone."""
    assert read_date(value) == DateRange(first, last)


@pytest.mark.parametrize("value", [None, "", "196", "0000", "1960-13", "1960-05-06", 1960])
def test_what_is_no_date_is_unknown(value):
    """Nothing is made of what `fhir.resources` would not have given as a date."""
    assert read_date(value) is None


def test_a_moment_needs_a_time():
    """A mere date has no moment."""
    assert read_moment(datetime(1970, 1, 1, 0, 1, tzinfo=UTC)) == 60
    assert read_moment(date(1970, 1, 1)) is None


def test_systems_become_canonical():
    """A system known by several addresses has one."""
    sent = CodeableConcept(coding=[{"system": "urn:oid:2.16.840.1.113883.6.96", "code": "1", "display": "x"}])
    assert read_concept(sent) == Concept((Coding("1", "http://snomed.info/sct", "x"),))


def test_codings_that_say_nothing_are_left_out():
    """A coding needs a code or a display; a system alone says nothing."""
    sent = CodeableConcept(coding=[{}, {"system": "http://loinc.org"}, {"display": "x"}])
    assert read_concept(sent) == Concept((Coding("", None, "x"),))
    assert read_concepts([CodeableConcept(coding=[{}])]) == ()
    assert read_concept(None).empty
    assert read_concepts(None) == ()


@given(st.text())
def test_any_text_is_a_date_or_unknown(value):
    """Any text gives days or nothing."""
    assert read_date(value) is None or read_date(value).first <= read_date(value).last
