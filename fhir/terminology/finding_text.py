"""Findings named in free text: longest phrases first, each with what the sentence says of it.

The phrases are those of `findings/*.yaml`, in English and Italian; whether one is negated, past or a
relative's is `context.py`'s judgement. "Rule out PE" names pulmonary embolism as what is looked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from terminology.complaints import complaints, reasons
from terminology.context import PLAIN, Assertion, ContextReader
from terminology.finding_measures import measured
from terminology.findings import vocabulary
from terminology.phrases import (
    END,
    TOKEN,
    Found,
    Token,
    asks,
    folded,
    longest,
    longest_asked,
    phrase_trie,
    phrase_words,
    read_as,
    short_forms,
    words_passed_over,
)
from terminology.statement_words import patterns
from terminology.study_text import told_studies

if TYPE_CHECKING:
    from collections.abc import Iterator

MAXIMUM_LENGTH: Final = 5_000
"""Characters of a text that are read; what stands beyond is not."""

_LEAST_JOINED: Final = 3
"""Words of a phrase that joins two things: "UTI with fever"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A finding named at the characters `start` to `end`, and what its sentence says of it.

    `over_comma`: it is denied only by a denial that goes on over a comma, and may not be meant by it.
    `regions` are those that an earlier study was of, where it tells of one and names them.
    """

    finding: str
    start: int
    end: int
    assertion: Assertion
    over_comma: bool = False
    regions: frozenset[str] = frozenset()


class _Span(NamedTuple):
    """A finding named at the characters `start` to `end`, of a study of these regions."""

    finding: str
    start: int
    end: int
    regions: frozenset[str] = frozenset()


def mentions(text: str) -> tuple[Mention, ...]:
    """The findings that `text` names, in order of appearance; `()` where it names none."""
    return _mentions(text, _phrases(), tells_of_studies=True)


def conclusion_mentions(text: str, modality: str) -> tuple[Mention, ...]:
    """The findings that the conclusion of an imaging report of this modality states."""
    return _mentions(text, _conclusions(modality))


def allergen_mentions(text: str) -> tuple[Mention, ...]:
    """The findings that a substance on a list of allergies states."""
    return _mentions(text, _allergens())


def _mentions(text: str, trie: dict[str, Any], *, tells_of_studies: bool = False) -> tuple[Mention, ...]:
    text = text[:MAXIMUM_LENGTH]
    found = tuple(_spans(text, trie, tells_of_studies=tells_of_studies))
    if not found:
        return ()
    context = ContextReader(text)
    coursed = {_clause(text, each.start, each.end) for each in found if vocabulary()[each.finding].of_order}
    return tuple(_mention(text, each, context, coursed) for each in found)


def _mention(text: str, found: _Span, context: ContextReader, coursed: set[tuple[int, int]]) -> Mention:
    """What the sentence says of a mention; in a clause that tells of a new complaint, what that clause says.

    A course begins a new complaint, and so does a complaint with its duration or what says itself that it is
    so: "no red flags, acute knee pain", "no trauma, knee pain for 3 weeks" and "no fever, D-dimer positive"
    deny what stands first alone.
    """
    finding, start, end, regions = found
    first, last = _clause(text, start, end)
    said = context.assertion(start, end)
    if said == PLAIN:
        return Mention(finding, start, end, said, regions=regions)
    denier = context.denied_over_comma(start, end) if said.negated else None
    begins = (
        (first, last) in coursed
        or (finding in complaints() and _lasts(text[first:last]))
        or (denier is not None and _asserts(text[start:end]))
    )
    if begins and (denier is not None or not said.negated):
        own = ContextReader(text[first:last]).assertion(start - first, end - first)
        if not own.negated:
            return Mention(finding, start, end, own, regions=regions)
    # "denies" denies a whole list, where "no" may deny its first item alone
    listing = denier in phrase_words()["denies"] and finding not in reasons()
    return Mention(finding, start, end, said, denier is not None and not listing, regions)


def _asserts(mention: str) -> bool:
    """Whether the words say themselves that it is so, and are no item of a list: "D-dimer positive"."""
    return not phrase_words()["asserts"].isdisjoint(TOKEN.findall(folded(mention)))


def _lasts(clause: str) -> bool:
    return any(pattern.search(clause) for pattern in patterns("duration"))


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the clause around a mention begins and ends: at commas and semicolons."""
    first = max(text.rfind(mark, 0, start) for mark in ",;") + 1
    return first, min((place for mark in ",;" if (place := text.find(mark, end)) >= 0), default=len(text))


def _spans(text: str, trie: dict[str, Any], *, tells_of_studies: bool) -> Iterator[_Span]:
    """The findings with their places; a course inside a phrase is one of its own: "chronic cough"."""
    tokens = [(match.group(), match.start(), match.end()) for match in TOKEN.finditer(folded(text))]
    yield from (_Span(*each) for each in measured(text, tokens))
    forms, courses = short_forms(), phrase_words()["course"]
    capitals = text.isupper()
    tokens = [
        (read_as(forms, token, text[start:end], capitals=capitals and start > 0), start, end)
        for token, start, end in tokens
    ]
    told = told_studies(text, tokens, words_passed_over()) if tells_of_studies else {}
    seek = longest_asked if asks(text, tokens) else longest
    position = 0
    while position < len(tokens):
        found = seek(text, tokens, position, trie)
        study = told.get(position)
        if study and study.width >= found.length:
            for finding in study.findings:
                yield _Span(
                    finding, tokens[position][1], tokens[position + study.width - 1][2], study.regions
                )
            position += study.width
            continue
        for finding in found.findings:
            yield _Span(finding, tokens[position][1], tokens[position + found.length - 1][2])
        for place in range(position, position + found.length):
            if place in found.passed_over or (found.length > 1 and tokens[place][0] in courses):
                for finding in trie.get(tokens[place][0], {}).get(END, ()):
                    yield _Span(finding, tokens[place][1], tokens[place][2])
        if found.length >= _LEAST_JOINED:
            yield from _joined(text, tokens, position, found, trie)
        position += max(found.length, 1)


def _joined(
    text: str, tokens: list[Token], position: int, found: Found, trie: dict[str, Any]
) -> Iterator[_Span]:
    """What a phrase joins to what it names first, and so tells too: the fever of "UTI with fever"."""
    last = position + found.length
    for place in range(position + 1, last - 1):
        if tokens[place][0] in phrase_words()["joining"]:
            inner = longest(text, tokens, place + 1, trie)
            if inner.length and place + 1 + inner.length == last:
                for finding in inner.findings:
                    if finding not in found.findings:
                        yield _Span(finding, tokens[place + 1][1], tokens[last - 1][2])


@cache
def _phrases() -> dict[str, Any]:
    return phrase_trie((finding.id, finding.phrases) for finding in vocabulary())


@cache
def _allergens() -> dict[str, Any]:
    return phrase_trie((finding.id, finding.allergens) for finding in vocabulary())


@cache
def _conclusions(modality: str) -> dict[str, Any]:
    return phrase_trie(
        (finding.id, finding.conclusions) for finding in vocabulary() if modality in finding.imaging
    )
