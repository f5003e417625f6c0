"""The address of companion pages: who gets in, what the browser may do, and what leaves no trace."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.companion.links import LONGEST
from cds_service.companion.page import style_source
from cds_service.companion.pages import Pages, companion_page
from cds_service.consults import open_engine
from tests.cds_service.companion.reading import BASE, address, fired, kept, opened, read
from tests.fakes import LOW_BACK_PAIN, SELECT, bundle, call, make_client, make_services, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

    from cds_service.services import Services

BACK = order("72133", LOW_BACK_PAIN)


def at(services: Services, moment: datetime) -> Services:
    """The same services at another time."""
    assert services.companion
    links = replace(services.companion.links, clock=lambda: moment)
    return replace(services, companion=replace(services.companion, links=links))


def refused(reply: TestResponse, status: int, heading: str) -> None:
    """The reply is a page that says so, and nothing else."""
    assert reply.status_code == status
    assert reply.mimetype == "text/html"
    assert heading in reply.text
    assert read(reply.text).all("table") == []
    for word in ("lumbar", "back pain", "appropriate", "guideline version"):
        assert word not in reply.text.partition("<body>")[2].lower()


def test_a_card_links_to_its_page(services: Services) -> None:
    """The link is absolute, has a label, and opens a page of HTML about that study."""
    card = fired(services, BACK)[0]
    (link,) = card["links"]
    assert link["type"] == "absolute"
    assert link["label"]
    assert link.keys() == {"label", "url", "type"}
    assert link["url"].startswith(f"{BASE}/companion?link=")
    reply = opened(services, card)
    assert (reply.status_code, reply.mimetype) == (200, "text/html")
    assert "CT lumbar spine without and with IV contrast" in reply.text


def test_without_a_public_address_there_are_no_links_and_no_pages(tmp_path: Path) -> None:
    """Neither is made of the Host header, and nothing is kept for pages that nobody can open."""
    services = make_services(tmp_path)
    client = make_client(services)
    reply = client.post(SELECT, json=call(BACK), headers={"Host": "evil.example"})
    assert "links" not in reply.json["cards"][0]
    assert kept(services) == []
    refused(client.get("/companion?link=x"), 403, "This link cannot be used")
    services.consults.close()


def test_the_host_header_does_not_shape_a_link(services: Services) -> None:
    """The public address is a setting."""
    reply = make_client(services).post(
        SELECT, json=call(BACK), headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert reply.json["cards"][0]["links"][0]["url"].startswith(BASE)
    assert "evil.example" not in reply.text


@pytest.mark.parametrize("change", ["nothing", "empty", "cut", "changed", "card", "long", "binary"])
def test_a_link_that_was_not_made_here_opens_nothing(services: Services, change: str) -> None:
    """Forged, cut or absent: the same 403, whether the card exists or not."""
    path, _, token = address(fired(services, BACK)[0]).partition("?link=")
    said = {
        "nothing": "",
        "empty": "?link=",
        "cut": f"?link={token[:-1]}",
        "changed": f"?link={'0' if token[0] != '0' else '1'}{token[1:]}",
        "card": f"?link={token.partition('.')[0]}",
        "long": f"?link={'a' * (LONGEST + 1)}",
        "binary": "?link=%00%ff%F0",
    }[change]
    reply = make_client(services).get(path + said)
    refused(reply, 403, "This link cannot be used")
    assert reply.text == make_client(services).get("/companion?link=no").text


def test_an_expired_link_says_so_and_no_more(services: Services) -> None:
    """410, and the same page whether the card was ever there."""
    card = fired(services, BACK)[0]
    later = datetime.now(UTC) + timedelta(minutes=services.settings.link_minutes, seconds=1)
    reply = opened(at(services, later), card)
    refused(reply, 410, "This link has expired")
    assert services.companion
    never = services.companion.links.url("0b4dd0a1-3b6f-4a40-8f5e-4d3e0c8a8b11").removeprefix(BASE)
    assert make_client(services).get(never).text == reply.text


def test_the_lifetime_is_a_setting(tmp_path: Path) -> None:
    """A link of one minute is dead after two."""
    services = make_services(tmp_path, base_url=BASE, link_minutes=1)
    card = fired(services, BACK)[0]
    assert opened(services, card).status_code == 200
    assert opened(at(services, datetime.now(UTC) + timedelta(minutes=2)), card).status_code == 410
    services.consults.close()


def test_the_key_is_a_setting(tmp_path: Path) -> None:
    """Links signed with one key are worth nothing under another."""
    cards = {}
    for key in ("a" * 32, "b" * 32):
        made = make_services(tmp_path, base_url=BASE, link_key=key)
        cards[key] = (made, fired(made, BACK)[0])
    for key, (made, card) in cards.items():
        other = next(each for name, (each, _) in cards.items() if name != key)
        assert opened(made, card).status_code == 200
        assert opened(other, card).status_code == 403
        made.consults.close()


def test_headers_let_the_page_do_nothing_else(services: Services) -> None:
    """No script, no form, no frame, no cache, no referrer, no guessing of types; on refusals too."""
    card = fired(services, BACK)[0]
    for reply in (opened(services, card), make_client(services).get("/companion?link=x")):
        policy = dict(
            each.strip().split(" ", 1) for each in reply.headers["Content-Security-Policy"].split(";")
        )
        assert policy == {
            "default-src": "'none'",
            "style-src": style_source(),
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in reply.headers
        tags = {tag for tag, _ in read(reply.text).elements}
        assert tags.isdisjoint({"script", "form", "iframe", "img", "object", "input", "button", "base"})
        assert not any(name.startswith("on") for _, named in read(reply.text).elements for name in named)


@pytest.mark.parametrize(
    ("setting", "ancestors", "frame_options"),
    [
        ("none", "'none'", "DENY"),
        ("self", "'self'", "SAMEORIGIN"),
        (
            "https://ehr.example, https://*.b.example:8443",
            "https://ehr.example https://*.b.example:8443",
            None,
        ),
    ],
)
def test_who_may_frame_a_page_is_a_setting(
    tmp_path: Path, setting: str, ancestors: str, frame_options: str | None
) -> None:
    """An EHR that shows links in a frame is named; the older header stands only where it says the same."""
    services = make_services(tmp_path, base_url=BASE, page_frames=setting)
    reply = opened(services, fired(services, BACK)[0])
    assert reply.headers["Content-Security-Policy"].endswith(f"frame-ancestors {ancestors}")
    assert reply.headers.get("X-Frame-Options") == frame_options
    services.consults.close()


def test_no_script_of_another_origin_reads_a_page(services: Services) -> None:
    """A page has no CORS headers, though the hooks have them; a preflight gets none either."""
    card = fired(services, BACK)[0]
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    client = make_client(services)
    for reply in (client.get(address(card), headers=origin), client.options("/companion", headers=origin)):
        assert not any(name.startswith("Access-Control-") for name, _ in reply.headers)
    assert "Access-Control-Allow-Origin" in client.get("/cds-services", headers=origin).headers


def test_a_database_that_is_down_is_told_as_a_page(services: Services, tmp_path: Path) -> None:
    """503 with Retry-After; a forged link is refused without the database."""
    card = fired(services, BACK)[0]
    assert services.companion
    gone = Pages(open_engine(f"sqlite:///{tmp_path / 'missing' / 'test.db'}"))
    down = replace(services, companion=replace(services.companion, pages=gone))
    reply = opened(down, card)
    refused(reply, 503, "The page cannot be shown just now")
    assert reply.headers["Retry-After"]
    assert make_client(down).get("/companion?link=x").status_code == 403
    assert make_client(down).post(SELECT, json=call(BACK)).status_code == 200


def test_a_record_that_cannot_be_read_is_as_good_as_gone(services: Services) -> None:
    """A page that another version wrote is refused like one that has expired."""
    card = fired(services, BACK)[0]
    with services.consults._engine.begin() as connection:  # noqa: SLF001 - as another version would write
        connection.execute(companion_page.update().values(content='{"procedures": 1}'))
    refused(opened(services, card), 410, "This link has expired")


def test_a_mistake_of_ours_is_told_as_a_page(services: Services) -> None:
    """A bug becomes a page without a word of the case, and without a traceback."""
    card = fired(services, BACK)[0]
    reply = opened(replace(services, library=None), card)  # type: ignore[arg-type]
    refused(reply, 500, "The page cannot be shown")
    assert "Traceback" not in reply.text
    assert reply.headers["Content-Security-Policy"]


def test_what_cannot_be_kept_is_not_linked(services: Services) -> None:
    """Where the page cannot be written, the call is refused as a whole, and no consultation is left."""
    with services.consults._engine.begin() as connection:  # noqa: SLF001 - a full disk is harder to have
        connection.exec_driver_sql("DROP TABLE companion_page")
    assert make_client(services).post(SELECT, json=call(BACK)).status_code == 503
    with services.consults._engine.connect() as connection:  # noqa: SLF001
        assert connection.exec_driver_sql("SELECT count(*) FROM consult").scalar() == 0


def test_expired_pages_are_forgotten(services: Services) -> None:
    """What a dead link would show is deleted, and what a living one shows is not."""
    fired(services, BACK)
    assert services.companion
    pages, end = services.companion.pages, datetime.now(UTC) + timedelta(minutes=480)
    pages.forget(end - timedelta(minutes=1))
    assert len(kept(services)) == 1
    pages.forget(end + timedelta(minutes=1))
    assert kept(services) == []


def test_hooks_sweep_once_in_a_while(services: Services) -> None:
    """The first call after a minute forgets what expired; further ones do not look again."""
    fired(services, BACK)
    assert services.companion
    pages = services.companion.pages
    for elapsed, left in ((30.0, 2), (61.0, 1)):
        with services.consults._engine.begin() as connection:  # noqa: SLF001 - time cannot be waited for
            connection.execute(
                companion_page.update().values(expires_at=datetime.now(UTC) - timedelta(days=1))
            )
        pages._swept = pages._clock() - elapsed  # noqa: SLF001
        fired(services, BACK)
        assert len(kept(services)) == left


def test_pages_are_counted_without_their_names(services: Services) -> None:
    """A metric tells how many were shown and refused; no label holds a token or a card."""
    card = fired(services, BACK)[0]
    opened(services, card)
    client = make_client(services)
    client.get("/companion?link=x")
    text = client.get("/metrics").text
    assert 'apposite_companion_pages_total{event="shown"} 1.0' in text
    assert 'apposite_companion_pages_total{event="refused"} 1.0' in text
    assert card["uuid"] not in text
    assert "link=" not in text


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is written to any logger, at any level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    loggers = [logging.getLogger(name) for name in ("", "apposite", "gunicorn.error", "werkzeug")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield text
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_no_token_is_logged(services: Services, logged: io.StringIO) -> None:
    """Shown, refused, expired or failed: no line holds the link, or the card that it names."""
    card = fired(services, BACK)[0]
    token = address(card).partition("=")[2]
    opened(services, card)
    opened(at(services, datetime.now(UTC) + timedelta(days=99)), card)
    opened(replace(services, library=None), card)  # type: ignore[arg-type]
    make_client(services).get(f"/companion?link={token}x")
    events = {json.loads(line)["event"] for line in logged.getvalue().splitlines() if line.startswith("{")}
    assert {"page.shown", "page.expired", "page.failed", "page.refused"} <= events
    for part in (token, card["uuid"], token.rpartition(".")[2]):
        assert part not in logged.getvalue()


MARKER = "CANARYMARK"


def marked(value: Any) -> Any:
    """The value with the marker in every string that is not structure or a code."""
    structure = {"resourceType", "hook", "system", "reference", "type", "code", "id", "selections"}
    structure |= {"patientId", "birthDate", "status", "authoredOn", "recordedDate", "hookInstance"}
    if isinstance(value, dict):
        return {
            key: each if key in structure and isinstance(each, str) else marked(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [marked(each) if not isinstance(each, str) or MARKER in each else each for each in value]
    return f"{value} {MARKER}" if isinstance(value, str) else value


def test_nothing_that_tells_who_the_patient_is_reaches_the_page(services: Services) -> None:
    """Names, ids, dates and sentences of order and chart are neither on the page nor in what is kept for it."""
    asked = order(
        "72133",
        LOW_BACK_PAIN,
        id_="order-PATIENTID-77",
        authoredOn="2026-03-14",
        note=[{"text": "Mrs Rossi has low back pain since Easter, no fever, lives in Torino"}],
        subject={"reference": "Patient/p1", "display": "Maria Rossi"},
        requester={"reference": "Practitioner/doctor-99", "display": "Dr Bianchi"},
        identifier=[{"value": "MRN-12345"}],
    )
    asked["reasonCode"][0]["text"] = "low back pain of Maria Rossi, born 1950-02-03"
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"family": "Rossi", "given": ["Maria"]}],
        "birthDate": "1950-02-03",
        "gender": "female",
        "address": [{"city": "Torino"}],
    }
    problem = {
        "resourceType": "Condition",
        "id": "condition-55",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": "pregnancy"},
        "recordedDate": "2026-03-01",
        "note": [{"text": "seen by Verdi"}],
    }
    request = call(asked, prefetch={"patient": patient, "conditions": bundle(problem)})
    cards = make_client(services).post(SELECT, json=request).json["cards"]
    html = opened(services, cards[0]).text
    stored = str(kept(services))
    assert "ICD-10-CM M54" in html
    for said in ("Rossi", "Maria", "Bianchi", "Verdi", "Torino", "Easter", "MRN", "12345", "PATIENTID"):
        assert said not in html
        assert said not in stored
    for said in ("1950", "02-03", "2026-03", "03-14", "p1", "doctor-99", "condition-55", "d1577c69"):
        assert said not in html
        assert said not in stored


def test_no_string_of_a_call_reaches_the_page(services: Services) -> None:
    """With a marker in every text of order and chart, none is on the page or kept for it."""
    asked = order("72133", LOW_BACK_PAIN, note=[{"text": "low back pain"}], code={"text": "CT lumbar spine"})
    patient = {"resourceType": "Patient", "id": "p1", "name": [{"family": "x"}], "birthDate": "1950"}
    problem = {"resourceType": "Condition", "code": {"text": "osteoporosis"}, "note": [{"text": "y"}]}
    request = marked(call(asked, prefetch={"patient": patient, "conditions": bundle(problem)}))
    assert MARKER in json.dumps(request)
    cards = make_client(services).post(SELECT, json=request).json["cards"]
    assert MARKER not in opened(services, cards[0]).text
    assert MARKER not in str(kept(services))


def test_a_page_stays_what_its_card_was(services: Services) -> None:
    """When the order is looked at again the old page says so, and the new card has a page of its own."""
    reply = make_client(services).post(SELECT, json=call(BACK)).json
    first = reply["cards"][0]
    assert "looked at again" not in opened(services, first).text
    rated = reply["systemActions"][0]["resource"]
    second = fired(services, {**rated, "code": order("72148")["code"]})[0]
    assert "looked at again" in opened(services, first).text
    assert "CT lumbar spine" in read(opened(services, first).text).section("The question")
    assert "looked at again" not in opened(services, second).text
    assert "MRI lumbar spine" in read(opened(services, second).text).section("The question")


def test_two_orders_have_two_pages(services: Services) -> None:
    """Each card of a call leads to its own order."""
    cards = fired(services, BACK, order("70450", "25064002", id_="order-2"))
    assert "lumbar" in opened(services, cards[0]).text
    assert "lumbar" not in opened(services, cards[1]).text
    assert len({address(card) for card in cards}) == 2


def test_an_order_without_a_card_keeps_no_page(services: Services) -> None:
    """What nobody can open is not kept."""
    assert fired(services, order("70551", "25064002", "423341008")) == []
    assert kept(services) == []


def test_reading_a_page_writes_nothing(services: Services) -> None:
    """However often it is opened, the database is as before: nothing is asked for."""
    card = fired(services, BACK)[0]

    def everything() -> str:
        with services.consults._engine.connect() as connection:  # noqa: SLF001
            dump = connection.connection.driver_connection
            assert dump
            return "\n".join(dump.iterdump())

    before = everything()
    for _ in range(3):
        assert opened(services, card).status_code == 200
    assert everything() == before


def test_head_and_post(services: Services) -> None:
    """A page can be asked for without its body, and nothing can be sent to it."""
    card = fired(services, BACK)[0]
    client = make_client(services)
    head = client.head(address(card))
    assert (head.status_code, head.data) == (200, b"")
    assert client.post(address(card)).status_code == 405
