"""The demonstration shows every order and says when one of the connectathon's comes out otherwise."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from conformance.ehr.demo import main
from conformance.ehr.orders import read_orders
from conformance.ehr.server import StartError, await_worker, free_port, serving, start
from model.reasoning.embedded import NotInstalledError, bundled_weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Silent(BaseHTTPRequestHandler):
    """A service that never has anything to say."""

    def do_GET(self) -> None:
        """Discovery offers both hooks."""
        services = [{"hook": hook, "id": hook} for hook in ("order-select", "order-sign")]
        self.answer({"services": services})

    def do_POST(self) -> None:
        """No card, no rating."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"cards": []})

    def answer(self, body: object) -> None:
        """The body as JSON."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def silent_service() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_demonstration_shows_every_order(service_url: str) -> None:
    """The table has a line for each order and its rating, and the address."""
    result = CliRunner().invoke(main, ["--url", service_url])
    assert result.exit_code == 0, result.output
    for case in read_orders():
        assert case.id in result.output
    assert "not appropriate" in result.output
    assert f"{service_url}/cds-services" in result.output


def test_demonstration_names_a_page_unbroken(tmp_path: Path) -> None:
    """Where cards have links, the address of one stands on a line of its own; otherwise nothing is said."""
    for base in ("https://cds.example.org/a/path/that/makes/addresses/longer/than/any/table/is/wide", ""):
        environment = {
            "APPOSITE_DATABASE_URL": f"sqlite:///{tmp_path / 'consults.db'}",
            "APPOSITE_BASE_URL": base,
        }
        with serving(environment, tmp_path / "service.log") as url:
            result = CliRunner().invoke(main, ["--url", url])
        assert result.exit_code == 0, result.output
        pages = [line for line in result.output.splitlines() if "/companion?link=" in line]
        assert [line.startswith(base) for line in pages] == ([True] if base else [])


def test_demonstration_shows_an_order_after_its_review(tmp_path: Path) -> None:
    """With a language model the card that promised a review is shown again, with what the review left of it."""
    try:
        bundled_weights()
    except NotInstalledError as missing:
        pytest.skip(str(missing))
    environment = {
        "APPOSITE_DATABASE_URL": f"sqlite:///{tmp_path / 'consults.db'}",
        "APPOSITE_QUEUE_URL": f"sqlite:///{tmp_path / 'queue.db'}",
        "APPOSITE_LANGUAGE_MODEL": "embedded",
    }
    with serving(environment, tmp_path / "service.log") as url:
        await_worker(url)
        result = CliRunner().invoke(main, ["--url", url])
    assert result.exit_code == 0, result.output
    table, _, after = result.stdout.partition("opinion fired again, after a language model's review")
    assert "No guideline rates CT neck" in " ".join(table.split())
    assert "A model's opinion, not a guideline's rating" in " ".join(after.split())
    assert "under way" not in after


def test_rows_as_json_have_no_problems(service_url: str) -> None:
    """Each row says what was ordered, rated and taken; S2 ends as a rated order for cardiac MRI."""
    result = CliRunner().invoke(main, ["--url", service_url, "--json"])
    rows = {row["id"]: row for row in json.loads(result.stdout)}
    assert rows.keys() == {case.id for case in read_orders()}
    assert (rows["S2"]["rating"], rows["S2"]["rating_after"]) == (None, "appropriate")


def test_service_without_answers_fails_in_one_sentence() -> None:
    """A service that rates nothing is told apart from one that works."""
    with silent_service() as url:
        result = CliRunner().invoke(main, ["--url", url])
    assert result.exit_code == 1
    assert result.stderr.startswith("Order S1-a rated not at all instead of not-appropriate")
    assert result.stderr.count("\n") == 1


def test_address_without_a_service_fails_in_one_sentence() -> None:
    """Nothing to talk to is said, without a traceback."""
    url = f"http://127.0.0.1:{free_port()}"
    result = CliRunner().invoke(main, ["--url", url, "--wait", "0"])
    assert result.exit_code == 1
    assert result.output == f"Error: the demonstration stopped: nothing answers at {url}\n"


def test_service_that_ends_at_once_is_an_error(tmp_path: Path) -> None:
    """A command that does not serve is said to have failed, with the file that says why."""
    with pytest.raises(StartError, match=r"service\.log"):
        start(["/bin/false"], f"http://127.0.0.1:{free_port()}/readyz", {}, tmp_path / "service.log")
