"""The queries that a question is searched with, made by rule: each looks at it from another angle.

Every query is PubMed's Boolean syntax. What comes from a question is reduced to plain words inside quotation
marks, so that it can be no operator, field or wildcard. The words and the MeSH headings are `search_words/`.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from model.evidence.boolean import LONGEST_QUERY
from model.evidence.search import Query, QueryKind
from terminology.findings import vocabulary
from terminology.procedures import Modality, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from model.evidence.paper import EvidenceQuestion

FIRST_YEAR: Final = 2013

TITLE_ABSTRACT: Final = "Title/Abstract"
MESH_TERMS: Final = "MeSH Terms"

FILTER: Final = (
    f"AND english[Language] AND {FIRST_YEAR}:3000[Date - Publication] AND hasabstract "
    'NOT ("Animals"[MeSH Terms] NOT "Humans"[MeSH Terms])'
)
_LONGEST_PHRASE: Final = 4
_MOST_WORDS: Final = 6
_LONGEST_WORD: Final = 40
_ABBREVIATION: Final = 4
"""A synonym of fewer letters means other things too: "dm", "ct", "ibp"."""

_MOST_STAND_INS: Final = 2
_ASIDE: Final = re.compile(r"\([^()]*\)")
_WORD: Final = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Alternative:
    """Terms that all must be found, each words in a field."""

    terms: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        text = " AND ".join(f'"{words}"[{field}]' for words, field in self.terms)
        return f"({text})" if len(self.terms) > 1 else text


Group = tuple[Alternative, ...]
"""Alternatives of which one must be found."""


def queries(question: EvidenceQuestion) -> tuple[Query, ...]:
    """At most one query a kind, in the order of the kinds, none longer than `LONGEST_QUERY`.

    A kind for which the question has no words is left out; there is none at all for a condition without a
    legible word.

    Raises:
        KeyError: The procedure is not in the catalogue.
    """
    condition = _condition(question)
    procedure = _procedure(question.procedure)
    if not condition:
        return ()
    imaging = _listed("angle", "imaging")
    synonyms = _unique(each for name in question.synonyms if _telling(name) for each in _named(name))
    related = _unique(each for name in question.related if in_literature(name) for each in _named(name))
    angles: dict[QueryKind, tuple[Group, ...]] = {
        QueryKind.CONDITION: (condition, imaging),
        QueryKind.SYNONYMS: (synonyms, imaging),
        QueryKind.RELATED: (related, *procedure),
        QueryKind.IMAGING: (condition, imaging, _listed("angle", "guidance")),
        QueryKind.PROCEDURE: (condition, *procedure, *_regions(question.procedure)),
        QueryKind.PICO: (condition, *procedure, _listed("angle", "comparison"), _listed("angle", "outcome")),
    }
    texts = {kind: _text(groups) for kind, groups in angles.items() if all(groups)}
    first = {text: kind for kind, text in reversed(texts.items())}
    return tuple(Query(kind, text) for kind, text in texts.items() if first[text] is kind)


def _text(groups: tuple[Group, ...]) -> str:
    """The query of groups that all must be met; where it is too long the longest list loses its last."""
    kept = [list(group) for group in groups]
    while True:
        joined = " AND ".join(f"({' OR '.join(map(str, group))})" for group in kept)
        text = f"{joined} {FILTER}"
        longest = max(kept, key=len)
        if len(text) <= LONGEST_QUERY or len(longest) == 1:
            return text
        longest.pop()


def _condition(question: EvidenceQuestion) -> Group:
    """The condition by its heading and its words; where it has no heading its first synonyms stand in."""
    own = _named(question.condition)
    if any(field == MESH_TERMS for each in own for _, field in each.terms):
        return own
    stand_ins = [name for name in question.synonyms if _telling(name)][:_MOST_STAND_INS]
    return _unique((*own, *(each for name in stand_ins for each in _named(name))))


def _named(name: str) -> Group:
    """A name by its MeSH headings and by its words: a short one as a phrase, a long one word by word."""
    headings = tuple(
        Alternative(((heading, MESH_TERMS),)) for heading in _mesh().get(("finding", _finding(name)), ())
    )
    words = plain_words(name)
    if len(words) > _LONGEST_PHRASE:
        return (*headings, *_apart(words))
    return (*headings, Alternative(((" ".join(words), TITLE_ABSTRACT),))) if words else headings


def _apart(words: list[str]) -> Group:
    telling = dict.fromkeys(each for each in words if each not in _stop_words())
    terms = tuple((each, TITLE_ABSTRACT) for each in telling)[:_MOST_WORDS]
    return (Alternative(terms),) if terms else ()


def _procedure(procedure: str) -> tuple[Group, ...]:
    """What is done: the words of an act, else the modality and each technique that we have words for."""
    known = catalogue()[procedure]
    if known.modality is Modality.NONE:
        return (_apart(plain_words(known.name)),)
    techniques = (_listed("technique", each) for each in known.techniques)
    return (_listed("modality", known.modality.value), *(group for group in techniques if group))


def _regions(procedure: str) -> tuple[Group, ...]:
    """Where it is done; nothing where the catalogue does not say, or says something that no paper would."""
    groups = [_listed("region", each) for each in catalogue()[procedure].regions]
    return (_unique(each for group in groups for each in group),) if groups and all(groups) else ()


def _listed(kind: str, identifier: str) -> Group:
    """The terms of the tables for one thing."""
    headings = ((heading, MESH_TERMS) for heading in _mesh().get((kind, identifier), ()))
    return tuple(Alternative((each,)) for each in (*headings, *_terms().get((kind, identifier), ())))


def _telling(name: str) -> bool:
    return len("".join(plain_words(name))) >= _ABBREVIATION


def in_literature(name: str) -> bool:
    """Whether papers are about what has this name: anything but a finding of ours without a heading."""
    finding = _finding(name)
    return finding == "" or ("finding", finding) in _mesh()


def plain_words(text: str) -> list[str]:
    """The plain words of a text without asides, and without the words at its ends that qualify it."""
    decomposed = unicodedata.normalize("NFKD", _ASIDE.sub(" ", text)).lower()
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    words = [each[:_LONGEST_WORD] for each in _WORD.findall(letters)]
    while words and words[0] in _stop_words():
        del words[0]
    while words and words[-1] in _stop_words():
        del words[-1]
    return words


def _unique(alternatives: Iterable[Alternative]) -> Group:
    return tuple(dict.fromkeys(alternatives))


def _finding(name: str) -> str:
    """The finding that has this name or phrase, "" for none."""
    return _findings().get(" ".join(plain_words(name)), "")


@cache
def _findings() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for finding in vocabulary():
        found.setdefault(" ".join(plain_words(finding.name)), finding.id)
    for finding in vocabulary():
        for phrase in finding.phrases:
            found.setdefault(" ".join(plain_words(phrase)), finding.id)
    found.pop("", None)
    return found


@cache
def _mesh() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """MeSH headings by what they stand for: a finding, a modality, a technique, a region or an angle."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in _rows("mesh.csv"):
        found[row["kind"], row["id"]].append(row["heading"])
    return {each: tuple(headings) for each, headings in found.items()}


@cache
def _terms() -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Words and the field where they are looked for, by the same keys as the headings."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in _rows("words.csv"):
        found[row["kind"], row["id"]].append((row["words"], row["field"] or TITLE_ABSTRACT))
    return {each: tuple(terms) for each, terms in found.items()}


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(_file("stop_words.txt").split())


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(_file(name).splitlines())


def _file(name: str) -> str:
    return (files("model.evidence") / "search_words" / name).read_text(encoding="utf-8")
