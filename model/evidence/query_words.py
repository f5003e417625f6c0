"""The words that queries are made of: a name reduced to plain ones, and the tables of `search_words/`."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from terminology.findings import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMA: Final = ","
TITLE_ABSTRACT: Final = "Title/Abstract"
MESH_TERMS: Final = "MeSH Terms"

_LONGEST_WORD: Final = 40
_ASIDE: Final = re.compile(r"\([^()]*\)")
_TOKEN: Final = re.compile(rf"[a-z0-9]+(?:['-][a-z0-9]+)*|{COMMA}")


def listed(kind: str, identifier: str) -> tuple[tuple[str, str], ...]:
    """The terms for a finding, modality, technique, region or angle, each with its field; headings first."""
    return _terms().get((kind, identifier), ())


def is_subject(finding: str) -> bool:
    """Whether papers are about a finding of ours, as its MeSH heading tells."""
    return bool(listed("finding", finding))


def plain_words(text: str) -> list[str]:
    """The plain words of a text without asides, and without the words at its ends that qualify it."""
    return [each for each in tokens_of(text) if each != COMMA]


def tokens_of(text: str) -> list[str]:
    """The plain words and the commas between them."""
    decomposed = unicodedata.normalize("NFKD", _ASIDE.sub(" ", text)).lower()
    letters = "".join(each for each in decomposed if not unicodedata.combining(each))
    tokens = [each[:_LONGEST_WORD] for each in _TOKEN.findall(letters)]
    while tokens and tokens[0] in stop_words():
        del tokens[0]
    while tokens and tokens[-1] in stop_words():
        del tokens[-1]
    return tokens


def renamed(tokens: list[str]) -> list[str]:
    """The words by which papers call what a classification calls otherwise."""
    text = f" {' '.join(tokens)} "
    for written, plain in _plain_names():
        text = text.replace(f" {written} ", f" {plain} ")
    return text.split()


def finding_named(name: str) -> str:
    """The finding that has this name or phrase, "" for none."""
    return _findings().get(" ".join(plain_words(name)), "")


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing at the ends of a name, and a comma."""
    return frozenset((COMMA, *_file("stop_words.txt").split()))


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
def _terms() -> Mapping[tuple[str, str], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in _rows("mesh.csv"):
        found[row["kind"], row["id"]].append((row["heading"], MESH_TERMS))
    for row in _rows("words.csv"):
        found[row["kind"], row["id"]].append((row["words"], row["field"] or TITLE_ABSTRACT))
    return {each: tuple(terms) for each, terms in found.items()}


@cache
def _plain_names() -> tuple[tuple[str, str], ...]:
    return tuple((row["written"], row["plain"]) for row in _rows("plain_names.csv"))


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(_file(name).splitlines())


def _file(name: str) -> str:
    return (files("model.evidence") / "search_words" / name).read_text(encoding="utf-8")
