"""Results: laboratory values and other observations, as numbers or as positive and negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from fhir.resources.R4B.observation import Observation

from chart.elements import DateRange, read_concept, read_date
from chart.lenient import read_leniently
from terminology.coding import Concept

if TYPE_CHECKING:
    from chart.resource import Resource

_ELEMENTS: Final = (
    "status",
    "code",
    "effectiveDateTime",
    "effectiveInstant",
    "issued",
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "interpretation",
    "referenceRange",
)
_WITHOUT_VALUE: Final = frozenset({"registered", "cancelled", "entered-in-error"})
_POSITIVE: Final = frozenset({"POS", "H", "HH", "A", "AA", "DET", "R", "10828004", "260373001", "52101004"})
_NEGATIVE: Final = frozenset({"NEG", "N", "L", "ND", "NR", "260385009", "260415000", "2667000"})
_POSITIVE_WORDS: Final = frozenset({"positive", "detected", "elevated", "high", "abnormal", "pregnant", "true"})
_NEGATIVE_WORDS: Final = frozenset({"negative", "not detected", "normal", "not pregnant", "false", "within normal limits"})


@dataclass(frozen=True, slots=True)
class Result:
    """One observation: a number in its unit, a verdict, or the concept it was answered with."""

    reference: str | None
    concept: Concept
    number: float | None
    unit: str | None
    verdict: Literal["positive", "negative"] | None
    value: Concept
    taken: DateRange | None


def read_result(resource: Resource) -> Result | None:
    """The result; `None` for another resource and for one that has no value yet or was made in error."""
    if resource.type != "Observation":
        return None
    observation = read_leniently(resource, Observation, _ELEMENTS)
    if observation is None or observation.status in _WITHOUT_VALUE:
        return None
    concept = read_concept(observation.code)
    if concept.empty:
        return None
    quantity = observation.valueQuantity
    number = quantity.value if quantity is not None else observation.valueInteger
    return Result(
        reference=resource.reference,
        concept=concept,
        number=None if number is None else float(number),
        unit=quantity.unit if quantity is not None else None,
        verdict=_verdict(observation, None if number is None else float(number)),
        value=read_concept(observation.valueCodeableConcept),
        taken=read_date(observation.effectiveDateTime or observation.effectiveInstant or observation.issued),
    )


def _verdict(observation: Any, number: float | None) -> Literal["positive", "negative"] | None:
    """What the laboratory says of the value: its interpretation, its words, else its reference range."""
    concepts = [*(observation.interpretation or ()), observation.valueCodeableConcept]
    for concept in (concept for concept in concepts if concept is not None):
        for coding in concept.coding or ():
            verdict = _of_code(coding.code) or _of_words(coding.display)
            if verdict:
                return verdict
        if verdict := _of_words(concept.text):
            return verdict
    if observation.valueBoolean is not None:
        return "positive" if observation.valueBoolean else "negative"
    if verdict := _of_words(observation.valueString):
        return verdict
    return _against_range(observation, number)


def _of_code(code: str | None) -> Literal["positive", "negative"] | None:
    if code in _POSITIVE:
        return "positive"
    return "negative" if code in _NEGATIVE else None


def _of_words(words: str | None) -> Literal["positive", "negative"] | None:
    said = (words or "").strip().lower()
    if said in _POSITIVE_WORDS:
        return "positive"
    return "negative" if said in _NEGATIVE_WORDS else None


def _against_range(observation: Any, number: float | None) -> Literal["positive", "negative"] | None:
    highs = [each.high.value for each in observation.referenceRange or () if each.high and each.high.value]
    if number is None or len(highs) != 1:
        return None
    return "positive" if number > float(highs[0]) else "negative"
