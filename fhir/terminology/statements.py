"""What an order's free text states: age, sex, pregnancy, side, phase of the work-up, duration, acuity.

Only what is written counts. What two places of a text state differently is unknown, and so is what the text
denies, supposes or says of a relative. The words are tables in `statement_words/`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import floor
from typing import Final, Literal, TypeVar, cast, get_args

from terminology.context import ContextReader
from terminology.cues import find_phrases, read_tokens
from terminology.statement_words import patterns, spelled_number, values, words

_READ_AT_MOST: Final = 5_000  # characters
_OLDEST: Final = 120  # years
_LONGEST_GESTATION: Final = 45  # weeks
_DAYS: Final = {"year": 365.0, "month": 30.0, "week": 7.0, "day": 1.0, "hour": 1 / 24}
_YEARS: Final = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25, "hour": 1 / 8766}
# Letters that a pattern takes for others when it ignores case, but that str.lower leaves.
_PLAIN_LETTERS: Final = {0x130: "I", 0x131: "i", 0x17F: "s", 0x212A: "K"}
_WORDED: Final = frozenset({"next-study", "lately"})
"""Items whose patterns have no number."""
_STAGES: Final = {
    "newborn": (0.0, 29 / 365.25),
    "infant": (0.0, 1.0),
    "toddler": (1.0, 4.0),
    "child": (0.0, 18.0),
    "adolescent": (11.0, 18.0),
    "adult": (18.0, float(_OLDEST)),
    "elderly": (65.0, float(_OLDEST)),
}
"""Ages in years, from the first and below the second."""
_SEXES: Final = {"m": "male", "f": "female"}
_NOT_SAID: Final = {  # the ways of meaning a word in which it states nothing about this patient now
    "sex": ("family",),
    "pronoun": ("family",),
    "laterality": ("negated", "family", "historical"),
    "phase": ("negated", "family", "hypothetical"),
    "acuity": ("negated", "family", "historical"),
    "duration": ("family",),
    "lately": ("family",),
    "age": ("family", "hypothetical"),
    "age-from": ("family", "hypothetical"),
    "age-below": ("family", "hypothetical"),
    "stage": ("negated", "historical", "family", "hypothetical"),
    "next-study": ("family", "hypothetical"),
    "gestation": ("negated", "historical", "family", "hypothetical"),
    "pregnant": ("uncertain", "historical", "family", "hypothetical"),
}

_T = TypeVar("_T")

Sex = Literal["male", "female"]
Laterality = Literal["left", "right", "bilateral"]
Phase = Literal["initial", "next-study", "follow-up"]
Acuity = Literal["acute", "subacute", "chronic"]

COURSES: Final[frozenset[str]] = frozenset(get_args(Acuity))
"""The courses by their names, which are ids of findings too."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What a text states; None where it states nothing or contradicts itself.

    `stage_years` are the ages that words for a stage of life allow, from the first and below the second,
    where no age is given. A duration given as a range or as "more than" is its lower bound; a month counts 30
    days and a year 365.
    """

    age_years: float | None
    stage_years: tuple[float, float] | None
    sex: Sex | None
    pregnant: bool | None
    gestation_weeks: int | None
    laterality: Laterality | None
    phase: Phase | None
    duration_days: float | None
    acuity: Acuity | None


def read_statements(text: str) -> Statements:
    """Read the first 5,000 characters of a text; any text gives a value."""
    note = _Note(text[:_READ_AT_MOST])
    ages, sexes = note.ages()
    weeks = note.gestations()
    sex = _only(sexes | note.said("sex") | note.said("pronoun"))
    pregnancies = note.pregnancies() | {True for _ in weeks}
    pregnant = _only(pregnancies)
    if pregnant and "male" in sexes | note.said("sex"):
        sex = pregnant = None
    return Statements(
        age_years=_only(ages),
        stage_years=None if ages else note.stage(),
        sex=cast("Sex | None", sex if sex in {"male", "female"} else None),
        pregnant=pregnant,
        gestation_weeks=_only(weeks) if pregnant else None,
        laterality=cast("Laterality | None", _only(note.said("laterality"))),
        phase=cast("Phase | None", _only(note.phases())),
        duration_days=_only(note.durations()),
        acuity=cast("Acuity | None", _only(note.said("acuity"))),
    )


def course_names(text: str) -> tuple[tuple[int, int], ...]:
    """Where a name holds a word of course that tells no complaint's: "chronic AF", "acute distress"."""
    tokens = tuple(read_tokens(text[:_READ_AT_MOST], frozenset()))
    return tuple(
        (tokens[at].start, tokens[at + phrase.width - 1].end)
        for at, phrase in find_phrases(tokens, words())
        for cue in phrase.cues
        if cue.kind == "acuity" and not cue.axis
    )


def _only(stated: set[_T]) -> _T | None:
    return next(iter(stated)) if len(stated) == 1 else None


class _Note:
    """One text with its words found and its context read."""

    def __init__(self, text: str) -> None:
        self._text = spelled_number().sub(_in_digits, text.translate(_PLAIN_LETTERS))
        self._numeric = any(map(str.isdigit, self._text))
        self._ages = self._matches("age")
        self._gestations = self._matches("gestation")
        tokens = tuple(read_tokens(self._text, frozenset()))
        self._words = tuple(
            (cue.kind, cue.axis, tokens[at].start, tokens[at + phrase.width - 1].end)
            for at, phrase in find_phrases(tokens, words())
            for cue in phrase.cues
        )

    @cached_property
    def _context(self) -> ContextReader:
        return ContextReader(self._text)

    def said(self, item: str) -> set[str]:
        """Give the values that words of an item state."""
        return {
            value
            for kind, value, start, end in self._words
            if kind == item
            and value
            and self._counts(item, start, end)
            and not (item == "pronoun" and self._text[start:end].isupper())
        }

    def pregnancies(self) -> set[bool]:
        """Give what words state of a pregnancy; the noun alone states none unless it is denied."""
        stated: set[bool] = set()
        for kind, value, start, end in self._words:
            if kind == "pregnant" and value and self._counts("pregnant", start, end):
                over_comma = self._context.denied_over_comma(start, end) is not None
                negated = self._context.assertion(start, end).negated
                denied = value == "no" or (negated and not over_comma)
                if denied or value == "yes":
                    stated |= {not denied}
        return stated

    def ages(self) -> tuple[set[float], set[str]]:
        """Give the ages in years, and the sexes written with them."""
        ages: set[float] = set()
        sexes: set[str] = set()
        for match in self._ages:
            groups = match.groupdict()
            age = round(_years(match), 4)
            if age <= _OLDEST:
                ages.add(age)
                sexes |= {_SEXES[letter.lower()] for letter in (groups.get("sex"),) if letter}
        return ages, sexes

    def stage(self) -> tuple[float, float] | None:
        """Give the ages that every word for a stage of life and every bound allows, or else every bound."""
        others = self._excluded("age")
        stages = [
            _STAGES[value]
            for kind, value, start, end in self._words
            if kind == "stage"
            and value
            and self._counts(kind, start, end)
            and not _overlaps((start, end), others)
        ]
        bounds = [*self._bounds("age-from"), *self._bounds("age-below")]
        return _common([*stages, *bounds]) or _common(bounds)

    def _bounds(self, item: str) -> Iterator[tuple[float, float]]:
        for match in self._matches(item):
            years = floor(_years(match) * 10_000) / 10_000  # as topics bound the ages of infants
            yield (years, float(_OLDEST)) if item == "age-from" else (0.0, years)

    def durations(self) -> set[float]:
        """Give the durations in days; what happened yesterday or today is a day old."""
        stated = {float(value) for value in self.said("duration")} | {1.0 for _ in self._matches("lately")}
        ages = [match.span("number") for match in self._ages + self._gestations]
        for match in self._matches("duration"):
            if not _overlaps(match.span("number"), ages):
                stated.add(round(_number(match["number"]) * _DAYS[values("unit")[match["unit"].lower()]], 4))
        return stated

    def gestations(self) -> set[int]:
        """Give the completed weeks of pregnancy."""
        weeks = {int(match["number"]) for match in self._gestations}
        return {week for week in weeks if 0 < week <= _LONGEST_GESTATION}

    def phases(self) -> set[str]:
        """Give the phases of the work-up; an "initial" inside the words of a next study is part of these."""
        results = [match.span() for match in self._matches("next-study")]
        stated = {
            value
            for kind, value, start, end in self._words
            if kind == "phase"
            and value
            and self._counts("phase", start, end)
            and not _overlaps((start, end), results)
        }
        return stated | {"next-study" for _ in results}

    def _matches(self, item: str) -> list[re.Match[str]]:
        if not self._numeric and item not in _WORDED:
            return []
        found = [match for pattern in patterns(item) for match in pattern.finditer(self._text)]
        if not found:
            return []
        excluded = self._excluded(item)
        return [match for match in found if self._stands(item, match, excluded)]

    def _excluded(self, item: str) -> list[tuple[int, int]]:
        """Give where numbers stand that are none of an item."""
        if not self._numeric and item not in _WORDED:
            return []
        items = (f"not-{item}", "age-from", "age-below") if item == "age" else (f"not-{item}",)
        return [
            match.span()
            for each in items
            for pattern in patterns(each)
            for match in pattern.finditer(self._text)
        ]

    def _stands(self, item: str, match: re.Match[str], excluded: list[tuple[int, int]]) -> bool:
        start, end = match.span("number" if "number" in match.re.groupindex else 0)
        return not _overlaps((start, end), excluded) and self._counts(item, start, end)

    def _counts(self, item: str, start: int, end: int) -> bool:
        assertion = self._context.assertion(start, end)
        return not any(getattr(assertion, axis) for axis in _NOT_SAID[item])


def _in_digits(match: re.Match[str]) -> str:
    words = re.split(r"[ -]", match[0].lower())
    return str(sum(int(values("number")[word]) for word in words))


def _years(match: re.Match[str]) -> float:
    """Give the age that a pattern found; without a unit it is in years."""
    unit = values("unit")[(match.groupdict().get("unit") or "year").lower()]
    return _number(match["number"]) * _YEARS[unit]


def _common(ranges: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Give what all the ranges have in common; None where that is nothing, or there are none."""
    if not ranges:
        return None
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    return (low, high) if low < high else None


def _number(digits: str) -> float:
    return float(digits.replace(",", "."))


def _overlaps(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)
