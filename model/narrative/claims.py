"""What a text claims on the points that tell one variant from another, and the numbers it gives.

The points and the words that decide them are `words/claims.csv`: of one claim, an earlier row takes the words
that it matches away from the later ones ("nontraumatic" is no trauma). `ranges.py` reads the numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from model.narrative.terms import WORDS

Reader = Literal["narrative", "guideline"]
Claims = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Row:
    value: str
    read_in: str
    pattern: re.Pattern[str]


def read_claims(text: str, reader: Reader) -> dict[str, frozenset[str]]:
    """The values that the text gives to each claim it speaks of."""
    found: dict[str, frozenset[str]] = {}
    for claim, rows in _claims().items():
        left = text
        values = set()
        for row in rows:
            if row.read_in not in ("any", reader):
                continue
            less, hits = row.pattern.subn(" | ", left)
            if hits:
                values.add(row.value)
                left = less
        if values:
            found[claim] = frozenset(values)
    return found


@cache
def _claims() -> dict[str, tuple[_Row, ...]]:
    rows: dict[str, list[_Row]] = {}
    with (WORDS / "claims.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pattern = re.compile(row["pattern"], re.IGNORECASE)
            rows.setdefault(row["claim"], []).append(_Row(row["value"], row["read_in"], pattern))
    return {claim: tuple(listed) for claim, listed in rows.items()}
