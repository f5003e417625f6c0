"""What a laboratory says of a value: positive or negative, by its interpretation, its words, or its range.

The codes are those of https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html, of SNOMED CT
and of LOINC answer lists; they and the words stand in `result_verdicts.csv`. Positive means above or outside
what is expected, so a value that is merely low is negative.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fhir.resources.R4B.observation import ObservationReferenceRange
    from fhir.resources.R4B.quantity import Quantity

    from terminology.coding import Concept

Verdict = Literal["positive", "negative"]

_NUMBER: Final = r"([0-9]+(?:\.[0-9]+)?)"
_UPPER_LIMIT: Final = re.compile(rf"(?:<=?|≤|{_NUMBER}\s*-)\s*{_NUMBER}(?:\s*[^\s0-9].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measure:
    """A number, with `comparator` where it is only a bound: "below 0.27" is `<` and 0.27."""

    number: float
    unit: str | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None

    def below(self, limit: float) -> bool | None:
        """Whether the value lies below the limit; `None` where the bound leaves it open."""
        match self.comparator:
            case None:
                return self.number < limit
            case "<":
                return True if self.number <= limit else None
            case "<=":
                return True if self.number < limit else None
            case _:
                return False if self.number >= limit else None

    def above(self, limit: float) -> bool | None:
        """Whether the value lies above the limit; `None` where the bound leaves it open."""
        match self.comparator:
            case None:
                return self.number > limit
            case ">":
                return True if self.number >= limit else None
            case ">=":
                return True if self.number > limit else None
            case _:
                return False if self.number <= limit else None


def read_measure(quantity: Quantity | None) -> Measure | None:
    """The measure of a Quantity; `None` where it has no value."""
    if quantity is None or quantity.value is None:
        return None
    return Measure(
        float(quantity.value),
        quantity.unit,
        cast("Literal['<', '<=', '>=', '>'] | None", quantity.comparator),
    )


def stated_verdict(concepts: Iterable[Concept]) -> Verdict | None:
    """The verdict that codes or words state; `None` where there is none, or where they differ."""
    said = {
        verdict
        for concept in concepts
        for each in (
            *(word for coding in concept.codings for word in (coding.code, coding.display)),
            concept.text,
        )
        if (verdict := _verdicts().get((each or "").strip()) or _verdicts().get((each or "").strip().lower()))
    }
    return next(iter(said)) if len(said) == 1 else None


def range_verdict(measure: Measure | None, ranges: Iterable[ObservationReferenceRange]) -> Verdict | None:
    """The verdict by the upper limit of the one reference range; `None` where ranges or units differ."""
    limits = [limit for each in ranges if (limit := _upper_limit(each)) is not None]
    if measure is None or len(limits) != 1:
        return None
    if limits[0].unit and measure.unit and _plain(limits[0].unit) != _plain(measure.unit):
        return None
    above = measure.above(limits[0].number)
    if above is None:
        return None
    return "positive" if above else "negative"


def _upper_limit(sent: ObservationReferenceRange) -> Measure | None:
    if sent.high is not None:
        return read_measure(sent.high)
    match = _UPPER_LIMIT.fullmatch((sent.text or "").strip())
    return Measure(float(match[2])) if match else None


def _plain(unit: str) -> str:
    return unit.casefold().replace("µ", "u").replace("μ", "u")


@cache
def _verdicts() -> Mapping[str, Verdict]:
    rows = (files("chart") / "result_verdicts.csv").read_text(encoding="utf-8").splitlines()
    return {row["said"]: cast("Verdict", row["verdict"]) for row in csv.DictReader(rows)}
