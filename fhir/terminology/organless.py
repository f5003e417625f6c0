"""A lump or a nodule of which the words name no organ: it is of the organ that the ordered study shows.

"Hypothyroidism with palpable nodule" for an ultrasound of the thyroid names a thyroid nodule. A word before it
that tells of another place, as in "skin nodule", names none.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from terminology.context import ContextReader
from terminology.finding_text import MAXIMUM_LENGTH, folded
from terminology.reading import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BEFORE: Final = re.compile(
    r"(?:^|[^\w\s'-]|\b(?:a|an|the|with|w|and|has|have|known|new|old|palpable|palp|solitary|single|incidental|small|"
    r"large|growing|enlarging|firm|hard|tender|painless|suspicious|indeterminate|calcified|r|l|rt|lt|right|left|"
    r"mm|cm|of|for|f u|follow up|eval|evaluate|feels|found|stable|persistent|nontender|non tender))\s*$"
)
"""What may stand before a word of no organ."""
_BEHIND: Final = re.compile(
    r"^s?\s+(?:of|in|on|at)\s+(?!ct\b|cxr\b|us\b|ultrasound\b|exam\b|chest\b|prior\b|palpation\b)"
)
"""What tells the place behind it."""


def organless(text: str, regions: Iterable[str]) -> tuple[Statement, ...]:
    """The findings that words without an organ mean where a study of these regions is ordered."""
    text = text[:MAXIMUM_LENGTH]
    named = _named(frozenset(regions))
    if not named:
        return ()
    return tuple(dict.fromkeys(_statements(text, named)))


def _statements(text: str, named: Mapping[str, str]) -> Iterator[Statement]:
    plain = folded(text)
    context = None
    for match in _words().finditer(plain):
        finding = named.get(match[1])
        if (
            finding is None
            or not _BEFORE.search(plain[: match.start()])
            or _BEHIND.search(plain[match.end() :])
        ):
            continue
        context = context or ContextReader(text)
        said = context.assertion(*match.span())
        if not (said.negated or said.historical or said.family or said.hypothetical):
            yield Statement(finding, "present")


@cache
def _named(regions: frozenset[str]) -> Mapping[str, str]:
    """The finding that each word means, where the regions have one for it."""
    meant: dict[str, set[str]] = {}
    for word, region, finding in _table():
        if region in regions:
            meant.setdefault(word, set()).add(finding)
    return {word: next(iter(found)) for word, found in meant.items() if len(found) == 1}


@cache
def _words() -> re.Pattern[str]:
    return re.compile(rf"\b({'|'.join(sorted({word for word, _, _ in _table()}))})\b")


@cache
def _table() -> tuple[tuple[str, str, str], ...]:
    text = (files("terminology") / "organless.csv").read_text(encoding="utf-8")
    return tuple((row["word"], row["region"], row["finding"]) for row in csv.DictReader(text.splitlines()))
