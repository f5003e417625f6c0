"""ICD-9-CM (version 32, its last) and its crosswalk with ICD-10-CM: every target, every flag.

The crosswalk is the General Equivalence Mappings of CMS, frozen in 2018. One source often has many targets,
and a combination needs one target of each choice list; so all rows are kept, and none is picked.
https://www.cms.gov/medicare/coding-billing/icd-10-codes
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from terminology.icd10cm import Standing, icd10cm
from terminology.icd10cm import dotted as dotted_icd10cm
from terminology.sorted_table import SortedTable

if TYPE_CHECKING:
    from collections.abc import Callable

_CATEGORY_LENGTH = 3
_ICD9 = re.compile(
    r"(?:[0-9]{3}(?:\.?[0-9]{1,2})?|V[0-9]{2}(?:\.?[0-9]{1,2})?|E[0-9]{3}(?:\.?[0-9])?)", re.ASCII
)
_ICD10 = re.compile(r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class GemTarget:
    """One row of the mappings: the target, dotted (`None` where the row says there is none), and its flags.

    `scenario` and `choice_list` are 0 outside combinations; within one, a coder takes one target of each
    choice list of the same scenario.
    """

    code: str | None
    approximate: bool
    no_map: bool
    combination: bool
    scenario: int
    choice_list: int


class Icd9cmTable:
    """ICD-9-CM titles and the mappings both ways."""

    def __init__(self, titles: SortedTable, to_icd10cm: SortedTable, from_icd10cm: SortedTable) -> None:
        self._titles = titles
        self._to = to_icd10cm
        self._from = from_icd10cm

    def title(self, code: str) -> str | None:
        """The title of a billable code; `None` where version 32 has no such code."""
        bare = _bare(code, _ICD9)
        row = self._titles.row(bare) if bare else None
        return row[1] if row else None

    def to_icd10cm(self, code: str) -> tuple[GemTarget, ...]:
        """Every ICD-10-CM target of an ICD-9-CM code; empty where the mappings do not hold the code.

        A heading (`724`) answers with the targets of the codes below it, each once.
        """
        bare = _bare(code, _ICD9)
        return _targets(self._to, bare, dotted_icd10cm) if bare else ()

    def from_icd10cm(self, code: str) -> tuple[GemTarget, ...]:
        """Every ICD-9-CM target of an ICD-10-CM code; empty where the mappings hold nothing of it.

        A heading (`S83.511`) answers with the targets of the codes below it, each once. A code that has been
        split off since the mappings were frozen (`M54.50`) answers with those of its stem, as approximate.
        """
        bare = _bare(code, _ICD10)
        if not bare:
            return ()
        return _targets(self._from, bare, dotted) or self._of_former_stem(bare)

    def _of_former_stem(self, code: str) -> tuple[GemTarget, ...]:
        found = icd10cm().get(code)
        if found is None or found.standing is Standing.ANCESTOR:
            return ()
        for length in range(len(code) - 1, _CATEGORY_LENGTH - 1, -1):
            rows = list(self._from.rows(code[:length]))
            if rows:
                return tuple(replace(_target(row[1], row[2], dotted), approximate=True) for row in rows)
        return ()


def dotted(code: str) -> str:
    """An ICD-9-CM code with its dot: after four characters for an E code, after three for any other."""
    head = 4 if code.startswith("E") else 3
    return f"{code[:head]}.{code[head:]}" if len(code) > head and "." not in code else code


def _bare(code: str, shape: re.Pattern[str]) -> str | None:
    written = code.strip().upper()
    return written.replace(".", "") if shape.fullmatch(written) else None


def _targets(table: SortedTable, code: str, dot: Callable[[str], str]) -> tuple[GemTarget, ...]:
    rows = list(table.rows(code)) or list(table.prefixed(code))
    return tuple(dict.fromkeys(_target(target, flags, dot) for _, target, flags in rows))


def _target(target: str, flags: str, dot: Callable[[str], str]) -> GemTarget:
    approximate, no_map, combination, scenario, choice_list = (int(flag) for flag in flags)
    return GemTarget(
        code=None if no_map else dot(target),
        approximate=approximate == 1,
        no_map=no_map == 1,
        combination=combination == 1,
        scenario=scenario,
        choice_list=choice_list,
    )


@cache
def icd9cm() -> Icd9cmTable:
    """The table, read once."""
    names = ("icd9cm.tsv.gz", "gem_9_to_10.tsv.gz", "gem_10_to_9.tsv.gz")
    return Icd9cmTable(*(SortedTable.load(name) for name in names))
