"""Debian's Chromium, a page of another origin in it, and the running service."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.ehr.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def lacking(what: str) -> None:
    """Skip for want of something, which continuous integration does not allow."""
    reason = f"{what} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The consultation store of the running service."""
    return tmp_path_factory.mktemp("browser") / "consults.db"


@pytest.fixture(scope="session")
def service_url(database: Path) -> Iterator[str]:
    """The address of a running service."""
    environment = {
        "APPOSITE_DATABASE_URL": f"sqlite:///{database}",
        "APPOSITE_WORKERS": "1",
        "APPOSITE_BASE_URL": "https://apposite.example",
    }
    with serving(environment, database.with_name("service.log")) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser without a window."""
    executable = shutil.which("chromium")
    if executable is None:
        lacking("chromium")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may be absent
    except ImportError:
        lacking("playwright")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """The client's page, served from an origin of its own."""
    handler = functools.partial(Quiet, directory=str(Path(__file__).parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        opened = browser.new_page()
        opened.goto(f"http://127.0.0.1:{server.server_port}/client.html")
        yield opened
        opened.close()
        server.shutdown()
        thread.join()
