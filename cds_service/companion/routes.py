"""The address of companion pages: a signed link in, a page out, and headers that let it do nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request

from cds_service.companion.links import PARAMETER, PATH, LinkError, LinkExpiredError
from cds_service.companion.page import page, refused, style_source
from cds_service.errors import StoreUnavailableError, log_failure
from cds_service.log import event

if TYPE_CHECKING:
    from cds_service.services import Services

companion = Blueprint("companion", __name__)
STILL = "still"


@companion.get(PATH)
def show() -> Response:
    """Show the page that a signed link names."""
    services = _services()
    if services.companion is None:
        raise LinkError
    token = request.args.get(PARAMETER, "")
    kept = services.companion.pages.find(services.companion.links.card_of(token))
    if kept is None:
        raise LinkExpiredError
    still = None if STILL in request.args else f"?{PARAMETER}={quote(token)}&{STILL}=1"
    return _html(page(kept, services, datetime.now(UTC), still=still), HTTPStatus.OK, "shown")


@companion.errorhandler(LinkError)
def forbidden(_: LinkError) -> Response:
    """A link that was not made here: nothing is said of what it might have named."""
    return _html(refused("forbidden"), HTTPStatus.FORBIDDEN, "refused")


@companion.errorhandler(LinkExpiredError)
def expired(_: LinkExpiredError) -> Response:
    """A link whose time is over, or whose page is kept no longer."""
    return _html(refused("expired"), HTTPStatus.GONE, "expired")


@companion.errorhandler(StoreUnavailableError)
def unavailable(_: StoreUnavailableError) -> Response:
    """The database does not answer."""
    response = _html(refused("unavailable"), HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")
    response.headers["Retry-After"] = "5"
    return response


@companion.errorhandler(Exception)
def failed(error: Exception) -> Response:
    """A mistake of ours: logged by its place, and told as a page."""
    log_failure(error)
    return _html(refused("failed"), HTTPStatus.INTERNAL_SERVER_ERROR, "failed")


@companion.after_request
def lock(response: Response) -> Response:
    """No script, no form, no cache, no referrer, and a frame only where the site allows one.

    The link is a secret as long as it lives, so it must not be handed on with a click.
    """
    ancestors = _services().settings.frame_ancestors
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {style_source()}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {ancestors}"
    )
    frames = {"'none'": "DENY", "'self'": "SAMEORIGIN"}
    if ancestors in frames:
        response.headers["X-Frame-Options"] = frames[ancestors]
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _html(text: str, status: HTTPStatus, became: str) -> Response:
    _services().metrics.pages.labels(became).inc()
    event(f"page.{became}", status=int(status))
    return Response(text, status=int(status), mimetype="text/html")


def _services() -> Services:
    services: Services = current_app.extensions["apposite"]
    return services
