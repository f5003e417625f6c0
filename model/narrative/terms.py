"""A text as weighted words, the same for a guideline's sentence and a clinician's line.

A word stands with its beginning, so that two forms of it share something; a known term stands with the words
it means. The tables are `words/terms.csv` and the abbreviations and lay terms of `terminology`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from terminology.context import ContextReader
from terminology.retrieval_query import tables
from terminology.retrieval_words import singular, spoken

WORDS: Final = Path(__file__).with_name("words")
_STEM: Final = 7
_STEM_WEIGHT: Final = 0.5
_KNOWN_ELSEWHERE: Final = 0.6
_READ_AT_MOST: Final = 5_000  # characters
_IDLE: Final = frozenset((WORDS / "idle_words.txt").read_text(encoding="utf-8").split())
"""Words that say nothing of what a patient has."""

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Terms:
    """The words that a text states, each with its weight, and those that it denies.

    `written` are the stated words as they stand, in the singular, without what they mean or begin with.
    """

    stated: Weights
    denied: Weights
    written: frozenset[str]


def read_terms(text: str) -> Terms:
    """The terms of the first 5,000 characters of a text."""
    read = text[:_READ_AT_MOST]
    said = spoken(read)
    context = ContextReader(read)
    words = [part.word for part in said]
    stated: dict[str, float] = {}
    denied: dict[str, float] = {}
    written: set[str] = set()
    known = _known_terms()
    place = 0
    while place < len(words):
        length, meant, weight = known.at(words, place)
        negated = context.assertion(said[place].start, said[place + length - 1].end).negated
        into = denied if negated else stated
        for word in words[place : place + length]:
            _add(into, singular(word), 1.0)
            if not negated:
                written.add(singular(word))
        if length > 1 and weight < 1.0:
            for word in known.own_within(words[place : place + length]):
                _add(into, word, 1.0)
        for word in meant:
            _add(into, word, weight)
            if not negated and weight == 1.0:
                written.add(word)
        place += length
    return Terms(stated, denied, frozenset(written))


def _add(into: dict[str, float], word: str, weight: float) -> None:
    if word in _IDLE:
        return
    into[word] = max(weight, into.get(word, 0.0))
    if len(word) > _STEM:
        stem = f"{word[:_STEM]}~"
        into[stem] = max(weight * _STEM_WEIGHT, into.get(stem, 0.0))
    elif len(word) == _STEM:
        stem = f"{word}~"
        into[stem] = max(weight * _STEM_WEIGHT, into.get(stem, 0.0))


@dataclass(frozen=True, slots=True)
class _KnownTerms:
    meanings: Mapping[tuple[str, ...], tuple[tuple[str, ...], float]]
    openings: frozenset[str]
    longest: int

    def at(self, words: list[str], place: int) -> tuple[int, tuple[str, ...], float]:
        """How many words the longest known term at `place` has, what it means, and the weight of that."""
        if words[place] in self.openings:
            for length in range(min(self.longest, len(words) - place), 0, -1):
                found = self.meanings.get(tuple(words[place : place + length]))
                if found:
                    return length, *found
        return 1, (), 1.0

    def own_within(self, words: list[str]) -> list[str]:
        """What our own single words mean inside a longer term that another table knows."""
        found = (self.meanings.get((word,), ((), 0.0)) for word in words)
        return [word for meant, weight in found if weight == 1.0 for word in meant]


@cache
def _known_terms() -> _KnownTerms:
    meanings: dict[tuple[str, ...], tuple[tuple[str, ...], float]] = {}
    for term, expansion in tables()["en"].expansions.items():
        meanings[term] = (tuple(dict.fromkeys(expansion)), _KNOWN_ELSEWHERE)
    with (WORDS / "terms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            term = tuple(part.word for part in spoken(row["term"]))
            meant = dict.fromkeys(singular(part.word) for part in spoken(row["expansion"]))
            meanings[term] = (tuple(meant), 1.0)
    return _KnownTerms(meanings, frozenset(term[0] for term in meanings), max(map(len, meanings)))
