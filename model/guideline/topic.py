"""A guideline topic as the matcher uses it, read from its YAML file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model.assessment import Rating
from model.guideline.conditions import Atom, Condition, read_condition
from terminology.procedures import RadiationLevel, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class RatedProcedure:
    """What a scenario says of one procedure; `panel_disagreed` where the panel's votes were split."""

    procedure: str
    rating: Rating
    radiation: RadiationLevel | None
    reason: str
    panel_disagreed: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One scenario of a topic; those before it in the file take precedence where several hold.

    `mentioned` are the facts on which its condition's truth can depend.
    """

    id: str
    source_variant: str
    description: str
    presumes: str | None
    when: Condition
    reason: str
    ratings: Mapping[str, RatedProcedure]
    mentioned: frozenset[Atom] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mentioned", frozenset(self.when.mentioned()))


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with its scenarios in order of precedence.

    A finding of `only_if_listed` leads here only where a scenario rates the ordered study. One of `yields_to`
    hands the case over, to one of the topics of `hands_over`.
    """

    id: str
    title: str
    guideline: str
    source_topic: str
    year: int
    population: str
    indications: tuple[str, ...]
    possible_indications: frozenset[str]
    yields_to: frozenset[str]
    variants: tuple[Variant, ...]
    hands_over: frozenset[str] = frozenset()
    only_if_listed: frozenset[str] = frozenset()

    def lists(self, procedures: Iterable[str]) -> bool:
        """Whether a scenario rates one of these procedures, by their catalogue ids."""
        return any(procedure in variant.ratings for procedure in procedures for variant in self.variants)


def read_topic(entry: Mapping[str, Any]) -> Topic:
    """The topic that a YAML document describes; `check.py` has checked it against the schema."""
    source = entry["source"]
    return Topic(
        id=entry["id"],
        title=entry["title"],
        guideline=source["guideline"],
        source_topic=source["topic"],
        year=source["year"],
        population=entry["population"],
        indications=tuple(entry["indications"]),
        possible_indications=frozenset(entry.get("possible_indications", ())),
        yields_to=frozenset(each["finding"] for each in entry.get("yields_to", ())),
        variants=tuple(
            _variant(variant, child=entry["population"] == "child") for variant in entry["variants"]
        ),
        hands_over=frozenset(each["topic"] for each in entry.get("yields_to", ())),
        only_if_listed=frozenset(entry.get("only_if_listed", ())),
    )


def _variant(entry: Mapping[str, Any], *, child: bool) -> Variant:
    return Variant(
        id=entry["id"],
        source_variant=entry["source_variant"],
        description=entry["description"],
        presumes=entry.get("presumes"),
        when=read_condition(entry["when"]),
        reason=entry["reason"],
        ratings={
            rated.procedure: rated for group in entry["ratings"] for rated in _rated(group, child=child)
        },
    )


def _rated(group: Mapping[str, Any], *, child: bool) -> list[RatedProcedure]:
    """The procedures of a group; where the source gives no radiation level, the catalogue's stands."""
    return [
        RatedProcedure(
            procedure=procedure,
            rating=Rating(group["rating"]),
            radiation=_usual_level(procedure, child=child)
            if radiation is None
            else RadiationLevel(str(radiation)),
            reason=group["reason"],
            panel_disagreed=group.get("panel_disagreed", False),
        )
        for procedure, radiation in group["procedures"].items()
    ]


def _usual_level(procedure: str, *, child: bool) -> RadiationLevel | None:
    entry = catalogue()[procedure]
    return entry.radiation_child if child else entry.radiation_adult
