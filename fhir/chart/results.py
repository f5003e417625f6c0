"""Results: laboratory values and other observations, as numbers or as positive and negative.

https://hl7.org/fhir/R4/observation.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fhir.resources.R4B.observation import Observation

from chart import shapes
from chart.elements import DateRange, read_concept, read_concepts, read_date, read_moment
from chart.lenient import Elements, read_leniently
from chart.resource import Resource
from chart.verdicts import Measure, Verdict, range_verdict, read_measure, stated_verdict
from terminology.coding import Concept

if TYPE_CHECKING:
    from collections.abc import Iterator

_ELEMENTS: Final = Elements(
    {
        "status": shapes.code,
        "code": shapes.one(shapes.concept),
        "effectiveDateTime": shapes.date_time,
        "valueQuantity": shapes.quantity,
        "valueCodeableConcept": shapes.one(shapes.concept),
        "valueString": shapes.text,
        "valueBoolean": shapes.flag,
        "interpretation": shapes.many(shapes.concept),
        "dataAbsentReason": shapes.one(shapes.concept),
        "referenceRange": shapes.many(shapes.elements({"high": shapes.quantity, "text": shapes.text})),
    },
    names={
        "valueQuantity": ("valueQuantity", "valueInteger", "valueString"),
        "effectiveDateTime": ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"),
    },
    only_one=("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean"),
    required={"status": "unknown", "code": {}},
)
_WITHOUT_VALUE: Final = frozenset({"registered", "cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Result:
    """One observation: a measure, a verdict, or the concept or words it was answered with.

    `moment` is the time it was taken, in seconds since 1970, where more than the day is known.
    """

    references: tuple[str, ...]
    concept: Concept
    measure: Measure | None = None
    verdict: Verdict | None = None
    value: Concept = Concept()  # noqa: RUF009 - a frozen value
    taken: DateRange | None = None
    moment: float | None = None


def read_results(resource: Resource) -> tuple[Result, ...]:
    """The result, and the parts of a panel as results of their own.

    `()` for another resource, and for one that has no value yet or was made in error.
    """
    if resource.type != "Observation":
        return ()
    panel = read_leniently(resource, Observation, _ELEMENTS)
    if panel is None or panel.status in _WITHOUT_VALUE:
        return ()
    observations = [*([] if _only_groups(resource, panel) else [panel]), *_parts(resource)]
    taken, moment = read_date(panel.effectiveDateTime), read_moment(panel.effectiveDateTime)
    return tuple(
        _result(observation, resource.references, taken, moment)
        for observation in observations
        if observation.dataAbsentReason is None and not read_concept(observation.code).empty
    )


def _only_groups(resource: Resource, panel: Observation) -> bool:
    """Whether the observation is but the heading of others, which name its value."""
    members = resource.original.get("component") or resource.original.get("hasMember")
    return bool(members) and all(getattr(panel, element) is None for element in _ELEMENTS.only_one)


def _parts(resource: Resource) -> Iterator[Observation]:
    """The components, whose elements are those of an Observation."""
    sent = resource.original.get("component")
    for index, each in enumerate(sent[: shapes.MOST] if isinstance(sent, list) else (sent,)):
        if isinstance(each, dict):
            part = Resource(resource.type, None, each, f"{resource.element}.component[{index}]")
            read = read_leniently(part, Observation, _ELEMENTS)
            if read is not None:
                yield read


def _result(
    observation: Any, references: tuple[str, ...], taken: DateRange | None, moment: float | None
) -> Result:
    measure = read_measure(observation.valueQuantity)
    answer = read_concept(observation.valueCodeableConcept)
    value = answer if observation.valueString is None else Concept(text=observation.valueString)
    return Result(
        references,
        read_concept(observation.code),
        measure=measure,
        verdict=_verdict(observation, value, measure),
        value=value,
        taken=taken,
        moment=moment,
    )


def _verdict(observation: Any, value: Concept, measure: Measure | None) -> Verdict | None:
    """The answer itself, else what the laboratory says of it, else where it lies in its range."""
    if observation.valueBoolean is not None:
        return "positive" if observation.valueBoolean else "negative"
    return (
        stated_verdict([value])
        or stated_verdict(read_concepts(observation.interpretation))
        or range_verdict(measure, observation.referenceRange or ())
    )
