"""The patient: birth date as far as it is known, and sex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from fhir.resources.R4B.patient import Patient as PatientModel

from chart import shapes
from chart.elements import DateRange, read_date
from chart.lenient import Elements, read_leniently

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from chart.resource import Resource

Sex = Literal["male", "female"]

_DAYS_IN_A_YEAR: Final = 365.2425
_ELEMENTS: Final = Elements({"birthDate": shapes.day, "gender": shapes.code})
_SEXES: Final[Mapping[str, Sex]] = {"male": "male", "m": "male", "female": "female", "f": "female"}


@dataclass(frozen=True, slots=True)
class Patient:
    """What is read of a Patient; sex is `None` where it is other, unknown or not sent."""

    born: DateRange | None
    sex: Sex | None

    def age_on(self, day: date) -> tuple[float, float] | None:
        """The least and the greatest age in years that the patient may have on a day; `None` if unknown.

        The two are equal for a full birth date. A birth after the day gives `None`.
        """
        if self.born is None or self.born.first > day:
            return None
        return age_between(min(self.born.last, day), day), age_between(self.born.first, day)


def age_between(born: date, day: date) -> float:
    """Age in completed years; in the first year of life the share of it that has passed."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return float(years) if years else (day - born).days / _DAYS_IN_A_YEAR


def read_patient(resource: Resource) -> Patient | None:
    """The patient; `None` for another resource."""
    if resource.type != "Patient":
        return None
    patient = read_leniently(resource, PatientModel, _ELEMENTS)
    if patient is None:
        return None
    return Patient(read_date(patient.birthDate), _SEXES.get((patient.gender or "").lower()))
