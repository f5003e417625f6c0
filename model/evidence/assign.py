"""Whether a paper bears on a question: it must name the condition and the procedure, and how nearly it does.

Names are compared word by word, never inside a word: "us" is no ultrasound in "focus", and an abbreviation
counts only in capitals, as papers write it.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from model.evidence.query_words import MESH_TERMS, finding_named, listed, plain_words, renamed, tokens_of
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from model.evidence.paper import EvidenceQuestion, Paper

_ABBREVIATION: Final = 4
"""A name of one word no longer than this is an abbreviation."""
_LONGEST_PHRASE: Final = 4
"""A name of more words need not stand as one phrase: all its words in one place do."""

_SUBJECT, _NAMED, _RELATED_SUBJECT, _RELATED_NAMED = 1.0, 0.7, 0.5, 0.3
_SYNONYM: Final = 0.9
_KIN: Final = 0.4
"""A paper on CT, for CT angiography, and the other way round."""
_REGION, _NO_REGION = 1.0, 0.7
_CONDITION_WEIGHT: Final = 0.6


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a paper: its text, and the same in plain words between blanks."""

    text: str
    words: str


@dataclass(frozen=True, slots=True)
class _Paper:
    """A paper as it is compared: its subject (title), its abstract, and its MeSH headings."""

    title: _Place
    abstract: _Place
    mesh: frozenset[str]


def closeness(paper: Paper, question: EvidenceQuestion) -> float | None:
    """How nearly the paper is about the question, above 0 to 1; `None` where it does not name both parts.

    The condition counts more than the procedure, the title and a MeSH heading more than the abstract, the
    condition's own name more than a synonym, and that more than a related condition.
    """
    read = _Paper(
        _place(paper.title),
        _place(" ".join(section.text for section in paper.abstract)),
        frozenset(each.lower().partition("/")[0].strip("*") for each in paper.mesh),
    )
    condition = _condition(read, question)
    procedure = _procedure(read, question.procedure)
    if not condition or not procedure:
        return None
    return round(_CONDITION_WEIGHT * condition + (1 - _CONDITION_WEIGHT) * procedure, 3)


def _condition(paper: _Paper, question: EvidenceQuestion) -> float:
    own = _best(paper, (question.condition,), _SUBJECT, _NAMED)
    synonym = _SYNONYM * _best(paper, question.synonyms, _SUBJECT, _NAMED)
    related = _best(paper, question.related, _RELATED_SUBJECT, _RELATED_NAMED)
    return max(own, synonym, related)


def _best(paper: _Paper, names: Iterable[str], subject: float, named: float) -> float:
    best = 0.0
    for name in names:
        headings = _headings(finding_named(name))
        if not headings.isdisjoint(paper.mesh) or _names(paper.title, name):
            return subject
        if _names(paper.abstract, name):
            best = named
    return best


def _names(place: _Place, name: str) -> bool:
    return any(_stands(place, words) for words in _forms(name))


def _stands(place: _Place, words: tuple[str, ...]) -> bool:
    if len(words) == 1 and len(words[0]) <= _ABBREVIATION:
        return bool(re.search(rf"(?<![\w-]){re.escape(words[0].upper())}s?(?![\w-])", place.text))
    if len(words) > _LONGEST_PHRASE:
        return all(f" {word} " in place.words for word in words)
    return f" {' '.join(words)} " in place.words


@lru_cache(maxsize=2_048)
def _forms(name: str) -> tuple[tuple[str, ...], ...]:
    """The words of a name as it may stand in a paper, and with the words that papers use instead."""
    written = tuple(map(_singular, plain_words(name)))
    plain = tuple(map(_singular, (each for each in renamed(tokens_of(name)) if each != ",")))
    return tuple(dict.fromkeys(form for form in (written, plain) if form))


def _procedure(paper: _Paper, procedure: str) -> float:
    ordered = catalogue()[procedure]
    modality = _modality(paper, ordered.modality)
    if not modality:
        return 0.0
    words = [
        term for region in ordered.regions for term, field in listed("region", region) if field != MESH_TERMS
    ]
    headings = {
        term.lower()
        for region in ordered.regions
        for term, field in listed("region", region)
        if field == MESH_TERMS
    }
    near = (
        not words or not headings.isdisjoint(paper.mesh) or any(_names(paper.title, word) for word in words)
    )
    near = near or any(_names(paper.abstract, word) for word in words)
    return modality * (_REGION if near else _NO_REGION)


def _modality(paper: _Paper, modality: Modality) -> float:
    titled = _modalities(paper.title.text)
    if modality in titled:
        return _SUBJECT
    headings = {term.lower() for term, field in listed("modality", modality.value) if field == MESH_TERMS}
    if not headings.isdisjoint(paper.mesh):
        return _SUBJECT
    named = _modalities(paper.abstract.text)
    if modality in named:
        return _NAMED
    return _KIN if any(_kin(one) == _kin(modality) for one in named | titled if _kin(one)) else 0.0


def _kin(modality: Modality) -> str:
    """The modality that a modality is a way of: CT of CT angiography; "" for what has none."""
    return modality.value[:2] if modality.value[:2] in {"ct", "mr"} else ""


def _modalities(text: str) -> set[Modality]:
    """The modalities that a text names; of "CT angiography" the longest name counts."""
    return {meant for match in _modality_names().finditer(text) for meant in _meant(match[0])}


def _meant(written: str) -> Iterator[Modality]:
    for modality in Modality:
        if any(_alike(term, written) for term in _names_of()[modality]):
            yield modality


def _alike(term: str, written: str) -> bool:
    plain = re.sub(r"[\s/-]+", " ", written).removesuffix("s")
    return term.removesuffix("s") == plain if term.isupper() else _folded(term) == _folded(plain)


def _folded(term: str) -> str:
    return re.sub(r"[\s/-]+", " ", term.lower()).removesuffix("s")


@cache
def _names_of() -> dict[Modality, tuple[str, ...]]:
    """The names that queries use, and those that only papers do."""
    table = (files("model.evidence") / "weigh_words" / "modalities.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    return {
        modality: (
            *(term for term, _ in listed("modality", modality.value)),
            *(row["words"] for row in rows if row["modality"] == modality.value),
        )
        for modality in Modality
    }


@cache
def _modality_names() -> re.Pattern[str]:
    """Any name of a modality, the longest first; one in capitals only so."""
    terms = {term for names in _names_of().values() for term in names}
    parts = (_pattern(term) for term in sorted(terms, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})s?(?!\w)")


def _pattern(term: str) -> str:
    pattern = r"[\s/-]+".join(map(re.escape, re.split(r"[\s/-]+", term)))
    return pattern if term.isupper() else f"(?i:{pattern})"


@cache
def _headings(finding: str) -> frozenset[str]:
    return frozenset(term.lower() for term, field in listed("finding", finding) if field == MESH_TERMS)


def _place(text: str) -> _Place:
    return _Place(text, f" {' '.join(map(_singular, plain_words(text)))} ")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
