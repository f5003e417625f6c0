"""The addresses of the service; each reads like a sentence: parse, rate, record, render."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, request

from cds_service import json_text
from cds_service.backend import backend_of
from cds_service.discovery import discovery
from cds_service.errors import RequestError, operation_outcome
from cds_service.hooks import order_select, order_sign
from cds_service.log import event
from cds_service.metrics import CONTENT_TYPE, Gauges, exposition
from cds_service.openapi import openapi
from cds_service.protocol import Feedback, read
from cds_service.rate import rated_orders
from cds_service.render import new_answer, response
from model.reasoning.backend import adapter_name
from model.reasoning.language_model import Health

if TYPE_CHECKING:
    from cds_service.hooks.call import OrderCall
    from cds_service.imported import InForce
    from cds_service.services import Services

service = Blueprint("service", __name__)


@service.get("/cds-services")
def discover() -> Response:
    """Say what the service offers."""
    return json_text.response(discovery())


@service.post("/cds-services/imaging-order-select")
def select_order() -> Response:
    """Answer order-select: rate each selected imaging order."""
    return _answer("imaging-order-select", order_select.parse(_body()))


@service.post("/cds-services/imaging-order-sign")
def sign_order() -> Response:
    """Answer order-sign: rate each imaging order that is about to be signed."""
    return _answer("imaging-order-sign", order_sign.parse(_body()))


@service.post("/cds-services/<any('imaging-order-select','imaging-order-sign'):service_id>/feedback")
def give_feedback(service_id: str) -> Response:
    """Take what became of cards."""
    given = read(Feedback, _body())
    known = _services().consults.give_feedback(service_id, given)
    event("feedback.received", service=service_id, feedback=len(given.feedback))
    return json_text.response({"received": len(given.feedback), "known": known})


@service.get("/healthz")
def alive() -> Response:
    """Say that the process runs."""
    return json_text.response({"status": "ok"})


@service.get("/readyz")
def ready() -> Response:
    """Say whether the service can answer: guideline library loaded, store reachable.

    The language model's health is told and decides nothing: guidelines and rater answer without it. So is a
    state of the imported guidelines that is refused: what was in force before goes on rating.
    """
    services = _services()
    if not services.consults.ready():
        rule = "the consultation store is not available"
        return json_text.response(operation_outcome(503, rule), HTTPStatus.SERVICE_UNAVAILABLE)
    return json_text.response(
        {
            "status": "ok",
            "criteria": services.library.version,
            "topics": len(services.library.topics),
            **_imported(services.in_force),
            "languageModel": _language_model(services),
        }
    )


@service.get("/metrics")
def measure() -> Response:
    """Give counts and times to Prometheus."""
    services = _services()
    health = services.model_health.last() if services.model_health else None
    able = None if health is None else health is Health.READY
    literature = services.literature
    searches = literature.searches if literature else None
    searches_waiting = len(searches.questions.waiting()) if searches else 0
    waiting = len(services.reviews.waiting())
    gauges = Gauges(
        waiting, searches_waiting, services.reviews.background(), able, imported=services.in_force
    )
    return Response(exposition(services.metrics, gauges), content_type=CONTENT_TYPE)


@service.get("/openapi.json")
def describe() -> Response:
    """Describe every address in OpenAPI 3.1."""
    return json_text.response(openapi())


def _answer(service_id: str, call: OrderCall) -> Response:
    started = perf_counter()
    services = _services()
    until = started + services.settings.budget_s(call.hook)
    rated = rated_orders(call, services, datetime.now(UTC).date(), until=until)
    answers = [new_answer(call.drafts[each.position], each, services.settings) for each in rated]
    seconds = perf_counter() - started
    milliseconds = round(1_000 * seconds)
    companion = services.companion
    services.consults.record(
        call, answers, milliseconds, beside=companion.writing(answers) if companion else None
    )
    services.metrics.hook_seconds.labels(service_id).observe(seconds)
    for each in answers:
        opinion = each.assessment.opinion
        services.metrics.orders.labels(
            service_id, each.assessment.outcome.value, opinion.by if opinion else "none"
        ).inc()
    event(
        "orders.rated",
        service=service_id,
        orders=len(answers),
        rated=sum(each.assessment.rating is not None for each in rated),
        cards=sum(each.card_id is not None for each in answers),
        milliseconds=milliseconds,
    )
    page_of = companion.links.url if companion else None
    return json_text.response(response(answers, services.settings, page_of))


def _imported(in_force: InForce) -> dict[str, Any]:
    """The imported releases that rate, and why what the folder holds now does not, if that is so."""
    releases = [
        {
            "source": each.library.source,
            "release": each.library.release,
            "version": each.library.version,
            "effective": each.library.effective,
        }
        for each in in_force.guidelines
    ]
    return {"imported": releases, **({"importedRefused": in_force.problem} if in_force.problem else {})}


def _language_model(services: Services) -> dict[str, str]:
    """Which model reviews orders, whether it can answer, and whether a worker is there to ask it."""
    settings = services.settings
    if services.model_health is None:
        return {"kind": "none"}
    health, background = services.model_health.last(), services.reviews.background()
    adapter = adapter_name(backend_of(settings))
    worker = "up" if background.alive else "absent"
    return {
        "kind": settings.language_model,
        "model": settings.language_model_name or "bundled",
        **({"adapter": adapter} if adapter else {}),
        "health": health.value if health else "unknown",
        "worker": "paused" if background.paused else worker,
    }


def _body() -> Any:
    """The request's JSON.

    Raises:
        RequestError: The body is of another media type, or no JSON.
    """
    if request.mimetype and request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise RequestError("Content-Type", "must be application/json", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        return json_text.read(request.get_data(cache=False))
    except json_text.JSONTextError as error:
        raise RequestError("request", str(error)) from error


def _services() -> Services:
    services: Services = current_app.extensions["apposite"]
    return services
