"""The words and numbers of a sentence, as the citation guard compares them.

The word lists are `guard_words.txt`; words of one `same`, `modality`, `measure` or `population`
line mean the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINES: Final = tuple(
    (line.split()[0], tuple(line.split()[1:]))
    for line in Path(__file__).with_name("guard_words.txt").read_text(encoding="utf-8").splitlines()
)


def _words_of(kind: str) -> frozenset[str]:
    return frozenset(word for name, words in _LINES if name == kind for word in words)


FUNCTION, _LIGHT, DENIALS, HEDGES, META = map(_words_of, ("function", "light", "denial", "hedge", "meta"))
CONTRAST, BREAK, OPENING, _UNITS = map(_words_of, ("contrast", "break", "opening", "unit"))
STOPS: Final = frozenset(";:")
MARKS: Final = STOPS | {","}
_LEFT_OUT: Final = FUNCTION | _LIGHT | DENIALS | BREAK | MARKS
_BOUNDS: Final = {
    word: kind
    for kind, words in _LINES
    if kind in {"below", "above", "within", "after", "before", "start", "end"}
    for word in words
}
_GROUPED: Final = frozenset({"same", "modality", "measure", "population"})
_GROUP: Final = {word: words[0] for kind, words in _LINES if kind in _GROUPED for word in words}
MODALITIES: Final = frozenset(words[0] for kind, words in _LINES if kind == "modality")
MEASURES: Final = frozenset(words[0] for kind, words in _LINES if kind == "measure")
POPULATIONS: Final = frozenset(words[0] for kind, words in _LINES if kind == "population")
_NUMERALS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_DIGITS: Final = {word: str(value) for value, word in enumerate(_NUMERALS)}

TOKEN: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?|[^\W\d_]+|[;:,]")
_REWRITTEN: Final = (
    (re.compile(r"\bcomputed tomograph(?:y|ic)(?: \(cts?\))?"), "ct"),
    (re.compile(r"\bmagnetic resonance(?: imaging)?(?: \(mri?\))?"), "mri"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\s*(?:%|\bper ?cent\b)"), "% "),
    (
        re.compile(r"\bwithout (?:intravenous |iv )?contrast\b|\bnon-?contrast\b|\bunenhanced\b"),
        "noncontrast",
    ),
    (re.compile(r"\bwith (?:intravenous |iv )?contrast\b"), "withcontrast"),
)
_SUFFIX: Final = re.compile(r"(?:ations?|ities|ity|ings?|ness|ies|ied|ed|es|ly|s|e|(?<![aeiou])y|al)$")
_STEM_AT_LEAST: Final = 3
BOUND_REACH: Final = 2
"""How many words before a number its bound may stand: *younger than 14*, *at least 5*."""


def tokens_of(sentence: str) -> list[str]:
    """The sentence's words and numbers in lower case, with the marks that part statements."""
    text = sentence.lower()
    for pattern, written in _REWRITTEN:
        text = pattern.sub(written, text)
    return [_DIGITS.get(token, token) for token in TOKEN.findall(text)]


def content_of(tokens: Sequence[str]) -> frozenset[str]:
    """What the words mean that carry a meaning of their own, as stems or as the first word of their group."""
    return frozenset(
        canonical(each)
        for at, each in enumerate(tokens)
        if (each in _GROUP or each not in _LEFT_OUT)
        and not (is_number(each) or each in HEDGES or _bounds_a_number(tokens, at))
    )


def _bounds_a_number(tokens: Sequence[str], at: int) -> bool:
    """Whether a word is told with a number, as *below* of *below 5 mm*, and not by itself."""
    follows = at > 0 and tokens[at - 1] == "or"
    return tokens[at] in _BOUNDS and (follows or any(map(is_number, tokens[at + 1 : at + 1 + BOUND_REACH])))


def modalities_of(tokens: Sequence[str]) -> tuple[str, ...]:
    """The studies named, in the order of their naming, as often as they are named."""
    named = (canonical(each) for each in tokens)
    return tuple(each for each in named if each in MODALITIES)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number: `value` with its percent sign, unit and bound, and the noun for what it counts, if any."""

    value: str
    counted: str | None


def figures_of(part: Sequence[str]) -> tuple[Figure, ...]:
    """The numbers, in their order."""
    return tuple(
        Figure(f"{_value(token)}{_unit(part, at)}{_bound(part, at)}", _counted(part, at))
        for at, token in enumerate(part)
        if is_number(token)
    )


def _value(token: str) -> str:
    return f"{float(token.rstrip('%').replace(',', '')):g}{'%' if token.endswith('%') else ''}"


def _counted(part: Sequence[str], at: int) -> str | None:
    """The noun after a number that has neither a percent sign nor a unit: *fractures* of *34 fractures*."""
    following = part[at + 1] if at + 1 < len(part) else ""
    plain = following.isalpha() and following not in _LEFT_OUT | HEDGES
    if part[at].endswith("%") or _unit(part, at) or not plain:
        return None
    return canonical(following)


def _unit(part: Sequence[str], at: int) -> str:
    """The unit after a number; the first of two, as in *6 to 24 hours*, has that of the second."""
    after = list(part[at + 1 : at + 4])
    if len(after) > 1 and after[0] in {"to", "and"} and is_number(after[1]):
        after = after[2:]
    unit = after[0].removesuffix("s") if after else ""
    return f" {unit}" if unit in _UNITS else ""


def _bound(part: Sequence[str], at: int) -> str:
    before = part[max(at - BOUND_REACH, 0) : at]
    bounds = [_BOUNDS[each] for each in before if each in _BOUNDS]
    later = part[at + 1 : at + 4]
    if "or" in later:
        bounds += [_BOUNDS[each] for each in later if each in _BOUNDS]
    whole = not bounds and part[max(at - 1, 0)] == "of" and not part[at].endswith("%") and not _unit(part, at)
    return f" {bounds[-1]}" if bounds else " whole" * whole


def is_number(token: str) -> bool:
    """Whether the token is a number."""
    return token[0].isdecimal()


def canonical(word: str) -> str:
    """The word that stands for a word's group, or its stem."""
    if word in _GROUP:
        return _GROUP[word]
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= _STEM_AT_LEAST else word
