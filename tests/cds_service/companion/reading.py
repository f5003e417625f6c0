"""How the tests fire an order, follow its card's link, and read the page as a person and as a machine do."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import select

from cds_service.companion.pages import companion_page
from tests.fakes import SELECT, call, make_client

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from cds_service.services import Services

BASE = "https://apposite.example"


def fired(services: Services, *orders: dict[str, Any], **members: Any) -> list[dict[str, Any]]:
    """The cards of an order-select."""
    reply = make_client(services).post(SELECT, json=call(*orders, **members))
    assert reply.status_code == 200
    cards: list[dict[str, Any]] = reply.json["cards"]
    return cards


def address(card: dict[str, Any]) -> str:
    """The path and query of the card's link."""
    (link,) = card["links"]
    parts = urlsplit(link["url"])
    return f"{parts.path}?{parts.query}"


def opened(services: Services, card: dict[str, Any], more: str = "") -> TestResponse:
    """What a browser gets that follows the card's link."""
    return make_client(services).get(address(card) + more)


def kept(services: Services) -> list[str]:
    """What is kept for each page, in full."""
    with services.consults._engine.connect() as connection:  # noqa: SLF001 - what nobody else should read
        return list(connection.execute(select(companion_page.c.content)).scalars())


def page_of(services: Services, *orders: dict[str, Any], **members: Any) -> Read:
    """The page behind the first card of the orders."""
    reply = opened(services, fired(services, *orders, **members)[0])
    assert reply.status_code == 200
    return read(reply.text)


@dataclass
class Read(HTMLParser):
    """A page read: its elements in order, its text, and the text below each heading."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    sections: dict[str, str] = field(default_factory=dict)
    _inside: list[str] = field(default_factory=list)
    _heading: str = ""

    def __post_init__(self) -> None:
        """Decode entities as browsers do."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element."""
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)
        if tag == "h2":
            self._heading = ""

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        while self._inside and self._inside.pop() != tag:
            pass
        self._note(" ")

    def handle_data(self, data: str) -> None:
        """Note the text, and below which heading it stands."""
        if "style" not in self._inside:
            self._note(data)

    def _note(self, data: str) -> None:
        self.text += data
        if "h2" in self._inside:
            self._heading += data
        self.sections[self._heading] = self.sections.get(self._heading, "") + data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of this kind."""
        return [attributes for name, attributes in self.elements if name == tag]

    def section(self, beginning: str) -> str:
        """The text below the one heading that begins so, with single blanks."""
        (found,) = [text for heading, text in self.sections.items() if heading.startswith(beginning)]
        return " ".join(found.split())

    @property
    def refresh(self) -> int | None:
        """Seconds after which the page loads itself anew."""
        found = [each["content"] for each in self.all("meta") if each.get("http-equiv") == "refresh"]
        return int(found[0] or "") if found else None


def read(html: str) -> Read:
    """The page, read."""
    page = Read()
    page.feed(html)
    page.close()
    return page


def rows(html: str) -> list[list[str]]:
    """The cells of every row of every table, as text."""
    found = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in found)
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]
