"""The patient: birth date as far as it is known, and sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fhir.resources.R4B.patient import Patient as PatientModel

from chart.elements import DateRange, read_date
from chart.lenient import read_leniently

if TYPE_CHECKING:
    from datetime import date

    from chart.resource import Resource

_DAYS_IN_A_YEAR = 365.2425


@dataclass(frozen=True, slots=True)
class Patient:
    """What is read of a Patient; sex is `None` where it is other, unknown or not sent."""

    born: DateRange | None
    sex: Literal["male", "female"] | None

    def age_on(self, day: date) -> tuple[float, float] | None:
        """The least and the greatest age in years that the patient may have on a day; `None` if unknown.

        The two are equal for a full birth date. A birth after the day gives `None`.
        """
        if self.born is None or self.born.first > day:
            return None
        return age_between(min(self.born.last, day), day), age_between(self.born.first, day)


def age_between(born: date, day: date) -> float:
    """Age in years: completed years, and the share of the running one."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    if years:
        return float(years)
    return (day - born).days / _DAYS_IN_A_YEAR


def read_patient(resource: Resource) -> Patient | None:
    """The patient; `None` for another resource or an unreadable one."""
    if resource.type != "Patient":
        return None
    patient = read_leniently(resource, PatientModel, ("birthDate", "gender"))
    if patient is None:
        return None
    sex = patient.gender if patient.gender in {"male", "female"} else None
    return Patient(read_date(patient.birthDate), sex)
