"""What the order hooks have in common: draft orders, prefetch, and that all of it is about one patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cds_service.errors import RequestError
from chart.chart import Chart, ChartParts, read_chart
from chart.order import Order, read_order
from chart.resource import Resource, Resources, read_resources

if TYPE_CHECKING:
    from cds_service.protocol import Call, OrderSignContext


@dataclass(frozen=True, slots=True)
class OrderCall:
    """A call about draft orders: those to rate, in the order of the request, and the patient's chart."""

    hook: str
    hook_instance: str
    orders: tuple[Order, ...]
    chart: Chart


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
    chosen = [each for each in drafts if selections is None or each.reference in selections]
    orders = tuple(order for resource in chosen if (order := read_order(resource)) is not None)
    return OrderCall(call.hook, call.hookInstance, orders, read_chart(parts) if orders else Chart())


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
