"""FHIR data types as plain values: concepts, and dates that may know only their year."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from terminology.coding import Coding, Concept
from terminology.systems import canonical_system

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir.resources.R4B.codeableconcept import CodeableConcept

_YEAR, _MONTH = 4, 7


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
    """The days that a FHIR date or dateTime may mean, in its own time zone; `None` for anything else."""
    if isinstance(value, datetime):
        return DateRange(value.date(), value.date())
    if isinstance(value, date):
        return DateRange(value, value)
    if not isinstance(value, str):
        return None
    try:
        if len(value) == _YEAR:
            return DateRange(date(int(value), 1, 1), date(int(value), 12, 31))
        if len(value) == _MONTH:
            year, month = int(value[:4]), int(value[5:])
            return DateRange(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
        return read_date(datetime.fromisoformat(value).replace(tzinfo=UTC))
    except ValueError:
        return None
