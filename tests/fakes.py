"""Orders, calls and services that tests share. Synthetic patients only."""

from __future__ import annotations

import copy
import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from cds_service.app import create_app
from cds_service.companion.companion import open_companion
from cds_service.consults import Consults, open_engine
from cds_service.reviewing import OUTCOMES
from cds_service.reviews import Reviews
from cds_service.schema import migrate
from cds_service.services import Services
from cds_service.settings import Settings
from model.assess import assess
from model.evidence.paper import Evidence, EvidenceLevel
from model.evidence.rank import Ranked
from model.guideline.library import library

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from flask.testing import FlaskClient

    from model.evidence.paper import EvidenceQuestion, Paper
    from model.reasoning.review import ReviewOutcome

CPT = "http://www.ama-assn.org/go/cpt"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
LOW_BACK_PAIN = "279039007"
HEADACHE = "25064002"
PAPILLEDEMA = "423341008"
TOOTHACHE = "27355003"
DYSPNEA = "267036007"
CONGENITAL_HEART_DISEASE = "13213009"
SELECT = "/cds-services/imaging-order-select"
SIGN = "/cds-services/imaging-order-sign"


def make_services(folder: Path, **settings: Any) -> Services:
    """Services on a fresh SQLite file, with the bundled library; with a `base_url` there are companion pages."""
    made = Settings(database_url=f"sqlite:///{folder / 'test.db'}", **settings)
    engine = open_engine(made.database_url)
    migrate(engine)
    return Services(
        made,
        library(),
        partial(assess, library=library()),
        Consults(engine),
        Reviews(engine),
        companion=open_companion(made, engine),
    )


def make_client(services: Services) -> FlaskClient:
    """A client of the app with these services."""
    return create_app(services).test_client()


def with_assess(services: Services, judge: Any) -> Services:
    """The same services with another way to assess."""
    return replace(services, assess=judge)


def order(cpt: str, *reasons: str, id_: str = "order-1", **members: Any) -> dict[str, Any]:
    """A draft ServiceRequest: a CPT code, and SNOMED CT reasons, each a concept of its own."""
    return {
        "resourceType": "ServiceRequest",
        "id": id_,
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": CPT, "code": cpt, "display": "a study"}]},
        "subject": {"reference": "Patient/p1"},
        "reasonCode": [{"coding": [{"system": SNOMED, "code": code}]} for code in reasons],
        **members,
    }


def call(*orders: dict[str, Any], hook: str = "order-select", **members: Any) -> dict[str, Any]:
    """A hook call about these draft orders, all of them selected."""
    context: dict[str, Any] = {
        "userId": "Practitioner/u1",
        "patientId": "p1",
        "draftOrders": {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": copy.deepcopy(each)} for each in orders],
        },
    }
    if hook == "order-select":
        context["selections"] = [f"{each['resourceType']}/{each['id']}" for each in orders if "id" in each]
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        **members,
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """A searchset of resources."""
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {})}


def rating_of(reply: dict[str, Any], index: int = 0) -> str | None:
    """The PAMA code on the order in a reply's system action; `None` where there is no such action."""
    actions = reply.get("systemActions", [])
    if index >= len(actions):
        return None
    extensions = actions[index]["resource"]["extension"]
    rating = next(each for each in extensions if each["url"].endswith("/pama-rating"))
    code: str = rating["valueCodeableConcept"]["coding"][0]["code"]
    return code


Behaviour = Any
"""What a `RawServer` does with a connection, given the request's JSON body (`None` for a GET)."""


@dataclass
class RawServer:
    """A server at the level of sockets, which answers each request by `behaviour` and may be as rude as it likes.

    `bodies` are the requests' bodies; `left` is set once a client has hung up before it was done with it.
    """

    behaviour: Callable[[RawServer, socket.socket, Any], None]
    bodies: list[Any] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        """Listen."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        self.over.set()
        self._listener.close()

    def stall(self, connection: socket.socket) -> None:
        """Send nothing more until the client hangs up, or the test is over."""
        connection.settimeout(0.05)
        while not self.over.is_set():
            with suppress(TimeoutError):
                if not connection.recv(1):
                    self.left.set()
                    return

    def drip(self, connection: socket.socket, text: bytes) -> None:
        """Send a byte every 20 ms, without end, until the client hangs up."""
        connection.sendall(text)
        while not self.over.is_set():
            try:
                connection.sendall(b" ")
            except OSError:
                self.left.set()
                return
            time.sleep(0.02)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as reader:
            first = reader.readline()
            if not first:
                return
            length = 0
            while (line := reader.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            body = json.loads(reader.read(length)) if length else None
            if body is not None:
                self.bodies.append(body)
            self.behaviour(self, connection, body)


def http_reply(body: bytes, status: str = "200 OK", *, length: int | None = None) -> bytes:
    """An HTTP reply that closes the connection; `length` is what it claims to be long."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n"
    return f"{head}Location: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n".encode() + body


def completion(text: str) -> bytes:
    """A chat completion that says so."""
    return json.dumps({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]}).encode()


def rank(papers: Sequence[Paper], _: EvidenceQuestion) -> Ranked:
    """The papers in the order they came, each of a low level."""
    kept = [each for each in papers if not each.retracted]
    level = EvidenceLevel.LOW
    evidence = tuple(Evidence(each, level, ("a fake",), each.abstract, 0.5) for each in kept)
    return Ranked(evidence, tuple(each for each in papers if each.retracted))


def end_reviews(services: Services, outcome: ReviewOutcome | None) -> None:
    """Be the worker: every review that waits comes to the outcome, or fails where there is none."""
    for key in services.reviews.waiting():
        services.reviews.begin(key)
        if outcome:
            services.reviews.finish(key, OUTCOMES.dump_json(outcome).decode())
        else:
            services.reviews.fail(key)
