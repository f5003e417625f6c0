"""The questions that would decide between close variants, most telling first; the words are a table."""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final

from model.narrative.terms import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from model.narrative.index import TopicEntry, VariantEntry
    from model.narrative.question import Question

MOST_QUESTIONS: Final = 3


def questions(close: Sequence[tuple[TopicEntry, VariantEntry]], question: Question) -> tuple[str, ...]:
    """At most three questions on points that the close variants answer differently and the narrative leaves.

    What splits the variants into more groups is asked first.
    """
    told: dict[str, int] = {}
    for point, words in question_words().items():
        if point in question.claims or point in question.ranges:
            continue
        if point == "pregnant" and question.pregnant is not None:
            continue
        values = [_value(variant, point) for _, variant in close]
        said = [value for value in values if value is not None]
        if said and len(set(values)) > 1:
            told[words] = len(set(values)) * 10 + len(said)
    return tuple(sorted(told, key=lambda words: -told[words])[:MOST_QUESTIONS])


def _value(variant: VariantEntry, point: str) -> object:
    if point == "pregnant":
        return variant.pregnant
    return variant.claims.get(point) or variant.ranges.get(point)


@cache
def question_words() -> Mapping[str, str]:
    """The question of each point that one can ask about."""
    with (WORDS / "questions.csv").open(encoding="utf-8", newline="") as file:
        return {row["point"]: row["question"] for row in csv.DictReader(file)}
