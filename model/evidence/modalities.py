"""Which modalities a text names: "CT" and "MRI" in capitals, "ultrasound" in any letters, none inside a word.

The words are those that queries use (`search_words/`), and those that papers use beside them
(`modality_words.csv`); its rows without a modality are places where such a word means something else.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from model.evidence.query_words import MESH_TERMS, listed
from terminology.procedures import Modality

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def modalities_named(text: str) -> frozenset[Modality]:
    """The modalities that a text names; of "CT angiography" the longest name counts."""
    plain = _other_meanings().sub(" ", text)
    return frozenset(meant for match in _names().finditer(plain) for meant in _meant(match[0]))


def headings_of(modality: Modality) -> frozenset[str]:
    """The MeSH headings of a modality, in small letters."""
    return frozenset(
        term.lower() for term, field in listed("modality", modality.value) if field == MESH_TERMS
    )


def modality_terms(modality: Modality) -> tuple[str, ...]:
    """All that papers call a modality, its MeSH headings among it."""
    return _terms()[modality]


def _meant(written: str) -> Iterator[Modality]:
    for modality, terms in _terms().items():
        if any(_alike(term, written) for term in terms):
            yield modality


def _alike(term: str, written: str) -> bool:
    if term.isupper():
        return _singular(term) == _singular(written)
    return _singular(term.lower()) == _singular(written.lower())


def _singular(term: str) -> str:
    return re.sub(r"[\s/-]+", " ", term).removesuffix("s")


@cache
def _names() -> re.Pattern[str]:
    """Any name of a modality, the longest first; one in capitals only so."""
    terms = {term for each in _terms().values() for term in each}
    parts = (_pattern(term) for term in sorted(terms, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})s?(?!\w)")


def _pattern(term: str) -> str:
    pattern = r"[\s/-]+".join(map(re.escape, re.split(r"[\s/-]+", term)))
    return pattern if term.isupper() else f"(?i:{pattern})"


@cache
def _other_meanings() -> re.Pattern[str]:
    return re.compile("|".join(row["words"] for row in _rows() if not row["modality"]))


@cache
def _terms() -> Mapping[Modality, tuple[str, ...]]:
    own = [(row["modality"], row["words"]) for row in _rows()]
    return {
        modality: tuple(term for term, _ in listed("modality", modality.value))
        + tuple(words for name, words in own if name == modality.value)
        for modality in Modality
    }


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = (files("model.evidence") / "modality_words.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
