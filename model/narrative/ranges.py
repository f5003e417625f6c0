"""The numbers that a text gives, as ranges: age in years, size in millimetres, BI-RADS, days since the onset.

A guideline's sentence bounds them ("younger than 30"), a narrative states them ("28F"). A number that a
sentence bounds twice in ways that cannot both hold is left open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from terminology.statements import Statements

ADULT: Final = 18.0


@dataclass(frozen=True, slots=True)
class Range:
    """From `low`, included, to `high`, not included; a single value has both equal and is included."""

    low: float
    high: float

    def holds(self, other: Range) -> bool:
        """Whether all of `other` lies inside."""
        if other.low == other.high:
            return self.meets(other)
        return self.low <= other.low and other.high <= self.high

    def meets(self, other: Range) -> bool:
        """Whether the two have a value in common."""
        if other.low == other.high:
            return self.low <= other.low < self.high or self.low == self.high == other.low
        if self.low == self.high:
            return other.meets(self)
        return self.low < other.high and other.low < self.high


_UNIT = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25}
_NUMBER = r"(?P<{}>\d{{1,3}})"
_UNITS = r"(?P<unit>year|month|week|day)s?"
_NO_AGE = re.compile(
    r"(?:hormone )?use[^.]{0,40}\d+ years?|(?:every|within the past|within)[^.]{0,20}years?"
    r"|\d+ or more packs?"
    r"|less than \d+ years? after|\d+ to \d+ years? after|chest irradiation[^)]{0,30}age|\d+ years? after"
    r"|less than \d+ packs|(?:between|at) \d+ to \d+ years of age\)?(?=,)"
    r"|symptoms?[^.]{0,20}\d+ (?:day|week)s?"
    r"|first \d+ days? after birth|(?:more|less) than \d+ weeks?|\d+ to \d+ weeks of gest\w+"
    r"|lasting[^.]{0,30}"
    r"|follow-up imaging[^.]{0,40}|postmenopausal[^.]*",
    re.IGNORECASE,
)
_AGE_BETWEEN = re.compile(
    rf"{_NUMBER.format('a')} ?(?P<unit0>year|month|week|day)?s?(?: of age)? (?:to|through|-|\u2013) "
    rf"{_NUMBER.format('b')}(?: {_UNITS})?(?! after)(?P<open> of age or older)?",
    re.IGNORECASE,
)
_AGE_FROM = re.compile(
    rf"(?:greater than or equal to|older than|greater than|equal to or greater than|≥|>)"
    rf" {_NUMBER.format('a')}(?: {_UNITS}|$|\.)"
    rf"|(?:age[d]? )?{_NUMBER.format('c')} (?P<unit2>year|month|week|day)s?(?: of age)? (?:or|and) older",
    re.IGNORECASE,
)
_AGE_BELOW = re.compile(
    rf"(?:younger than|less than|under|<) {_NUMBER.format('a')}(?: {_UNITS})?(?! ?(?:mm|cm|hours|mg|week|%))"
    rf"|up to (?:age )?{_NUMBER.format('c')}(?: (?P<unit2>year|month|week|day)s?)?"
    rf"|{_NUMBER.format('d')} (?P<unit3>year|month|week|day)s?(?: of age)? (?:or|and) younger",
    re.IGNORECASE,
)
_AGE_SAID = re.compile(r"\bage|years?\b|months? of|weeks? of|month|neonat|infant|child|week", re.IGNORECASE)
_CHILD = re.compile(
    r"\b(?:child(?:ren|hood)?|kids?|kiddo|boys?|girls?|p(?:a)?ediatric|peds|adolescents?|teen\w*|toddlers?|"
    r"schoolboy|school-?age\w*|preschool\w*)\b",
    re.IGNORECASE,
)
_INFANT = re.compile(r"\b(?:infants?|bab(?:y|ies))\b", re.IGNORECASE)
_NEONATE = re.compile(r"\b(?:newborns?|neonat\w*|day[- ]old|DOL ?\d|NICU)\b", re.IGNORECASE)
_NOT_SIZE = re.compile(r"\d+(?:\.\d+)? ?(?:mm|cm) ?(?:hg|stromal)", re.IGNORECASE)
_SIZE = re.compile(
    r"(?P<sign>less than or equal to|greater than or equal to|equal to or greater than|less than|"
    r"greater than|"
    r"≤|≥|<=|>=|<|>|up to|under|over|at least)? ?(?P<number>\d{1,3}(?:\.\d+)?) ?(?P<unit>mm|cm)\b"
    r"(?P<less> or less| or smaller)?(?P<more> or (?:more|larger|greater))?",
    re.IGNORECASE,
)
_SIZE_BETWEEN = re.compile(
    r"(\d+(?:\.\d+)?)(?: ?(?:mm|cm))? (?:to|-|\u2013) (\d+(?:\.\d+)?) ?(mm|cm)\b", re.IGNORECASE
)
_BIRADS = re.compile(r"bi-?rads\W{0,3}(?:category |cat )?([0-6])(?:[abc])?(?: or (\d))?", re.IGNORECASE)
_ONSET_BELOW = re.compile(
    r"(?:less than|within(?: the)?(?: first)?|first)(?: \d+ to)? (\d+) (hour|day|week|month)s?", re.IGNORECASE
)
_ONSET_FROM = re.compile(
    r"(?:greater|more|lasting more) than (\d+)(?: to \d+)? (hour|day|week|month)s?"
    r"(?: to (\d+) (week|day|month)s?)?",
    re.IGNORECASE,
)
_ONSET_SAID = re.compile(
    r"(?<![\w./-])(\d{1,3})\+? ?-?(?:h|hr|hrs|hours?|d|days?|w|wk|wks|weeks?|mo|mos|months?)\b"
    r"(?! ?(?:preg|gest|old|ga\b|/o))",
    re.IGNORECASE,
)
_DAYS = {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": 30.0}


def guideline_ranges(text: str) -> dict[str, Range]:
    """The ranges that a guideline's sentence bounds."""
    return _known(
        age=_bounded_age(text),
        size=_size(text, bounded=True),
        birads=_birads(text),
        onset=_bounded_onset(text),
    )


def narrative_ranges(text: str, stated: Statements, age_years: float | None) -> dict[str, Range]:
    """The ranges that a narrative states; an age given beside the text stands before the text's."""
    years = age_years if age_years is not None else stated.age_years
    stage = Range(*stated.stage_years) if stated.stage_years else None
    return _known(
        age=stage if years is None else Range(years, years),
        size=_size(text, bounded=False),
        birads=_birads(text),
        onset=_stated_onset(text, stated),
    )


def _known(**ranges: Range | None) -> dict[str, Range]:
    return {name: each for name, each in ranges.items() if each}


def _bounded_age(text: str) -> Range | None:
    read = _NO_AGE.sub(" ", text)
    low, high = 0.0, inf
    child = bool(_CHILD.search(read)) or bool(_INFANT.search(read)) or bool(_NEONATE.search(read))
    adult = bool(re.search(r"\badults?\b", read, re.IGNORECASE))
    if child and not adult:
        high = 1.0 if _INFANT.search(read) and not _CHILD.search(read) else ADULT
    elif adult and not child:
        low = ADULT
    if _AGE_SAID.search(read):
        low, high = _narrowed(read, low, high)
    return Range(low, high) if low < high and (low > 0.0 or high < inf) else None


def _narrowed(read: str, low: float, high: float) -> tuple[float, float]:
    between = _AGE_BETWEEN.search(read)
    if between:
        unit = _UNIT[(between["unit"] or "year").lower()]
        unit0 = _UNIT[(between["unit0"] or between["unit"] or "year").lower()]
        if between["open"]:
            return max(low, float(between["a"]) * unit0), high
        top = (float(between["b"]) + (1 if unit == 1.0 and not between["unit0"] else 0)) * unit
        return max(low, float(between["a"]) * unit0), min(high, top)
    below = _AGE_BELOW.search(read)
    if below:
        number = below["a"] or below["c"] or below["d"]
        unit = _UNIT[(below["unit"] or below["unit2"] or below["unit3"] or "year").lower()]
        more = 1 if (below["d"] or below["c"]) and unit == 1.0 else 0
        high = min(high, (float(number) + more) * unit)
    from_ = _AGE_FROM.search(read)
    if from_:
        number = from_["a"] or from_["c"]
        unit = _UNIT[(from_["unit"] or from_["unit2"] or "year").lower()]
        low = max(low, float(number) * unit) if float(number) * unit < high else low
    return low, high


def _size(text: str, *, bounded: bool) -> Range | None:
    read = _NOT_SIZE.sub(" ", text)
    between = _SIZE_BETWEEN.search(read)
    if between and bounded:
        scale = 10.0 if between[3].lower() == "cm" else 1.0
        return Range(float(between[1]) * scale, float(between[2]) * scale + 0.01)
    low, high, found = 0.0, inf, False
    for match in _SIZE.finditer(read):
        value = float(match["number"]) * (10.0 if match["unit"].lower() == "cm" else 1.0)
        sign = (match["sign"] or "").lower()
        if sign in {"less than", "<", "under"} and not match["less"]:
            high, found = min(high, value), True
        elif sign in {"less than or equal to", "≤", "<=", "up to"} or match["less"]:
            high, found = min(high, value + 0.01), True
        elif sign in {"greater than", ">", "over"}:
            low, found = max(low, value + 0.01), True
        elif sign or match["more"]:
            low, found = max(low, value), True
        elif not bounded:
            return Range(value, value)
    return Range(low, high) if found and low < high else None


def _birads(text: str) -> Range | None:
    match = _BIRADS.search(text)
    if not match:
        return None
    return Range(float(match[1]), float(match[2] or match[1]) + 0.9)


def _bounded_onset(text: str) -> Range | None:
    if re.search(r"\b(?:age|birth|gestation)", text, re.IGNORECASE):
        return None
    low, high = 0.0, inf
    below = _ONSET_BELOW.search(text)
    if below:
        high = float(below[1]) * _DAYS[below[2][0].lower()]
    from_ = _ONSET_FROM.search(text)
    if from_:
        low = float(from_[1]) * _DAYS[from_[2][0].lower()]
        if from_[3]:
            high = float(from_[3]) * _DAYS[from_[4][0].lower()]
    return Range(low, high) if low < high and (low > 0.0 or high < inf) else None


def _stated_onset(text: str, stated: Statements) -> Range | None:
    if stated.duration_days is not None:
        return Range(stated.duration_days, stated.duration_days)
    match = _ONSET_SAID.search(text)
    if not match:
        return None
    unit = match[0][len(match[1]) :].lstrip(" +-")[0].lower()
    days = float(match[1]) * _DAYS[unit]
    return Range(days, days)
