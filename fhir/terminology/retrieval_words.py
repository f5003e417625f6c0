"""How text becomes words: the same for a title, an inclusion term and a clinician's note."""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

GRAM_LENGTH: Final = 3
"""Characters in one n-gram of a word."""

_ASCII_WORD = re.compile(r"[a-z0-9]+")
_WRITTEN = re.compile(r"['\N{RIGHT SINGLE QUOTATION MARK}]s\b|[^\W_]+")
_SIBILANT_PLURALS = ("sses", "xes", "ches", "shes")
_NOT_PLURALS = ("ss", "us", "is")
_SHORTEST_STEMMED = 4


class Spoken(NamedTuple):
    """A word as it is looked up, and the characters of the text where it stands."""

    word: str
    start: int
    end: int


def spoken(text: str) -> list[Spoken]:
    """The words of `text` in order: lower case, without accents, possessives or punctuation."""
    found = []
    for match in _WRITTEN.finditer(text):
        folded = unicodedata.normalize("NFKD", match[0]).encode("ascii", "ignore").decode().lower()
        word = "".join(_ASCII_WORD.findall(folded)) if match[0][0].isalnum() else ""
        if word:
            found.append(Spoken(word, match.start(), match.end()))
    return found


def raw_words(text: str) -> list[str]:
    """The words of `text` without their places."""
    return [said.word for said in spoken(text)]


def words(text: str) -> list[str]:
    """The words of `text` as the index holds them: `raw_words`, each in the singular."""
    return [singular(word) for word in raw_words(text)]


def singular(word: str) -> str:
    """`word` without the ending of an English plural; a rule of thumb, the same for query and index."""
    if len(word) > _SHORTEST_STEMMED and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > _SHORTEST_STEMMED and word.endswith(_SIBILANT_PLURALS):
        return word[:-2]
    if len(word) >= _SHORTEST_STEMMED and word.endswith("s") and not word.endswith(_NOT_PLURALS):
        return word[:-1]
    return word


def grams(word: str) -> frozenset[str]:
    """The character n-grams of a word, its edges marked; its first three letters count twice."""
    marked = f"^{word}$"
    inner = {marked[start : start + GRAM_LENGTH] for start in range(len(marked) - GRAM_LENGTH + 1)}
    return frozenset(inner | {f"{word[:GRAM_LENGTH]}<"})


@cache
def weak_words() -> frozenset[str]:
    """Words that say next to nothing about a disease and so weigh a tenth: `weak_words.csv`."""
    with Path(__file__).with_name("weak_words.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["term"] for row in csv.DictReader(file))
