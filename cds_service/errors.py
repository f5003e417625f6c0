"""Errors as callers see them: a status and a FHIR OperationOutcome that names the element and the rule.

Never HTML, never a traceback, never a value that was sent.
https://cds-hooks.hl7.org/STU2/#http-status-codes
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from werkzeug.exceptions import HTTPException

from cds_service import json_text
from cds_service.log import event
from chart.resource import ResourceError

if TYPE_CHECKING:
    from flask import Flask, Response

_ISSUE_CODES: Final = {
    400: "invalid",
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
    422: "processing",
    429: "throttled",
    503: "transient",
}
_RULES: Final = {
    404: "there is nothing at this address",
    405: "this address does not take this method",
    413: "the request body is too large",
    415: "the request body must be application/json",
}


class RequestError(Exception):
    """The request cannot be answered: `element` says where, `rule` which rule it breaks."""

    def __init__(self, element: str, rule: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(f"{element}: {rule}")
        self.element = element
        self.rule = rule
        self.status = int(status)


class StoreUnavailableError(Exception):
    """The consultation store did not take the record, so no answer may refer to it."""


def operation_outcome(status: int, rule: str, element: str | None = None) -> dict[str, Any]:
    """A FHIR OperationOutcome with one error."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _ISSUE_CODES.get(
            status, "exception" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid"
        ),
        "diagnostics": f"{element}: {rule}" if element else rule,
    }
    if element:
        issue["expression"] = [element]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def register_error_handlers(app: Flask) -> None:
    """Make every error of the app an OperationOutcome."""

    @app.errorhandler(RequestError)
    def request_error(error: RequestError) -> Response:
        return _answer(error.status, error.rule, error.element)

    @app.errorhandler(ResourceError)
    def resource_error(error: ResourceError) -> Response:
        return _answer(HTTPStatus.BAD_REQUEST, error.rule, error.element)

    @app.errorhandler(StoreUnavailableError)
    def store_unavailable(_: StoreUnavailableError) -> Response:
        event("consult.lost", status=503)
        response = _answer(
            HTTPStatus.SERVICE_UNAVAILABLE, "the consultation store is not available, try again"
        )
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(RecursionError)
    def nested_too_deeply(_: RecursionError) -> Response:
        return _answer(HTTPStatus.BAD_REQUEST, "is nested too deeply", "request")

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or int(HTTPStatus.INTERNAL_SERVER_ERROR)
        response = _answer(status, _RULES.get(status, error.name.lower()))
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log_failure(error)
        return _answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the service failed; nothing was rated")


def log_failure(error: Exception) -> None:
    """Log a mistake of ours by its kind and place, and nothing that was sent."""
    event("request.failed", status=500, error=type(error).__name__, place=_place(error))


def _answer(status: int, rule: str, element: str | None = None) -> Response:
    return json_text.response(operation_outcome(int(status), rule, element), status)


def _place(error: Exception) -> str:
    """Module and line where the error was raised: enough to find it, and nothing that was sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown" if trace is None else f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
