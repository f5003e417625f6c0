"""The log: an allow-list, and a canary that nothing of a request gets in."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from cds_service import log
from tests.fakes import LOW_BACK_PAIN, SELECT, SIGN, bundle, call, make_client, make_services, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "CANARY-7f3"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What the service and every library write to any logger, at any level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root, own = logging.getLogger(), logging.getLogger("apposite")
    levels = root.level, own.level
    for logger in (root, own):
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield text
    for logger, level in zip((root, own), levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def marked(value: Any) -> Any:
    """The value with the marker in every string that is not structure."""
    structure = {
        "resourceType",
        "hook",
        "system",
        "reference",
        "type",
        "code",
        "id",
        "selections",
        "patientId",
    }
    if isinstance(value, dict):
        return {key: each if key in structure else marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each) for each in value]
    return f"{MARKER} {value}" if isinstance(value, str) else value


def test_field_off_the_list_is_refused() -> None:
    """A new field needs a decision, not just a call."""
    with pytest.raises(KeyError):
        log.event("order.rated", patient="x")  # type: ignore[call-arg, unused-ignore]


def test_canary_is_in_no_line(tmp_path: Path, logged: io.StringIO) -> None:
    """Good, broken and failing requests full of markers leave none in any log line."""
    client = make_client(make_services(tmp_path))
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "x"}], "birthDate": "1950"}
    problem = {"resourceType": "Condition", "code": {"text": "x"}, "note": [{"text": "y"}]}
    good = marked(
        call(
            order("72133", LOW_BACK_PAIN, note=[{"text": "free text"}], code={"text": "CT head"}),
            prefetch={"patient": patient, "conditions": bundle(problem)},
            fhirServer="https://ehr.example/fhir",
        )
    )
    broken = {**good, "hook": MARKER}
    replies = [client.post(address, json=body) for body in (good, broken) for address in (SELECT, SIGN)]
    replies.append(client.post(SELECT, data=MARKER.encode(), content_type="application/json"))
    replies.append(
        client.post(f"{SELECT}/feedback", json=marked({"feedback": [{"card": "x", "outcome": "y"}]}))
    )
    assert {reply.status_code for reply in replies} == {200, 400}
    assert "orders.rated" in logged.getvalue()
    assert MARKER not in logged.getvalue()
    assert all(MARKER not in reply.text for reply in replies if reply.status_code != 200)


def test_event_is_one_json_object(logged: io.StringIO) -> None:
    """A line is JSON with the event's name."""
    log.event("service.started", version="1")
    assert json.loads(logged.getvalue().splitlines()[-1])["event"] == "service.started"
