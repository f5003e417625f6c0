"""What is wrong with the `when:` conditions of a topic: scenarios nobody can meet, and ages that meet none.

File order is precedence, so two scenarios may hold together; the first is chosen. It is a mistake where that
leaves nothing to the second: it says the same as an earlier one, or holds only where earlier ones do.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from model.guideline.conditions import AgeIs, All, FindingIs
from model.guideline.match import ADULT_AGE
from model.guideline.satisfy import NOT_FALSE, NOT_TRUE, TRUE, Literal, formula, possible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from model.guideline.conditions import Condition
    from model.guideline.satisfy import Formula
    from model.guideline.topic import Topic, Variant
    from terminology.findings import Vocabulary

Broken = tuple[int, str]
"""The position of a variant, and the rule it breaks."""

_POPULATIONS: Final[Mapping[str, AgeIs]] = {
    "adult": AgeIs(ADULT_AGE, None),
    "child": AgeIs(None, ADULT_AGE),
    "any": AgeIs(0, None),
}


def broken_conditions(
    topic: Topic, silent: Sequence[tuple[float, float]], vocabulary: Vocabulary
) -> Iterator[Broken]:
    """Every variant that can never be met, or leaves out an age that is not one of the `silent`."""
    given = _given(topic)
    for place, variant in enumerate(topic.variants):
        holds = [*given, formula(variant.when, TRUE)]
        if not possible(holds, vocabulary):
            yield place, f"variant {variant.id} can never hold for a patient of the topic"
            continue
        rule = _unreachable(variant, topic.variants[:place], holds, given, vocabulary)
        if rule:
            yield place, rule
    yield from _age_gaps(topic, silent, given, vocabulary)


def _given(topic: Topic) -> list[Formula]:
    """What is true of every case that the topic's variants are asked about."""
    return [
        Literal(_POPULATIONS[topic.population], NOT_FALSE),
        *(Literal(FindingIs(finding), NOT_TRUE) for finding in sorted(topic.yields_to)),
    ]


def _unreachable(
    variant: Variant,
    earlier: Sequence[Variant],
    holds: list[Formula],
    given: list[Formula],
    vocabulary: Vocabulary,
) -> str | None:
    for other in earlier:
        if not possible([*holds, formula(other.when, NOT_TRUE)], vocabulary):
            same = not possible(
                [*given, formula(other.when, TRUE), formula(variant.when, NOT_TRUE)], vocabulary
            )
            if same:
                return f"variant {variant.id} overlaps variant {other.id}: both hold in the same cases"
            return (
                f"variant {variant.id} is never reached: wherever it holds, variant {other.id} holds before"
            )
    if earlier and not possible([*holds, *(formula(other.when, NOT_TRUE) for other in earlier)], vocabulary):
        return f"variant {variant.id} is never reached: wherever it holds, an earlier variant holds before"
    return None


def _age_gaps(
    topic: Topic, silent: Sequence[tuple[float, float]], given: list[Formula], vocabulary: Vocabulary
) -> Iterator[Broken]:
    """Variants that differ in the age only must leave out no age between them, unless the source does."""
    groups: dict[Condition | None, list[tuple[float, float, int]]] = {}
    for place, variant in enumerate(topic.variants):
        age, rest = _parted(variant.when)
        if age is not None:
            upper = float("inf") if age.below is None else age.below
            groups.setdefault(rest, []).append((age.at_least or 0.0, upper, place))
    for rest, ranges in groups.items():
        for (_, upper, place), (lower, _, _) in pairwise(sorted(ranges)):
            gap = [*given, formula(AgeIs(upper, lower), TRUE)]
            gap += [formula(rest, TRUE)] if rest else []
            nowhere = [formula(variant.when, NOT_TRUE) for variant in topic.variants]
            declared = any(first <= upper and lower <= last for first, last in silent)
            if upper < lower and not declared and possible([*gap, *nowhere], vocabulary):
                yield place, f"no variant is about the ages from {upper:g} to below {lower:g}"


def _parted(condition: Condition) -> tuple[AgeIs | None, Condition | None]:
    """The condition as an age and the rest: either is `None` where the condition does not ask for it."""
    if isinstance(condition, AgeIs):
        return condition, None
    if isinstance(condition, All):
        ages = [part for part in condition.parts if isinstance(part, AgeIs)]
        rest = tuple(part for part in condition.parts if not isinstance(part, AgeIs))
        if len(ages) == 1:
            return ages[0], rest[0] if len(rest) == 1 else All(rest)
    return None, condition
