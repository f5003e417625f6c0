"""How the citation guard reads a sentence: clauses, and in each its words, numbers, studies and denials.

The word lists are `guard_words.txt`; words of one `same`, `modality` or `measure` line mean the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LINES: Final = tuple(
    (line.split()[0], tuple(line.split()[1:]))
    for line in Path(__file__).with_name("guard_words.txt").read_text(encoding="utf-8").splitlines()
)


def _words_of(kind: str) -> frozenset[str]:
    return frozenset(word for name, words in _LINES if name == kind for word in words)


_FUNCTION, _LIGHT, _DENIALS, _HEDGES, _META = map(_words_of, ("function", "light", "denial", "hedge", "meta"))
_CONTRAST, _BREAK, _OPENING, _UNITS = map(_words_of, ("contrast", "break", "opening", "unit"))
_STOPS: Final = frozenset(";:")
_MARKS: Final = _STOPS | {","}
_LEFT_OUT: Final = _FUNCTION | _LIGHT | _DENIALS | _BREAK | _MARKS
_BOUNDS: Final = {
    word: kind
    for kind, words in _LINES
    if kind in {"below", "above", "within", "after", "before", "start", "end"}
    for word in words
}
_GROUP: Final = {
    word: words[0] for kind, words in _LINES if kind in {"same", "modality", "measure"} for word in words
}
_MODALITIES: Final = frozenset(words[0] for kind, words in _LINES if kind == "modality")
_MEASURES: Final = frozenset(words[0] for kind, words in _LINES if kind == "measure")
_NUMERALS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_DIGITS: Final = {word: str(value) for value, word in enumerate(_NUMERALS)}

_TOKEN: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?%?|[^\W\d_]+|[;:,]")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+")
_REWRITTEN: Final = (
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
_BOUND_REACH: Final = 2
"""How many words before a number its bound may stand: *younger than 14*, *at least 5*."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause: what it says itself, and what it takes over from the clauses before it.

    `numbers` carry their percent sign, unit and bound. `modalities` stand in the order of their naming; a
    clause that names none has those of the clause before. `opening` are the words, and `given` the numbers,
    that earlier clauses of the sentence say of this one too.
    """

    words: frozenset[str]
    numbers: frozenset[str]
    modalities: tuple[str, ...]
    denied: bool
    hedged: bool
    compares: bool
    opening: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()


def sentences(text: str) -> list[str]:
    """The sentences of a text that state something; one that gives orders to its reader states nothing."""
    return [each for each in _SENTENCE_END.split(text) if each.strip() and not instructs(each)]


def instructs(sentence: str) -> bool:
    """Whether a sentence speaks to its reader of what to answer, which no finding does."""
    return not _META.isdisjoint(_TOKEN.findall(sentence.lower()))


def passage(text: str) -> list[Clause]:
    """All clauses of a text. A sentence without a study of its own speaks of the last one named before it."""
    clauses: list[Clause] = []
    topic: tuple[str, ...] = ()
    about: frozenset[str] = frozenset()
    for sentence in sentences(text):
        tokens = _tokens(sentence)
        if named := _modalities(tokens):
            topic, about = named, _described(tokens)
        read = _clauses(tokens, topic if not named else ())
        clauses += [replace(each, opening=each.opening | about) for each in read] if not named else read
    return clauses


def claims(sentence: str) -> list[Clause]:
    """The clauses of a claim, each of which a source must say."""
    return _clauses(_tokens(sentence), ())


def _tokens(sentence: str) -> list[str]:
    text = sentence.lower()
    for pattern, written in _REWRITTEN:
        text = pattern.sub(written, text)
    return [_DIGITS.get(token, token) for token in _TOKEN.findall(text)]


def _clauses(tokens: list[str], topic: tuple[str, ...]) -> list[Clause]:
    found: list[Clause] = []
    opening: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    parts = list(_parts(tokens))
    for part, following in zip(parts, [*parts[1:], []], strict=False):
        words, named = _content([*part, *_shared_ending(part, following)]), _modalities(part)
        shared = opening
        if named:
            shared -= _MODALITIES
        if not words.isdisjoint(_MEASURES):
            shared -= _MEASURES
        numbers = frozenset(_numbers(part))
        topic = named or topic
        found.append(
            Clause(
                words,
                numbers,
                topic,
                denied=sum(each in _DENIALS for each in part) % 2 == 1,
                hedged=not _HEDGES.isdisjoint(part),
                compares=not _CONTRAST.isdisjoint(part),
                opening=shared,
                given=given,
            )
        )
        opening, given = opening | _content(_before_last_number(part)), given | numbers
    return found


def _parts(tokens: list[str]) -> Iterator[list[str]]:
    """The tokens cut where another statement begins: at `;`, `:` and *but*, and between two figures."""
    part: list[str] = []
    for at, word in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        cuts = word in _STOPS or word in _BREAK or (word == "," and following in {*_BREAK, "and"})
        if part and (cuts or _parts_figures(part, word, tokens[at + 1 :])):
            yield part
            part = []
        elif word not in _MARKS:
            part.append(word)
    if part:
        yield part


def _parts_figures(part: Sequence[str], word: str, rest: Sequence[str]) -> bool:
    """Whether *and*, or a comma that ends no opening phrase, stands between two figures."""
    if word not in {",", "and"} or (word == "," and part[0] in _OPENING):
        return False
    ends = next((at for at, each in enumerate(rest) if each in {*_MARKS, "and"}), len(rest))
    return any(map(_is_number, part)) and any(map(_is_number, rest[:ends]))


def _content(tokens: Sequence[str]) -> frozenset[str]:
    return frozenset(
        _canonical(each)
        for at, each in enumerate(tokens)
        if (each in _GROUP or each not in _LEFT_OUT)
        and not (_is_number(each) or each in _HEDGES or _bounds_a_number(tokens, at))
    )


def _bounds_a_number(tokens: Sequence[str], at: int) -> bool:
    """Whether a word is told with a number, as *below* of *below 5 mm*, and not by itself."""
    near = (*tokens[max(at - _BOUND_REACH - 1, 0) : at], *tokens[at + 1 : at + 1 + _BOUND_REACH])
    return tokens[at] in _BOUNDS and any(map(_is_number, near))


def _modalities(tokens: Sequence[str]) -> tuple[str, ...]:
    named = (_canonical(each) for each in tokens)
    return tuple(dict.fromkeys(each for each in named if each in _MODALITIES))


def _described(tokens: Sequence[str]) -> frozenset[str]:
    """The words for the study that a sentence names first: *whole-body CT*."""
    at = next(place for place, each in enumerate(tokens) if _canonical(each) in _MODALITIES)
    start = at
    while start and at - start < _BOUND_REACH and tokens[start - 1] not in _FUNCTION | _MARKS:
        start -= 1
    return _content(tokens[start : at + 1]) | set(_modalities(tokens))


def _before_last_number(part: Sequence[str]) -> Sequence[str]:
    """What a following figure shares: *sensitivity was* of *sensitivity was 91% for medial tears*."""
    last = max((at for at, each in enumerate(part) if _is_number(each)), default=len(part))
    return part[:last]


def _shared_ending(part: Sequence[str], following: Sequence[str]) -> Sequence[str]:
    """What two figures share after the second: *for stones* of *97% and 95% for stones*.

    Nothing where the first has words of its own after it, or where the second is of another study.
    """
    if not (part and following and part[-1].endswith("%") and not _modalities(following)):
        return ()
    if _content(following).isdisjoint(_MEASURES):
        return ()
    last = max((at for at, each in enumerate(following) if _is_number(each)), default=len(following))
    return following[last + 1 :]


def _numbers(part: Sequence[str]) -> Iterator[str]:
    for at, token in enumerate(part):
        if _is_number(token):
            value = float(token.rstrip("%").replace(",", ""))
            percent = "%" if token.endswith("%") else ""
            yield f"{value:g}{percent}{_unit(part, at)}{_bound(part, at)}"


def _unit(part: Sequence[str], at: int) -> str:
    """The unit after a number; the first of two, as in *6 to 24 hours*, has that of the second."""
    after = list(part[at + 1 : at + 4])
    if len(after) > 1 and after[0] in {"to", "and"} and _is_number(after[1]):
        after = after[2:]
    unit = after[0].removesuffix("s") if after else ""
    return f" {unit}" if unit in _UNITS else ""


def _bound(part: Sequence[str], at: int) -> str:
    before = part[max(at - _BOUND_REACH, 0) : at]
    bounds = [_BOUNDS[each] for each in before if each in _BOUNDS]
    later = part[at + 1 : at + 4]
    if "or" in later:
        bounds += [_BOUNDS[each] for each in later if each in _BOUNDS]
    return f" {bounds[-1]}" if bounds else ""


def _is_number(token: str) -> bool:
    return token[0].isdecimal()


def _canonical(word: str) -> str:
    if word in _GROUP:
        return _GROUP[word]
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= _STEM_AT_LEAST else word
