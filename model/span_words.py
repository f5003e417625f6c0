"""The words that may leave a text (see `span_words/README.md`), and what a guarded word must stand beside.

An eponym is told by its capital: a word that ICD-10-CM never writes small inside a title. The list is put
together from the clinical tables once and kept compiled.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from terminology.compiled import compiled, digest_of
from terminology.cues import cue_table
from terminology.findings import FINDINGS, vocabulary
from terminology.phrases import folded
from terminology.sorted_table import TABLES, SortedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
"""A word of a text in plain punctuation, with what an apostrophe joins to it."""
POSSESSIVE: Final = re.compile(r"'s?$")

_FOLDER: Final = Path(__file__).with_name("span_words")
_TERMINOLOGY: Final = TABLES.parent
_EXTERNAL_CAUSES: Final = frozenset("VWXY")
_SHORTEST: Final = 2
_LEVELS: Final = {"c": 8, "t": 12, "l": 6, "s": 5}


@dataclass(frozen=True, slots=True)
class SpanWords:
    """The allow-list. Every word is folded: lower case without accents.

    `guarded` are words that may be a name, each with the words that the tables put directly beside it, with
    function words passed over; those in `common` are guarded only where they begin with a capital.
    `hyphened` are words of a single letter and what a hyphen joins to it: "d-dimer", "l-spine".
    `ordinary` are function words and plain prose. `joining` are words that may govern what follows a comma.
    """

    allowed: frozenset[str]
    guarded: dict[str, frozenset[str]]
    common: frozenset[str]
    hyphened: frozenset[str]
    ordinary: frozenset[str]
    units: frozenset[str]
    levels: frozenset[str]
    joining: frozenset[str]
    abbreviations: frozenset[str]
    rewritten: dict[str, str]


@cache
def span_words() -> SpanWords:
    """The bundled allow-list."""
    kept = compiled("span-words", digest_of(_sources()), _build)
    return SpanWords(
        allowed=frozenset(kept["allowed"]),
        guarded={word: frozenset(beside) for word, beside in kept["guarded"].items()},
        common=_file("common_names.txt"),
        hyphened=_file("hyphened.txt"),
        ordinary=_file("ordinary.txt"),
        units=_file("units.txt"),
        levels=frozenset(f"{part}{at}" for part, last in _LEVELS.items() for at in range(1, last + 1)),
        joining=_file("joining.txt"),
        abbreviations=cue_table().abbreviations,
        rewritten={row["written"]: row["read"] for row in _rows(_FOLDER / "rewritten.csv")},
    )


def _sources() -> list[Path]:
    names = ("abbreviations.csv", "lay_terms.csv", "procedure_words.yaml", "procedures.yaml")
    return [
        Path(__file__),
        *sorted(_FOLDER.glob("*.*")),
        TABLES / "icd10cm.tsv.gz",
        *sorted(FINDINGS.glob("*.yaml")),
        *sorted(_TERMINOLOGY.glob("cues/*.csv")),
        *sorted(_TERMINOLOGY.glob("statement_words/*.csv")),
        *(_TERMINOLOGY / name for name in names),
    ]


def _build() -> dict[str, Any]:
    small, capital = set[str](), set[str]()
    beside: dict[str, set[str]] = {}
    ordinary = _file("ordinary.txt")
    for text in _texts():
        written = [POSSESSIVE.sub("", match.group()) for match in WORD.finditer(text)]
        for place, word in enumerate(written):
            known = capital if place and word[0].isupper() and word[1:].islower() else small
            known.add(folded(word))
        words = [folded(word) for word in written]
        telling = [word for word in words if word not in ordinary]
        for one, other in (*(pairwise(words) if "may" in words else ()), *pairwise(telling)):
            beside.setdefault(one, set()).add(other)
            beside.setdefault(other, set()).add(one)
    eponyms = capital - {
        folded(word) for text in _icd_texts() for word in WORD.findall(text)[1:] if word[0].islower()
    }
    allowed = {word for word in small | capital | ordinary | _file("units.txt") if len(word) >= _SHORTEST}
    allowed = {word for word in allowed if word.isascii()} - _file("refused.txt")
    guarded = (eponyms | _file("names.txt")) & allowed
    telling_beside = allowed - _file("loose.txt")
    return {
        "allowed": sorted(allowed),
        "guarded": {word: sorted(beside.get(word, set()) & telling_beside) for word in sorted(guarded)},
    }


def _texts() -> Iterator[str]:
    """Every title, term and phrase of the clinical tables."""
    yield from _icd_texts()
    for finding in vocabulary():
        yield from (finding.name, *finding.phrases, *finding.conclusions)
        for measure in finding.measures:
            yield from (*measure.named, *measure.counted)
    for name in ("abbreviations.csv", "lay_terms.csv"):
        for row in _rows(_TERMINOLOGY / name):
            yield from (row["term"], row["expansion"])
    yield from (f"{row['name']} {row['beside']}" for row in _rows(_FOLDER / "beside.csv"))
    for folder in ("cues", "statement_words"):
        for path in sorted(_TERMINOLOGY.glob(f"{folder}/[ei][nt].csv")):
            yield from (row["phrase"] for row in _rows(path))
    for name in ("procedure_words.yaml", "procedures.yaml"):
        lines = (_TERMINOLOGY / name).read_text(encoding="utf-8").splitlines()
        for line in lines:
            yield from re.split(r"[,\[\]{}]", line.split("#")[0])


def _icd_texts() -> Iterator[str]:
    for line in SortedTable.load("icd10cm.tsv.gz").text.decode().splitlines():
        code, _, _, title, terms, notes = line.split("\t")
        if code[0] not in _EXTERNAL_CAUSES:
            yield from (title, *terms.split("|"), *notes.split("|"))


def _rows(path: Path) -> Iterable[dict[str, str]]:
    return csv.DictReader(path.read_text(encoding="utf-8").splitlines())


def _file(name: str) -> frozenset[str]:
    return frozenset((_FOLDER / name).read_text(encoding="utf-8").split())
