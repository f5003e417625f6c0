"""A terminology server over real HTTP: right answers, and every way it can fail."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from terminology.coding import Coding, Concept
from terminology.systems import ICD_10_CM, SNOMED_CT
from terminology.translate import Limits, TerminologyServer

if TYPE_CHECKING:
    from collections.abc import Iterator

BACK_PAIN = Concept((Coding("279039007", SNOMED_CT),))


def match(code: str, relation: str = "equivalent", system: str = ICD_10_CM) -> dict[str, Any]:
    parts = [
        {"name": "equivalence", "valueCode": relation},
        {"name": "concept", "valueCoding": {"system": system, "code": code}},
    ]
    return {"name": "match", "part": parts}


def parameters(*matches: dict[str, Any]) -> bytes:
    found = {"name": "result", "valueBoolean": bool(matches)}
    return json.dumps({"resourceType": "Parameters", "parameter": [found, *matches]}).encode()


class Server(ThreadingHTTPServer):
    """Answers `$translate` with what it is told to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.delay, self.location = 200, parameters(match("M54.50")), 0.0, ""
        self.asked: list[dict[str, list[str]]] = []

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.server_port}/fhir"


class Handler(BaseHTTPRequestHandler):
    """What the server does with a request."""

    server: Server

    def do_GET(self) -> None:
        """Answer one request."""
        address = urlsplit(self.path)
        assert address.path == "/fhir/ConceptMap/$translate"
        self.server.asked.append(parse_qs(address.query))
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        try:
            self.wfile.write(self.server.body)
        except OSError:  # the client has stopped waiting
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that answers with low back pain."""
    made = Server()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def codes(concept: Concept) -> list[str]:
    return [coding.code for coding in concept.codings if coding.system == ICD_10_CM]


def test_concept_gets_the_servers_code(server: Server) -> None:
    """A SNOMED CT concept comes back with the ICD-10-CM code beside its own."""
    with TerminologyServer(server.url) as client:
        (concept,) = client.complete([BACK_PAIN])
    assert concept.codings[0] == BACK_PAIN.codings[0]
    assert codes(concept) == ["M54.50"]
    assert server.asked[0]["targetsystem"] == [ICD_10_CM]
    assert server.asked[0]["code"] == ["279039007"]


def test_concept_with_a_diagnosis_code_is_not_asked_for(server: Server) -> None:
    """A trusted coding in the same concept makes the question needless."""
    coded = Concept((Coding("279039007", SNOMED_CT), Coding("M54.50", ICD_10_CM)))
    with TerminologyServer(server.url) as client:
        assert client.complete([coded]) == (coded,)
    assert server.asked == []


def test_answer_is_kept(server: Server) -> None:
    """The same code is asked for once."""
    with TerminologyServer(server.url) as client:
        client.complete([BACK_PAIN])
        client.complete([BACK_PAIN])
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [
        parameters(),
        parameters(match("M54.50", "unmatched")),
        parameters(match("M54.50", "disjoint")),
        parameters(match("M54.50", system="http://example.org")),
        b'{"resourceType": "Parameters", "parameter": [{"name": "match"}, 3, {"part": {}}]}',
        b'{"resourceType": "Parameters"}',
    ],
)
def test_no_match_adds_nothing(server: Server, body: bytes) -> None:
    """What the server does not call a match in ICD-10-CM is none."""
    server.body = body
    with TerminologyServer(server.url) as client:
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"resourceType": "OperationOutcome"}'),
        (200, b" " * 1_100_000),
        (200, b"[" * 100_000),
    ],
)
def test_failing_server_is_left_alone_for_a_while(server: Server, status: int, body: bytes) -> None:
    """After a failure nothing is added and nobody asks again until the pause is over."""
    now = [0.0]
    server.status, server.body = status, body
    with TerminologyServer(server.url, Limits(pause_seconds=30), clock=lambda: now[0]) as client:
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)
        assert len(server.asked) == 1
        now[0] = 31.0
        server.status, server.body = 200, parameters(match("M54.50"))
        assert codes(client.complete([BACK_PAIN])[0]) == ["M54.50"]


def test_slow_server_is_not_waited_for(server: Server) -> None:
    """Past the limit the order goes on without the code."""
    server.delay = 1.0
    with TerminologyServer(server.url, Limits(call_seconds=0.05)) as client:
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)


def test_redirect_is_not_followed(server: Server) -> None:
    """The server's word is not taken for another address."""
    server.status, server.location = 302, "http://127.0.0.1:1/elsewhere"
    with TerminologyServer(server.url) as client:
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)
    assert len(server.asked) == 1


def test_nobody_listening_adds_nothing() -> None:
    """A server that is down costs nothing but its codes."""
    with TerminologyServer("http://127.0.0.1:1") as client:
        assert client.complete([BACK_PAIN]) == (BACK_PAIN,)


def test_orders_time_is_limited_over_all_its_codes(server: Server) -> None:
    """When the order's time is used up, further codes are not asked for."""
    ticks = iter([0.0, 0.0, 1.0, 1.0, 1.0])
    concepts = [BACK_PAIN, Concept((Coding("25064002", SNOMED_CT),))]
    with TerminologyServer(server.url, Limits(order_seconds=0.5), clock=lambda: next(ticks)) as client:
        client.complete(concepts)
    assert len(server.asked) == 1
