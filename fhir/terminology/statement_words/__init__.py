"""The word tables and number patterns of this folder, compiled once."""

import csv
import re
from functools import cache
from pathlib import Path
from typing import Final

from terminology.cues import Cue, Table, phrase_table

WORD_ITEMS: Final = frozenset(
    {"sex", "stage", "pronoun", "pregnant", "laterality", "phase", "acuity", "duration"}
)
_NUMBERS: Final = {
    "number": r"(?P<number>\d{1,3}(?:[.,]\d{1,2})?)",
    "weeks": r"(?P<number>\d{1,2})",
    "left": r"(?<![\w<>≥≤])(?<!\d[.,/-])(?<![<>≥≤] )",  # where the number of an age may begin
}


@cache
def words() -> Table:
    """Give the phrases that state something by themselves, of all languages."""
    rows = [row for name in ("en", "it") for row in _rows(name) if row["item"] in WORD_ITEMS]
    cues = ((row["phrase"], Cue(row["item"], row["value"], "", "")) for row in rows)
    return phrase_table(cues, breaks=frozenset(), abbreviations=frozenset())


@cache
def values(item: str) -> dict[str, str]:
    """Give the words of one item with what each stands for."""
    rows = (row for name in ("en", "it") for row in _rows(name) if row["item"] == item)
    return {row["phrase"]: row["value"] for row in rows}


@cache
def patterns(item: str) -> tuple[re.Pattern[str], ...]:
    """Give the patterns of one item, with groups `number`, `unit` and `sex` where they have them."""
    return tuple(
        re.compile(_filled(row["pattern"]), re.IGNORECASE) for row in _rows("patterns") if row["item"] == item
    )


@cache
def spelled_number() -> re.Pattern[str]:
    """Find the numbers written out before a unit of time: "six weeks", "forty-five-year-old"."""
    number = f"(?:{_any('number')})"
    return re.compile(rf"\b{number}(?:[ -]{number})?(?=[ -](?:{_any('unit')})(?!\w))", re.IGNORECASE)


def _filled(pattern: str) -> str:
    """Put words for the names in angle brackets, but not for those that name a group."""
    return re.sub(r"(?<!\?P)<(\w+)>", lambda name: _fragment(name[1]), pattern)


def _fragment(name: str) -> str:
    match name:
        case "nonyear":
            return "|".join(unit for unit, value in values("unit").items() if value != "year")
        case "sexword":
            return "|".join(word for word, value in values("sex").items() if value in {"male", "female"})
        case "unit":
            return f"(?P<unit>{_any('unit')})"
        case _:
            return _NUMBERS.get(name) or _any(name)


def _any(item: str) -> str:
    return "|".join(re.escape(phrase) for phrase in sorted(values(item), key=len, reverse=True))


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
