"""ICD-10-CM, the edition of April 2026: what a code means, what stands above it, whether it can be billed.

A code may be written with or without its dot, in either case. One the edition does not hold is answered by
its nearest ancestor that it does hold, and says so; nothing is ever made up.
https://www.cdc.gov/nchs/icd/icd-10-cm/files.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from terminology.sorted_table import SortedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EDITION: Final = "2026-04-01"
"""The first day on which the table's codes are valid."""

_SHAPE = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.ASCII)
_CATEGORY_LENGTH = 3
_MOST_REMEMBERED: Final = 4_096
"""Codes whose answers stay in memory: a look-up takes some twenty comparisons for each heading above it."""


class Standing(Enum):
    """How the code asked for stands in the edition."""

    BILLABLE = "billable"
    STEM = "stem"
    """The edition holds it, as a heading of longer codes: M54.5, S83.511."""
    ANCESTOR = "ancestor"
    """The edition does not hold it; this is the nearest heading above that it does hold."""


@dataclass(frozen=True, slots=True)
class Icd10cmCode:
    """A code of the edition, dotted; `parents` from the nearest heading up to the chapter."""

    code: str
    title: str
    standing: Standing
    parents: tuple[str, ...]
    inclusion_terms: tuple[str, ...]

    @property
    def billable(self) -> bool:
        """True for the very code asked for, where a claim may carry it."""
        return self.standing is Standing.BILLABLE

    @property
    def category(self) -> str:
        """The three characters that name the disease."""
        return self.code[:_CATEGORY_LENGTH]


class Icd10cmTable:
    """The code table. Rows: code, heading, billable, title, inclusion terms, terms of notes."""

    def __init__(self, rows: SortedTable) -> None:
        self._rows = rows
        self._remembered = lru_cache(maxsize=_MOST_REMEMBERED)(self._nearest)

    def get(self, code: str) -> Icd10cmCode | None:
        """What `code` names, or its nearest heading (see `Standing`).

        `None` where it has not the shape of a code, or where the edition has not even its category.
        """
        written = code.strip().upper()
        return self._remembered(written.replace(".", "")) if _SHAPE.fullmatch(written) else None

    def _nearest(self, wanted: str) -> Icd10cmCode | None:
        for length in range(len(wanted), _CATEGORY_LENGTH - 1, -1):
            row = self._rows.row(wanted[:length])
            if row is not None:
                return self._code(row, held=length == len(wanted))
        return None

    def billable(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Every billable code that begins with the prefix, plain, with its category."""
        for code, _, billable, *_ in self._rows.prefixed(prefix):
            if billable == "1":
                yield code, code[:_CATEGORY_LENGTH]

    def title(self, heading: str) -> str | None:
        """The title of a code, a block (`M50-M54`) or a chapter (`13`); `None` where there is none."""
        row = self._rows.row(heading.strip().upper().replace(".", ""))
        return row[3] if row else None

    def _code(self, row: tuple[str, ...], *, held: bool) -> Icd10cmCode:
        code, _, billable, title, terms, _ = row
        standing = Standing.ANCESTOR if not held else Standing.BILLABLE if billable == "1" else Standing.STEM
        inclusion = tuple(terms.split("|")) if terms else ()
        return Icd10cmCode(dotted(code), title, standing, self._parents(row), inclusion)

    def _parents(self, row: tuple[str, ...]) -> tuple[str, ...]:
        parents = []
        above: tuple[str, ...] | None = row
        while above is not None and above[1]:
            parents.append(dotted(above[1]))
            above = self._rows.row(above[1])
        return tuple(parents)


def dotted(code: str) -> str:
    """A code with its dot after the category; blocks and chapters as they are."""
    if len(code) <= _CATEGORY_LENGTH or "-" in code or "." in code:
        return code
    return f"{code[:_CATEGORY_LENGTH]}.{code[_CATEGORY_LENGTH:]}"


def titles(codes: Iterable[str | None]) -> tuple[str, ...]:
    """The titles of the codes that the edition knows, each once; of an unknown code that of its heading."""
    found = (icd10cm().get(code) for code in codes if code)
    return tuple(dict.fromkeys(code.title for code in found if code))


@cache
def icd10cm() -> Icd10cmTable:
    """The table, read once."""
    return Icd10cmTable(SortedTable.load("icd10cm.tsv.gz"))
