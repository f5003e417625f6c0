"""A draft order: what is asked for, why, and where it stands in the request.

Whether it is an imaging order is not decided here; the catalogue of procedures does that.
https://hl7.org/fhir/R4/servicerequest.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fhir.resources.R4B.servicerequest import ServiceRequest

from chart import shapes
from chart.elements import DateRange, read_concept, read_concepts, read_date
from chart.lenient import NOT_STATED, Elements, read_leniently
from chart.pointed import Pointed, read_pointed
from chart.resource import relative_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fhir.resources.R4B.reference import Reference as ReferenceModel

    from chart.resource import Resource
    from terminology.coding import Concept

_ELEMENTS: Final = Elements(
    {
        "status": shapes.code,
        "intent": shapes.code,
        "doNotPerform": shapes.flag,
        "priority": shapes.code,
        "code": shapes.one(shapes.concept),
        "orderDetail": shapes.many(shapes.concept),
        "authoredOn": shapes.date_time,
        "reasonCode": shapes.many(shapes.concept),
        "reasonReference": shapes.many(shapes.reference),
        "supportingInfo": shapes.many(shapes.reference),
        "bodySite": shapes.many(shapes.concept),
        "note": shapes.many(shapes.annotation),
    },
    names={"reasonCode": ("reasonCode", "reason"), "reasonReference": ("reasonReference", "reason")},
    required={"status": "unknown", "intent": "order", "subject": NOT_STATED},
)
_WITHDRAWN: Final = frozenset({"revoked", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as the order states it: relative, `#fragment` or URN, and the words it was given."""

    target: str | None
    display: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """A ServiceRequest in plain values.

    `reasons` are its reason codes, `reason_references` what carries further ones, `supporting` what it names
    besides. `contained` are the conditions, results and reports inside the order that these may mean. `notes`
    are the texts written to it.
    """

    resource: Resource
    code: Concept
    reasons: tuple[Concept, ...] = ()
    reason_references: tuple[Reference, ...] = ()
    supporting: tuple[Reference, ...] = ()
    contained: tuple[Pointed, ...] = ()
    details: tuple[Concept, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    notes: tuple[str, ...] = ()
    priority: str | None = None
    authored: DateRange | None = None


def read_order(resource: Resource) -> Order | None:
    """The order that a ServiceRequest describes.

    `None` for another resource, one without a code, one that was withdrawn, and one that forbids it.
    """
    if resource.type != "ServiceRequest":
        return None
    request = read_leniently(resource, ServiceRequest, _ELEMENTS)
    if request is None or request.doNotPerform or request.status in _WITHDRAWN:
        return None
    code = read_concept(request.code)
    if code.empty:
        return None
    return Order(
        resource,
        code,
        reasons=read_concepts(request.reasonCode),
        reason_references=_references(request.reasonReference),
        supporting=_references(request.supportingInfo),
        contained=tuple(read for each in resource.contained for read in read_pointed(each)),
        details=read_concepts(request.orderDetail),
        body_sites=read_concepts(request.bodySite),
        notes=tuple(note.text for note in request.note or () if note.text),
        priority=request.priority,
        authored=read_date(request.authoredOn),
    )


def _references(sent: Iterable[ReferenceModel] | None) -> tuple[Reference, ...]:
    return tuple(
        Reference(relative_reference(each.reference) if each.reference else None, each.display)
        for each in sent or ()
    )
