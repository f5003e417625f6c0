"""From a note to what is searched: its clauses, in the classification's words where a table has them.

The tables are `abbreviations.csv`, `lay_terms.csv` (language, term, expansion) and `noise_words.csv`, words
that an order uses round its reason. There is no Italian code table here: an Italian note is found as far as
its terms stand in these tables, or look like their English sisters.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from terminology.context import ContextReader
from terminology.retrieval_words import raw_words, singular, spoken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from terminology.retrieval_words import Spoken

MAXIMUM_LENGTH: Final = 2_000
"""Characters of a note that are read; what stands beyond is not."""

_MOST_CLAUSES: Final = 6
_MOST_WORDS: Final = 12
_FOLDER: Final = Path(__file__).parent

_BREAK = re.compile(
    r"[,;:?!\n()]|\.(?!\d)|\s-+\s"
    r"|(?<!\w)(?:[rh]/o|rule out|due to|eval(?:uate)? for|concern for|sospett[aoie])(?!\w)",
    re.IGNORECASE,
)
_MEASURE = re.compile(r"x?\d+[a-z]{0,3}")

Language = Literal["en", "it"]


@dataclass(frozen=True, slots=True)
class Clause:
    """Words that stand together: denied, told aside (past, a relative's, only possible), or plainly said."""

    words: tuple[str, ...]
    denied: bool
    aside: bool


class _Searched(NamedTuple):
    words: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's tables: phrases by their words, and the words passed over."""

    expansions: dict[tuple[str, ...], tuple[str, ...]]
    noise: frozenset[str]
    openings: frozenset[str]
    longest: int

    def knows(self, word: str) -> bool:
        """True where the word is noise here or opens a phrase."""
        return word in self.noise or word in self.openings


def clauses(text: str, *, language: str | None = None) -> tuple[Clause, ...]:
    """The first clauses of `text` that hold a word worth searching; at most six, of at most twelve words.

    `language` is a tag such as `it` or `en-GB`; without one, the language is that whose tables know more of
    the words. Of a language without tables, only words that the classification itself uses, or nearly, can be
    found.
    """
    read = text[:MAXIMUM_LENGTH]
    phrases = tables()[_language(read, language)]
    context = ContextReader(read)
    found: list[Clause] = []
    for start, end in _spans(read):
        said = [
            part._replace(start=part.start + start, end=part.end + start) for part in spoken(read[start:end])
        ]
        found += _runs(_searched(said, phrases), context)
        if len(found) >= _MOST_CLAUSES:
            break
    return tuple(found[:_MOST_CLAUSES])


def _runs(searched: Iterable[_Searched], context: ContextReader) -> Iterator[Clause]:
    """One clause for each run of words that the text says the same of."""

    def standing(part: _Searched) -> tuple[bool, bool]:
        said = context.assertion(part.start, part.end)
        return said.negated, said.historical or said.family or said.hypothetical

    for (denied, aside), parts in groupby(searched, key=standing):
        words = dict.fromkeys(word for part in parts for word in part.words)
        yield Clause(tuple(words)[:_MOST_WORDS], denied=denied, aside=aside)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _BREAK.finditer(text):
        yield start, match.start()
        start = match.end()
    yield start, len(text)


def _searched(said: list[Spoken], phrases: Phrases) -> Iterator[_Searched]:
    words = [part.word for part in said]
    place = 0
    while place < len(said):
        length, expansion = _phrase(words, place, phrases)
        last = said[place + length - 1]
        if expansion:
            yield _Searched(expansion, said[place].start, last.end)
        elif not (words[place] in phrases.noise or _MEASURE.fullmatch(words[place])):
            yield _Searched((singular(words[place]),), last.start, last.end)
        place += length


def _phrase(said: list[str], place: int, phrases: Phrases) -> tuple[int, tuple[str, ...] | None]:
    """How many words the longest known phrase at `place` has, and what it stands for; one word where none."""
    if phrases.openings.isdisjoint((said[place], said[place].removesuffix("s"))):
        return 1, None
    for length in range(min(phrases.longest, len(said) - place), 0, -1):
        written = tuple(said[place : place + length])
        for known in (written, tuple(word.removesuffix("s") for word in written)):
            if known in phrases.expansions:
                return length, phrases.expansions[known]
    return 1, None


def _language(text: str, asked: str | None) -> Language:
    tag = (asked or "").partition("-")[0].strip().lower()
    if tag:
        return "it" if tag == "it" else "en"
    said = raw_words(text)
    english, italian = (sum(map(tables()[language].knows, said)) for language in ("en", "it"))
    return "it" if italian > english else "en"


@cache
def tables() -> dict[str, Phrases]:
    """The tables of each language; the Italian noise includes the English, which Italian notes use too."""
    noise = {
        language: {row["term"] for row in _rows("noise_words.csv", language)} for language in ("en", "it")
    }
    noise["it"] |= noise["en"]
    return {language: _phrases(language, frozenset(noise[language])) for language in ("en", "it")}


def _phrases(language: str, noise: frozenset[str]) -> Phrases:
    expansions = {
        tuple(raw_words(row["term"])): tuple(map(singular, raw_words(row["expansion"])))
        for name in ("lay_terms.csv", "abbreviations.csv")
        for row in _rows(name, language)
    }
    openings = frozenset(term[0] for term in expansions)
    return Phrases(expansions, noise, openings, max(map(len, expansions)))


def _rows(name: str, language: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["language"] == language]
