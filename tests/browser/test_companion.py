"""The companion page in a real browser: it runs nothing, fits a phone and paper, and renews itself."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from conformance.ehr.client import Service, hook_request
from conformance.ehr.drafts import Drafts
from conformance.ehr.orders import read_orders
from conformance.ehr.record import read_records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = {case.id: case for case in read_orders()}
LEAST_CONTRAST = 4.5
"""WCAG 2.2, 1.4.3."""
CONTRASTS = """() => {
  const channels = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")]
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .map(each => {
      const [a, b] = [channels(getComputedStyle(each).color), behind(each)].map(light);
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
}"""


def link_of(service_url: str, order: str) -> str:
    """The address of the page behind an order's card, at the running service."""
    case = ORDERS[order]
    service = Service("order-select", "imaging-order-select", {})
    body = hook_request(service, read_records()[case.patient], Drafts((case.order,)))
    reply = requests.post(f"{service_url}/cds-services/{service.id}", json=body, timeout=10).json()
    parts = urlsplit(reply["cards"][0]["links"][0]["url"])
    return f"{service_url}{parts.path}?{parts.query}"


@pytest.fixture
def reader(browser: Any) -> Iterator[Any]:
    """A page of a browser that runs no script of its own accord, and what it complained about."""
    opened = browser.new_page(viewport={"width": 320, "height": 640})
    opened.complaints = []
    opened.on("console", lambda message: opened.complaints.append(message.text))
    opened.on("pageerror", lambda error: opened.complaints.append(str(error)))
    opened.on("request", lambda request: opened.complaints.append(request.url))
    yield opened
    opened.close()


def test_a_page_fits_a_phone_and_asks_for_nothing_else(reader: Any, service_url: str) -> None:
    """At 320 pixels nothing sticks out; the style is applied under the policy; nothing else is fetched."""
    for order in ("S1-a", "S2"):
        address = link_of(service_url, order)
        reader.goto(address)
        assert reader.complaints == [address]
        reader.complaints.clear()
        assert reader.evaluate("document.documentElement.scrollWidth") == 320
        assert reader.evaluate("getComputedStyle(document.body).marginTop") == "0px"
        assert reader.locator("h1").count() == 1


def test_text_can_be_told_from_its_background(reader: Any, service_url: str) -> None:
    """Every text has the contrast that WCAG asks for at level AA."""
    reader.goto(link_of(service_url, "S1-a"))
    reader.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    contrasts = reader.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert min(contrasts) >= LEAST_CONTRAST


def test_a_table_can_be_opened_by_keyboard_and_is_printed_open(reader: Any, service_url: str) -> None:
    """Folded tables need no script and no mouse, and paper has them all."""
    reader.goto(link_of(service_url, "S1-a"))
    table = reader.locator("details table").first
    assert not table.is_visible()
    reader.locator("summary").first.press("Enter")
    assert table.is_visible()
    reader.locator("summary").first.press("Enter")
    assert not table.is_visible()
    reader.emulate_media(media="print")
    assert table.is_visible()
    assert reader.pdf().startswith(b"%PDF")


def test_a_browser_reads_a_table_as_one(reader: Any, service_url: str) -> None:
    """What assistive technology gets: a table with its name, heads of columns and of rows."""
    reader.goto(link_of(service_url, "S1-a"))
    table = reader.get_by_role("table", name="What each scenario that is still possible says")
    assert table.get_by_role("columnheader").count() == 2
    assert table.get_by_role("rowheader").count() > 1
    assert reader.get_by_role("heading", name="The language model's review").count() == 1


def test_a_page_is_not_shown_in_a_frame(page: Any, service_url: str) -> None:
    """By default no site can put the page into its own."""
    address = link_of(service_url, "S1-a")
    page.evaluate(
        "address => { const frame = document.createElement('iframe'); frame.src = address;"
        " document.body.append(frame); }",
        address,
    )
    page.wait_for_function("() => { try { return !frames[0].document; } catch { return true; } }")
    frame = page.frames[-1]
    frame.wait_for_load_state()
    assert frame.url.startswith("chrome-error:")
    assert frame.locator("h1", has_text="CT").count() == 0


def test_a_page_renews_itself_until_the_review_is_over(
    browser: Any, service_url: str, database: Path
) -> None:
    """In a browser without scripts the page follows the review, and rests when there is nothing to wait for."""
    address = link_of(service_url, "S1-a")
    key, now = "k" * 64, datetime.now(UTC)
    with closing(sqlite3.connect(database)) as connection, connection:
        ((card, content),) = connection.execute(
            "SELECT card, content FROM companion_page ORDER BY rowid DESC LIMIT 1"
        ).fetchall()
        changed = json.dumps({**json.loads(content), "review": key})
        connection.execute("UPDATE companion_page SET content = ? WHERE card = ?", (changed, card))
        connection.execute(
            "INSERT INTO review (key, order_key, state, asked_at) VALUES (?, ?, 'running', ?)",
            (key, "o" * 64, f"{now:%Y-%m-%d %H:%M:%S.%f}"),
        )
        connection.execute(
            "INSERT INTO worker (id, seen_at) VALUES (1, ?)",
            (f"{now + timedelta(hours=1):%Y-%m-%d %H:%M:%S.%f}",),
        )
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(address)
    assert opened.get_by_text("is working on a review").count() > 0
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE review SET state = 'failed', ended_at = asked_at WHERE key = ?", (key,))
    opened.get_by_text("gave no usable review").wait_for()
    assert opened.locator("meta[http-equiv=refresh]").count() == 0
    assert opened.url == address
    context.close()
