"""The chart around an order: everything that was sent about the patient, in plain values.

A part is `None` where it was not sent or came back as an error, and empty where the EHR looked and found none:
the difference decides whether "no earlier imaging" is a fact or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chart.patient import Patient, read_patient
from chart.problems import Allergy, Problem, read_allergy, read_problem
from chart.results import Result, read_result
from chart.studies import Study, read_study

if TYPE_CHECKING:
    from collections.abc import Callable

    from chart.resource import Resource, Resources

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Chart:
    """What is known of the patient besides the order. `studies_complete` is False for a partial history."""

    patient: Patient | None = None
    problems: tuple[Problem, ...] | None = None
    results: tuple[Result, ...] | None = None
    allergies: tuple[Allergy, ...] | None = None
    studies: tuple[Study, ...] | None = None
    studies_complete: bool = False


@dataclass(frozen=True, slots=True)
class ChartParts:
    """The parts of a chart as they were sent; `None` for a part that was not."""

    patient: Resources | None = None
    problems: Resources | None = None
    results: Resources | None = None
    allergies: Resources | None = None
    studies: tuple[Resources | None, ...] = ()


def read_chart(parts: ChartParts) -> Chart:
    """The chart of the parts; unreadable resources are left out."""
    patients = _read(parts.patient, read_patient) or ()
    sent = [part for part in parts.studies if part is not None]
    studies = tuple(study for part in sent for study in _read(part, read_study) or ())
    complete = bool(parts.studies) and len(sent) == len(parts.studies) and all(part.complete for part in sent)
    return Chart(
        patient=next(iter(patients), None),
        problems=_read(parts.problems, read_problem),
        results=_read(parts.results, read_result),
        allergies=_read(parts.allergies, read_allergy),
        studies=studies if sent else None,
        studies_complete=complete,
    )


def _read(part: Resources | None, reader: Callable[[Resource], Read | None]) -> tuple[Read, ...] | None:
    if part is None or (not part.found and not part.complete):
        return None
    return tuple(read for resource in part.found if (read := reader(resource)) is not None)
