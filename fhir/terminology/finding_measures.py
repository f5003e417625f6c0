"""Findings that a number in a text states: "Wells 6", "HEART score 3", "<20 pack-years", "quit 10 years ago".

A rule of `findings/*.yaml` says what is counted and from which value on the finding holds. A number with a
comparison ("less than 20", ">= 30") stands for every value it allows, and states a finding only if all of
them do.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from terminology.findings import MeasureRule, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Token = tuple[str, int, int]

_NUMBER: Final = re.compile(r"\d{1,6}(?:[.,]\d{1,3})?", re.ASCII)
_FILLERS: Final = frozenset(
    {"score", "of", "is", "was", "criteria", "for", "di", "da", "ago", "about", "circa", "risk"}
)
_MOST_FILLERS: Final = 3
_BELOW: Final = (("less", "than"), ("fewer", "than"), ("under",), ("below",), ("meno", "di"))
_ABOVE: Final = (
    ("more", "than"),
    ("greater", "than"),
    ("over",),
    ("at", "least"),
    ("above",),
    ("almeno",),
    ("oltre",),
)


def measured(text: str, tokens: list[Token]) -> Iterator[tuple[str, int, int]]:
    """The findings that numbers in the text state, with the characters of the whole expression."""
    for position, (token, start, end) in enumerate(tokens):
        if not _NUMBER.fullmatch(token):
            continue
        low, high, first = _allowed(text, tokens, position, float(token.replace(",", ".")))
        units = _phrase_after(tokens, position + 1)
        names = _phrase_before(tokens, first)
        for finding, rule in _rules():
            if rule.holds(low, high) and _fits(rule, names, units):
                last = max((span for unit, span in units.items() if unit in rule.counted), default=end)
                begin = min((span for name, span in names.items() if name in rule.named), default=start)
                yield finding, min(begin, tokens[first][1]), last


def _fits(rule: MeasureRule, names: Mapping[str, int], units: Mapping[str, int]) -> bool:
    """Whether the number is named and counted as the rule says; a rule asks for one of them or for both."""
    return (not rule.named or any(name in names for name in rule.named)) and (
        not rule.counted or any(unit in units for unit in rule.counted)
    )


def _allowed(text: str, tokens: list[Token], position: int, number: float) -> tuple[float, float, int]:
    """The values that the number and a comparison before it allow, and the token where that begins."""
    sign = text[max(0, tokens[position][1] - 3) : tokens[position][1]].strip()[-2:]
    words = tuple(token for token, _, _ in tokens[max(0, position - 2) : position])
    for phrases, marks, inclusive in ((_BELOW, "<≤", False), (_ABOVE, ">≥", True)):
        spoken = next((phrase for phrase in phrases if words[-len(phrase) :] == phrase), ())
        if spoken or any(mark in sign for mark in marks):
            first = position - len(spoken)
            if inclusive:
                return number, math.inf, first
            reached = number if "=" in sign or "≤" in sign else math.nextafter(number, 0)
            return 0.0, reached, first
    return number, number, position


def _phrase_after(tokens: list[Token], start: int) -> dict[str, int]:
    """The phrases of up to two words that begin at `start`, each with where it ends."""
    words = tokens[start : start + 2]
    sizes = range(1, len(words) + 1)
    return {" ".join(word for word, _, _ in words[:size]): words[size - 1][2] for size in sizes}


def _phrase_before(tokens: list[Token], end: int) -> dict[str, int]:
    """The phrases of up to three words before `end`, fillers passed over, each with where it begins."""
    last = end
    while end - last < _MOST_FILLERS and last > 0 and tokens[last - 1][0] in _FILLERS:
        last -= 1
    found = {}
    for stop in range(last, end + 1):
        for size in range(1, min(3, stop) + 1):
            words = tokens[stop - size : stop]
            found[" ".join(word for word, _, _ in words)] = words[0][1]
    return found


@cache
def _rules() -> tuple[tuple[str, MeasureRule], ...]:
    return tuple((finding.id, rule) for finding in vocabulary() for rule in finding.measures)
