"""What the order hooks have in common: draft orders, prefetch, and that all of it is about one patient."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cds_service import json_text
from cds_service.errors import RequestError
from chart.chart import ChartParts
from chart.resource import Resource, Resources, read_resources

if TYPE_CHECKING:
    from cds_service.protocol import Call, OrderSignContext


@dataclass(frozen=True, slots=True)
class OrderCall:
    """A call about draft orders: those to rate, in the order of the request, and the chart that came along.

    `digest` is of everything that a rating can depend on: equal digests, equal ratings.
    """

    hook: str
    hook_instance: str
    patient: str
    drafts: tuple[Resource, ...]
    parts: ChartParts
    digest: bytes


def read_call(
    call: Call, context: OrderSignContext, expected_hook: str, selections: frozenset[str] | None = None
) -> OrderCall:
    """The call, with its orders narrowed to the selections where there are any.

    Raises:
        RequestError: The hook is another one, a selection is no draft order, or a resource is another
            patient's.
        ResourceError: A resource is not one.
    """
    if call.hook != expected_hook:
        raise RequestError("hook", f"must be {expected_hook} for this service")
    patient = context.patientId.removeprefix("Patient/")
    sent = read_resources(context.draftOrders, "context.draftOrders")
    drafts = sent.found
    _check_patient(drafts, patient)
    parts = _chart_parts(call.prefetch or {}, patient, sent)
    references = {resource.reference for resource in drafts}
    if selections is not None and not selections <= references:
        raise RequestError("context.selections", "every selection must be the reference of a draft order")
    chosen = tuple(each for each in drafts if selections is None or each.reference in selections)
    return OrderCall(call.hook, call.hookInstance, patient, chosen, parts, _digest(call, context, selections))


def _digest(call: Call, context: OrderSignContext, selections: frozenset[str] | None) -> bytes:
    said = {
        "patient": context.patientId,
        "orders": context.draftOrders,
        "prefetch": call.prefetch,
        "selections": sorted(selections or ()),
    }
    return hashlib.sha256(json_text.write(said).encode()).digest()


def _chart_parts(prefetch: dict[str, Any], patient: str, drafts: Resources) -> ChartParts:
    def part(key: str) -> Resources | None:
        if key not in prefetch:
            return None
        if prefetch[key] is None:
            return Resources((), complete=True)
        resources = read_resources(prefetch[key], f"prefetch.{key}")
        _check_patient(resources.found, patient)
        return resources

    return ChartParts(
        patient=part("patient"),
        problems=part("conditions"),
        results=part("observations"),
        allergies=part("allergies"),
        studies=(part("imagingStudies"), part("diagnosticReports"), part("procedures")),
        beside=drafts,
    )


def _check_patient(resources: tuple[Resource, ...], patient: str) -> None:
    """Refuse a resource that names another patient; one that names none is taken."""
    for resource in resources:
        if resource.type == "Patient":
            if resource.id is not None and resource.id != patient:
                raise RequestError(f"{resource.element}.id", "must be the patient of context.patientId")
            continue
        reference = resource.patient_reference
        if reference and reference.startswith("Patient/") and reference != f"Patient/{patient}":
            raise RequestError(resource.element, "must belong to the patient of context.patientId")
