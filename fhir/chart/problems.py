"""Problems and allergies: the concept, and whether it is active, past, doubted or refuted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.condition import Condition

from chart.elements import read_concept
from chart.lenient import read_leniently

if TYPE_CHECKING:
    from chart.resource import Resource
    from terminology.coding import Concept

_PAST: Final = frozenset({"inactive", "remission", "resolved"})


class Standing(StrEnum):
    """How a recorded problem is to be taken."""

    ACTIVE = "active"
    PAST = "past"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Problem:
    """A Condition, by the reference that others use for it."""

    reference: str | None
    concept: Concept
    standing: Standing


@dataclass(frozen=True, slots=True)
class Allergy:
    """An AllergyIntolerance that is not refuted."""

    concept: Concept


def read_problem(resource: Resource) -> Problem | None:
    """The problem; `None` for another resource, an entry made in error, or one that says nothing."""
    condition = _read(resource, "Condition", Condition)
    if condition is None:
        return None
    concept = read_concept(condition.code)
    verification = _code(condition.verificationStatus)
    if concept.empty or verification == "entered-in-error":
        return None
    return Problem(resource.reference, concept, _standing(_code(condition.clinicalStatus), verification))


def read_allergy(resource: Resource) -> Allergy | None:
    """The allergy; `None` for another resource, a refuted one, an entry made in error, or one without code."""
    allergy = _read(resource, "AllergyIntolerance", AllergyIntolerance)
    if allergy is None or _code(allergy.verificationStatus) in {"entered-in-error", "refuted"}:
        return None
    concept = read_concept(allergy.code)
    return None if concept.empty else Allergy(concept)


def _read(resource: Resource, type_: str, model: Any) -> Any:
    if resource.type != type_:
        return None
    return read_leniently(resource, model, ("code", "clinicalStatus", "verificationStatus"))


def _standing(clinical: str | None, verification: str | None) -> Standing:
    if verification == "refuted":
        return Standing.REFUTED
    return Standing.PAST if clinical in _PAST else Standing.ACTIVE


def _code(concept: Any) -> str | None:
    codings = (concept.coding or ()) if concept is not None else ()
    return next((coding.code for coding in codings if coding.code), None)
