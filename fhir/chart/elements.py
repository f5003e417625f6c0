"""FHIR data types as plain values: concepts, and dates that may know only their year."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from terminology.coding import Coding, Concept
from terminology.systems import canonical_system

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir.resources.R4B.codeableconcept import CodeableConcept

_PARTIAL: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class DateRange:
    """The first and the last day that a FHIR date may mean; one day where it is a full date."""

    first: date
    last: date


def read_concept(concept: CodeableConcept | None) -> Concept:
    """The concept with canonical systems; codings without a code or a display are left out."""
    if concept is None:
        return Concept()
    codings = tuple(
        Coding(coding.code or "", canonical_system(coding.system) if coding.system else None, coding.display)
        for coding in concept.coding or ()
        if coding.code or coding.display
    )
    return Concept(codings, concept.text)


def read_concepts(concepts: Iterable[CodeableConcept] | None) -> tuple[Concept, ...]:
    """The concepts that say anything at all."""
    return tuple(read for read in map(read_concept, concepts or ()) if not read.empty)


def read_date(value: object) -> DateRange | None:
    """The days that a FHIR date or dateTime may mean, in its own time zone; `None` for anything else.

    `fhir.resources` gives a full date as a `date`, one with its time as a `datetime`, and a year or a month
    as the string it was.
    """
    if isinstance(value, datetime):
        return DateRange(value.date(), value.date())
    if isinstance(value, date):
        return DateRange(value, value)
    match = _PARTIAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    year, month = int(match[1]), int(match[2] or 0)
    try:
        first = date(year, month or 1, 1)
    except ValueError:
        return None
    last_month = month or 12
    return DateRange(first, date(year, last_month, calendar.monthrange(year, last_month)[1]))


def read_moment(value: object) -> float | None:
    """Seconds since 1970 of a dateTime that states its time; `None` for a mere date."""
    return value.timestamp() if isinstance(value, datetime) else None
