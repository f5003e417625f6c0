"""The chart around an order: everything that was sent about the patient, in plain values.

A part is `None` where it was not sent or came back as an error, and empty where the EHR looked and found
none: the difference decides whether "no earlier imaging" is a fact or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from chart.patient import Patient, read_patient
from chart.pointed import Pointed, pointed_at, read_pointed
from chart.problems import Allergy, Problem, read_allergy, read_problem
from chart.results import Result, read_results
from chart.studies import Study, read_study

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chart.resource import Resource, Resources

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Chart:
    """What is known of the patient besides the order.

    `studies_complete` is False for a partial history. `beside` are the problems, results and studies that
    came with the draft orders; they count only where an order points at them.
    """

    patient: Patient | None = None
    problems: tuple[Problem, ...] | None = None
    results: tuple[Result, ...] | None = None
    allergies: tuple[Allergy, ...] | None = None
    studies: tuple[Study, ...] | None = None
    studies_complete: bool = False
    beside: tuple[Pointed, ...] = ()

    def pointed_at(self, target: str | None) -> tuple[Pointed, ...]:
        """What a reference means; `()` where it was not sent."""
        return pointed_at(
            target, (*self.beside, *(self.problems or ()), *(self.results or ()), *(self.studies or ()))
        )


@dataclass(frozen=True, slots=True)
class ChartParts:
    """The parts of a chart as they were sent; `None` for a part that was not.

    `beside` is the Bundle of the draft orders.
    """

    patient: Resources | None = None
    problems: Resources | None = None
    results: Resources | None = None
    allergies: Resources | None = None
    studies: tuple[Resources | None, ...] = ()
    beside: Resources | None = None


def read_chart(parts: ChartParts) -> Chart:
    """The chart of the parts; unreadable resources are left out."""
    patients = _each(parts.patient, read_patient) or ()
    sent = [part for part in parts.studies if part is not None]
    complete = bool(parts.studies) and len(sent) == len(parts.studies) and all(part.complete for part in sent)
    return Chart(
        patient=next(iter(patients), None),
        problems=_each(parts.problems, read_problem),
        results=_all(parts.results, read_results),
        allergies=_each(parts.allergies, read_allergy),
        studies=tuple(study for part in sent for study in _each(part, read_study) or ()) if sent else None,
        studies_complete=complete,
        beside=_all(parts.beside, read_pointed) or (),
    )


def _each(part: Resources | None, reader: Callable[[Resource], Read | None]) -> tuple[Read, ...] | None:
    def read(resource: Resource) -> tuple[Read, ...]:
        found = reader(resource)
        return () if found is None else (found,)

    return _all(part, read)


def _all(part: Resources | None, reader: Callable[[Resource], Iterable[Read]]) -> tuple[Read, ...] | None:
    if part is None or (not part.found and not part.complete):
        return None
    return tuple(read for resource in part.found for read in reader(resource))
