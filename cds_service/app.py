"""The Flask app: routes, errors, CORS, and addresses that forgive a stray slash."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request

from cds_service.companion.routes import companion
from cds_service.errors import register_error_handlers
from cds_service.routes import service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cds_service.services import Services

_SLASHES: Final = re.compile(r"/{2,}")


def create_app(services: Services) -> Flask:
    """The app that serves with these services."""
    app = Flask("apposite", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = services.settings.max_body_bytes
    app.extensions["apposite"] = services
    app.register_blueprint(service)
    app.register_blueprint(companion)
    register_error_handlers(app)
    _allow_origins(app, services.settings.allowed_origins)
    app.wsgi_app = _forgive_slashes(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _allow_origins(app: Flask, allowed: str) -> None:
    """CORS on every answer, errors included. A preflight succeeds anywhere, so that a 404 can be read.

    A companion page is the exception: it is there to be looked at, and no script of another origin reads it.
    https://cds-hooks.hl7.org/STU2/#cross-origin-resource-sharing
    """
    origins = frozenset(origin.strip() for origin in allowed.split(",") if origin.strip())

    @app.after_request
    def add_headers(response: Response) -> Response:
        if request.blueprint == companion.name:
            return response
        origin = request.headers.get("Origin")
        if "*" not in origins:
            response.vary.add("Origin")
        if origin and ("*" in origins or origin in origins):
            response.headers["Access-Control-Allow-Origin"] = "*" if "*" in origins else origin
            if request.method == "OPTIONS":
                response.status_code, response.data = HTTPStatus.OK, b""
                response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
                response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Accept"
                response.headers["Access-Control-Max-Age"] = "3600"
        return response


def _forgive_slashes(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Read `//cds-services/` as `/cds-services`: a redirect would turn a POST into a GET."""

    def forgiving(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
        environ["PATH_INFO"] = path.rstrip("/") or "/"
        return application(environ, start_response)

    return forgiving
