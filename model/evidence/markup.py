"""The HTML in which Europe PMC writes titles and abstracts, read as plain text and labelled sections."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from model.evidence.plain_text import LONGEST_SECTION, MOST_SECTIONS, section

if TYPE_CHECKING:
    from model.evidence.paper import Section

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS: Final = _HEADINGS | {"p", "br", "div", "li", "ul", "ol", "table", "tr", "td"}
_UNSEEN: Final = frozenset({"script", "style"})
_LONGEST: Final = MOST_SECTIONS * LONGEST_SECTION


def text_of(markup: str) -> str:
    """The text that a reader sees; what is no tag, such as "p < 0.05", stays."""
    return " ".join(text for label, text in _parts(markup) for text in (label or "", text))


def sections_of(markup: str) -> tuple[Section, ...]:
    """The sections of an abstract, each labelled by the heading before it."""
    found = (section(label, text) for label, text in _parts(markup)[:MOST_SECTIONS])
    return tuple(each for each in found if each is not None)


def _parts(markup: str) -> list[tuple[str | None, str]]:
    reader = _Reader()
    try:
        reader.feed(markup[:_LONGEST])
        reader.close()
    except AssertionError:  # what the standard library's parser makes of a few malformed declarations
        return [(None, html.unescape(re.sub(r"<[^<>]*>", " ", markup[:_LONGEST])))]
    return [(label, "".join(pieces)) for label, pieces in reader.parts]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[tuple[str | None, list[str]]] = [(None, [])]
        self._heading: list[str] | None = None
        self._unseen = False

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.handle_data(" ")
        if tag in _HEADINGS:
            self._heading = []
        self._unseen = self._unseen or tag in _UNSEEN

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _HEADINGS and self._heading is not None:
            self.parts.append(("".join(self._heading), []))
            self._heading = None
        self._unseen = self._unseen and tag not in _UNSEEN

    @override
    def handle_data(self, data: str) -> None:
        if not self._unseen:
            (self.parts[-1][1] if self._heading is None else self._heading).append(data)
