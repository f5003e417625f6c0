"""Problems and allergies: the concept, and whether it is active, past or refuted.

https://hl7.org/fhir/R4/condition.html and https://hl7.org/fhir/R4/allergyintolerance.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.condition import Condition

from chart import shapes
from chart.elements import DateRange, read_concept, read_date
from chart.lenient import NOT_STATED, Elements, read_leniently

if TYPE_CHECKING:
    from chart.resource import Resource
    from terminology.coding import Concept

_STATUS: Final = shapes.one(shapes.concept)
_ABATED: Final = ("abatementDateTime", "abatementAge", "abatementPeriod", "abatementRange", "abatementString")
_CONDITION: Final = Elements(
    {"code": shapes.one(shapes.concept), "recordedDate": shapes.date_time},
    names={
        "recordedDate": ("onsetDateTime", "onsetPeriod", "recordedDate", "assertedDate", "dateRecorded"),
    },
    required={"subject": NOT_STATED},
)
_ALLERGY: Final = Elements(
    {"code": shapes.one(shapes.concept), "recordedDate": shapes.date_time},
    names={
        "code": ("code", "substance"),
        "recordedDate": ("onsetDateTime", "onset", "onsetPeriod", "recordedDate", "assertedDate"),
    },
    required={"patient": NOT_STATED},
)
_ACTIVE: Final = frozenset({"active", "recurrence", "relapse", "55561003"})
_PAST: Final = frozenset({"inactive", "remission", "resolved", "73425007", "413322009", "277022003"})
_IN_ERROR: Final = frozenset({"entered-in-error"})
_REFUTED: Final = frozenset({"refuted", "410516002"})


class Standing(StrEnum):
    """How a recorded problem is to be taken."""

    ACTIVE = "active"
    """Confirmed or suspected: a provisional diagnosis and a differential one count."""
    PAST = "past"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Problem:
    """A Condition, with the references that others may use for it.

    `dated` is when it began, else when it was recorded.
    """

    references: tuple[str, ...]
    concept: Concept
    standing: Standing
    dated: DateRange | None = None


@dataclass(frozen=True, slots=True)
class Allergy:
    """An AllergyIntolerance that is not refuted; `dated` is when it began, else when it was recorded."""

    concept: Concept
    dated: DateRange | None = None


def read_problem(resource: Resource) -> Problem | None:
    """The problem; `None` for another resource, an entry made in error, or one that says nothing."""
    condition = read_leniently(resource, Condition, _CONDITION) if resource.type == "Condition" else None
    if condition is None:
        return None
    concept = read_concept(condition.code)
    verification = _said(resource, "verificationStatus")
    if concept.empty or verification & _IN_ERROR:
        return None
    dated = read_date(condition.recordedDate)
    if verification & _REFUTED:
        return Problem(resource.references, concept, Standing.REFUTED, dated)
    clinical = _said(resource, "clinicalStatus")
    over = bool(clinical & _PAST) or (not clinical & _ACTIVE and _abated(resource))
    return Problem(resource.references, concept, Standing.PAST if over else Standing.ACTIVE, dated)


def read_allergy(resource: Resource) -> Allergy | None:
    """The allergy; `None` for another resource, one refuted or made in error, and one without a code."""
    if resource.type != "AllergyIntolerance":
        return None
    allergy = read_leniently(resource, AllergyIntolerance, _ALLERGY)
    verification = _said(resource, "verificationStatus") | _said(resource, "status")
    if allergy is None or verification & (_IN_ERROR | _REFUTED):
        return None
    concept = read_concept(allergy.code)
    return None if concept.empty else Allergy(concept, read_date(allergy.recordedDate))


def _said(resource: Resource, element: str) -> frozenset[str]:
    """The codes and words of a status, in lower case; they are only compared, so no model checks them."""
    status = _STATUS(resource.original.get(element)) or {}
    words = [
        word for coding in status.get("coding", ()) for word in (coding.get("code"), coding.get("display"))
    ]
    return frozenset(word.strip().lower() for word in (*words, status.get("text")) if word)


def _abated(resource: Resource) -> bool:
    """Whether an end is recorded, in whichever form; `abatementBoolean` is that of DSTU2."""
    return resource.original.get("abatementBoolean") is True or any(
        resource.original.get(element) for element in _ABATED
    )
