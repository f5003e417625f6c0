"""Text of an index made plain: one line, no control or invisible characters, no longer than it may be.

What looks like markup inside it is text like any other and stays; whoever shows it escapes it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from model.evidence.paper import Section

LONGEST_TITLE: Final = 1_000
LONGEST_NAME: Final = 300
LONGEST_SECTION: Final = 20_000
MOST_SECTIONS: Final = 40
MOST_NAMES: Final = 500

_NOT_TEXT: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_DOI: Final = re.compile(r"10\.\d{4,9}/[!#-\[\]-~]{1,200}", re.ASCII)
"""No quotation mark and no backslash: a DOI is also written into queries."""
_PMID: Final = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_YEAR: Final = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)", re.ASCII)
_WITHDRAWN: Final = re.compile(r"\[?(?:retracted|withdrawn)\b(?: article)?\]?:", re.IGNORECASE)
_WITHDRAWN_TYPES: Final = frozenset({"retracted publication", "retraction of publication"})


def plain(text: str, longest: int) -> str:
    """The text on one line, without control, formatting and unassigned characters, cut at `longest`."""
    spaced = " ".join(text[: 4 * longest].split())
    kept = "".join(each for each in spaced if unicodedata.category(each) not in _NOT_TEXT)
    return unicodedata.normalize("NFC", kept).strip()[:longest].rstrip()


def section(label: str | None, text: str) -> Section | None:
    """A part of an abstract, its label without a closing colon; `None` where it says nothing."""
    said = plain(text, LONGEST_SECTION)
    named = plain(label or "", LONGEST_NAME).rstrip(":. ")
    return Section(named or None, said) if said else None


def bare_doi(text: str) -> str:
    """What is written as a DOI in lower case, without the address before it."""
    return re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text.strip().lower())


def doi_of(text: str | None) -> str | None:
    """A DOI as `bare_doi` writes it; `None` where it is none."""
    bare = bare_doi(text or "")
    return bare if _DOI.fullmatch(bare) else None


def pmid_of(text: str | None) -> str | None:
    """A PMID; `None` where it is none."""
    bare = (text or "").strip()
    return bare if _PMID.fullmatch(bare) else None


def year_of(*texts: str | None) -> int | None:
    """The first year that stands in the first text that has one: "2019 Jan-Feb", "1998 Dec-1999 Jan"."""
    found = (_YEAR.search(text) for text in texts if text)
    return next((int(each[1]) for each in found if each), None)


def withdrawn(title: str, publication_types: tuple[str, ...]) -> bool:
    """Whether the paper was retracted or is the notice of a retraction, by its types or its title."""
    types = {each.lower() for each in publication_types}
    return bool(types & _WITHDRAWN_TYPES) or _WITHDRAWN.match(title) is not None
