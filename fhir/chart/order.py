"""A draft order: what is asked for, why, and where it stands in the request.

Whether it is an imaging order is not decided here; the catalogue of procedures does that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fhir.resources.R4B.servicerequest import ServiceRequest

from chart.elements import DateRange, read_concept, read_concepts, read_date
from chart.lenient import read_leniently
from chart.resource import relative_reference

if TYPE_CHECKING:
    from chart.resource import Resource
    from terminology.coding import Concept

_ELEMENTS: Final = (
    "status",
    "intent",
    "priority",
    "code",
    "orderDetail",
    "subject",
    "authoredOn",
    "reasonCode",
    "reasonReference",
    "supportingInfo",
    "bodySite",
    "note",
)


@dataclass(frozen=True, slots=True)
class Order:
    """A ServiceRequest in plain values.

    `reasons` are its reason codes, `reason_references` the relative references to Conditions and Observations
    that carry further ones; `notes` are the texts written to it.
    """

    resource: Resource
    code: Concept
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[str, ...] = ()
    details: tuple[Concept, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    notes: tuple[str, ...] = ()
    priority: str | None = None
    authored: DateRange | None = None


def read_order(resource: Resource) -> Order | None:
    """The order that a ServiceRequest describes; `None` for other resources and for one without a code."""
    if resource.type != "ServiceRequest":
        return None
    request = read_leniently(resource, ServiceRequest, _ELEMENTS)
    if request is None:
        return None
    code = read_concept(request.code)
    if code.empty:
        return None
    references = (*(request.reasonReference or ()), *(request.supportingInfo or ()))
    return Order(
        resource,
        code,
        reasons=read_concepts(request.reasonCode),
        reason_references=tuple(relative_reference(each.reference) for each in references if each.reference),
        details=read_concepts(request.orderDetail),
        body_sites=read_concepts(request.bodySite),
        notes=tuple(note.text for note in request.note or () if note.text),
        priority=request.priority,
        authored=read_date(request.authoredOn),
    )
