"""Which kinds of study suit which conditions: general radiological knowledge, one file a field of medicine.

A condition of `rater_tables/conditions/*.yaml` is known by the words it is spoken of with. Studies of its
organs count as near, and its rows say what suits it: those count whose traits are all spoken of, and of these
the ones that ask for the most. A kind may be tied to an organ, `mr-without@brain`: then a study of another
part of the body does not suit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import yaml

from terminology.compiled import compiled, digest_of
from terminology.procedure_words import words as procedure_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

TABLES: Final = Path(__file__).with_name("rater_tables")
CONDITIONS: Final = TABLES / "conditions"

GOOD: Final = 1.0
FAIR: Final = 0.5
POOR: Final = 0.0


class ConditionsError(ValueError):
    """The tables cannot be used; the message names the condition and the rule."""


@dataclass(frozen=True, slots=True)
class Suits:
    """That a kind of study answers well or fairly, of `organ` where it is not empty."""

    kind: str
    organ: str
    verdict: float

    @property
    def detail(self) -> int:
        """How much the kind says beyond the modality."""
        return 2 if ":" in self.kind else int("-" in self.kind)


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """What suits a condition where all of `traits` are spoken of; what says most stands first."""

    traits: frozenset[str]
    suits: tuple[Suits, ...]

    @classmethod
    def of(cls, traits: Iterable[str], good: Iterable[str], fair: Iterable[str]) -> Self:
        """The row of kinds that answer well and fairly; a kind may end in `@organ`."""
        found = [
            Suits(kind, organ, verdict)
            for verdict, listed in ((GOOD, good), (FAIR, fair))
            for kind, _, organ in (each.partition("@") for each in listed)
        ]
        return cls(frozenset(traits), tuple(sorted(found, key=lambda each: (-each.detail, -each.verdict))))

    def verdict(self, kinds: frozenset[str], organs: Collection[str]) -> float:
        """How well a study of these kinds, at these organs, answers: from `POOR` to `GOOD`.

        What is said of just this technique or contrast counts before what is said of the modality; a special
        technique of which nothing is said is worth half of its modality.
        """
        for each in self.suits:
            if each.kind in kinds and (not each.organ or each.organ in organs):
                return each.verdict / 2 if _special(kinds) and not each.detail else each.verdict
        return POOR


@cache
def _special(kinds: frozenset[str]) -> bool:
    return any(":" in kind for kind in kinds)


@dataclass(frozen=True, slots=True)
class Condition:
    """A disease, a symptom or a question with the parts of the body that it concerns."""

    name: str
    words: tuple[str, ...]
    organs: tuple[str, ...]
    rows: tuple[ConditionRow, ...]

    def rows_for(self, traits: Collection[str]) -> tuple[ConditionRow, ...]:
        """Of the rows that hold, those that ask for the most."""
        holding = [row for row in self.rows if row.traits.issubset(traits)]
        most = max((len(row.traits) for row in holding), default=0)
        return tuple(row for row in holding if len(row.traits) == most)


def files() -> tuple[Path, ...]:
    """The tables, in the order in which they are read."""
    return tuple(sorted(CONDITIONS.glob("*.yaml")))


@cache
def conditions() -> Mapping[str, Condition]:
    """All conditions, each by the name of its field and its own: `neuro/cluster-headache`.

    Raises:
        ConditionsError: Two of a field have the same name, or one has no words, organs or rows.
    """
    entries = compiled("rater-conditions", digest_of(files()), _entries)
    return {name: _condition(name, entry) for name, entry in entries.items()}


def rows_of(names: Iterable[str], traits: Collection[str]) -> list[tuple[ConditionRow, ...]]:
    """The rows that count for each condition that has something to say where these traits are spoken of."""
    return [rows for name in sorted(names) if (rows := conditions()[name].rows_for(traits))]


def suited(held: Sequence[tuple[ConditionRow, ...]], kinds: frozenset[str], organs: Collection[str]) -> float:
    """How well a study of these kinds at these organs suits, from 0 to 1: the mean of what conditions say."""
    said = [sum(row.verdict(kinds, organs) for row in rows) / len(rows) for rows in held]
    return sum(said) / len(said) if said else POOR


def regions_near(one: Collection[str], other: Iterable[str]) -> bool:
    """Whether any region of `other` is one of `one`, inside one of them, or around one."""
    inside = procedure_words().inside
    return any(
        region in one or any(each in inside.get(region, ()) or region in inside.get(each, ()) for each in one)
        for region in other
    )


def _entries() -> dict[str, Any]:
    """The tables' entries by name."""
    found: dict[str, Any] = {}
    for path in files():
        for entry in yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader):
            name = f"{path.stem}/{entry['name']}"
            if name in found or not all(entry.get(part) for part in ("words", "organs", "rows")):
                raise ConditionsError(f"{name}: named twice, or without words, organs or rows")
            found[name] = entry
    return found


def _condition(name: str, entry: Mapping[str, Any]) -> Condition:
    rows = tuple(
        ConditionRow.of(row.get("when", ()), row.get("good", ()), row.get("fair", ()))
        for row in entry["rows"]
    )
    return Condition(name, tuple(entry["words"]), tuple(entry["organs"]), rows)
