"""What the rater learns from: every rating of the guideline library, or of a table that a site has."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.case import Age
from model.guideline.conditions import FindingIs, IndicationIs
from model.reasoning.rater_features import RatingQuery
from terminology.findings import vocabulary
from terminology.procedures import catalogue
from training.examples import from_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from model.assessment import Rating
    from model.guideline.library import Library
    from model.guideline.topic import RatedProcedure, Topic, Variant

_AGES: Final = {"child": Age(5, 5), "adult": Age(45, 45), "any": None}
_SEVERAL: Final = 3
"""The same study rated alike, for one reason, at more places than this is one statement about all of them."""


@dataclass(frozen=True, slots=True)
class RatedExample:
    """A rated order; `weight` says how much it counts, `scenario` names its topic's variant."""

    topic: str
    scenario: str
    query: RatingQuery
    rating: Rating
    weight: float = 1.0


def library_examples(library: Library) -> tuple[RatedExample, ...]:
    """Every rating of the library in the library's own words, ordered as the library is."""
    return tuple(
        example
        for topic in library.topics.values()
        for variant in topic.variants
        for example in _of_variant(topic, variant)
    )


def _of_variant(topic: Topic, variant: Variant) -> Iterator[RatedExample]:
    """The scenario's ratings; one that is spread over many body parts counts as one."""
    spread = Counter(map(_statement, variant.ratings.values()))
    words = (variant.description, *dict.fromkeys(_findings(variant)))
    for rated in variant.ratings.values():
        places = spread[_statement(rated)]
        query = RatingQuery(rated.procedure, (topic.title,), words, _AGES[topic.population])
        weight = 1 / places if places > _SEVERAL else 1.0
        yield RatedExample(topic.source_topic, variant.id, query, rated.rating, weight)


def _findings(variant: Variant) -> Iterator[str]:
    """The findings that the scenario's condition asks for, by name."""
    for atom in variant.when.atoms():
        if isinstance(atom, (FindingIs, IndicationIs)):
            yield vocabulary()[atom.finding].name


def _statement(rated: RatedProcedure) -> tuple[object, ...]:
    entry = catalogue()[rated.procedure]
    return entry.modality, entry.contrast, entry.techniques, rated.rating, rated.reason


def table_examples(path: Path) -> tuple[RatedExample, ...]:
    """The ratings of a licensed table on which the panel agreed, of studies that the catalogue has.

    Raises:
        TableError: The file breaks a rule of the import (`model.guideline.imported_table`).
        OSError: The file cannot be read.
    """
    return tuple(
        RatedExample(
            each.topic,
            each.scenario,
            RatingQuery(each.procedure_id, (each.topic,), (each.scenario,)),
            each.rating,
        )
        for each in from_table(path)
        if each.procedure_id is not None
    )
