"""The patient's sex, and the age as far as the birth date tells it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chart.elements import DateRange
from chart.patient import Patient, age_between, read_patient
from tests.chart.arbitrary import broken, of_type, resource, vectors


@pytest.mark.parametrize("vector", vectors("patients"), ids=lambda vector: vector["id"])
def test_a_patient_is_read(vector):
    """Each hand-written patient gives exactly what its vector expects."""
    patient = read_patient(resource(vector["resource"]))
    born = patient and patient.born
    read = patient and {
        "born": born and [born.first.isoformat(), born.last.isoformat()],
        "sex": patient.sex,
    }
    assert read == vector["expect"]


@pytest.mark.parametrize(
    ("first", "last", "day", "ages"),
    [
        (date(1960, 5, 6), date(1960, 5, 6), date(2026, 5, 5), (65, 65)),
        (date(1960, 5, 6), date(1960, 5, 6), date(2026, 5, 6), (66, 66)),
        (date(1960, 1, 1), date(1960, 12, 31), date(2026, 5, 6), (65, 66)),
        (date(1960, 5, 1), date(1960, 5, 31), date(2026, 5, 6), (65, 66)),
        (date(2000, 2, 29), date(2000, 2, 29), date(2018, 2, 28), (17, 17)),
        (date(2000, 2, 29), date(2000, 2, 29), date(2018, 3, 1), (18, 18)),
        (date(1925, 12, 23), date(1925, 12, 23), date(2026, 5, 6), (100, 100)),
        (date(2026, 1, 1), date(2026, 12, 31), date(2026, 5, 6), (0, 125 / 365.2425)),
    ],
)
def test_age_lies_between_what_the_birth_date_allows(first, last, day, ages):
    """A partial birth date gives the least and the greatest age; a birthday counts from its own day."""
    assert Patient(DateRange(first, last), None).age_on(day) == pytest.approx(ages)


def test_age_before_birth_is_unknown():
    """An order dated before the birth says that one of the dates is wrong."""
    assert Patient(DateRange(date(2026, 1, 2), date(2026, 1, 2)), None).age_on(date(2026, 1, 1)) is None


def test_age_without_birth_date_is_unknown():
    """Nothing is made of a birth date that was not sent."""
    assert Patient(None, "male").age_on(date(2026, 1, 1)) is None


@given(st.dates(date(1800, 1, 1), date(2100, 1, 1)), st.integers(0, 50_000))
def test_age_is_never_negative_and_never_shrinks(born, days):
    """Age grows with the days, starting at nothing."""
    day = born + timedelta(days=days)
    assert 0 <= age_between(born, day) <= age_between(born, day + timedelta(days=1))


@given(broken("patients") | of_type("Patient", ["birthDate", "gender", "name", "_birthDate"]))
def test_a_broken_patient_is_a_patient_or_none(sent):
    """Whatever is broken in a patient, reading it gives a patient or nothing."""
    assert isinstance(read_patient(sent), Patient | None)
