"""Which kinds of study suit which kinds of problem: general clinical knowledge, in a table of its own.

A row of `rater_tables/suitability.csv` names what must be spoken of, and the kinds of study that answer
such a question well or fairly. Of the rows that hold, the more is asked of the scene, the more a row counts.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from model.reasoning.rater_conditions import FAIR, GOOD, POOR, TABLES
from model.reasoning.rater_scenario import scene_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.reasoning.rater_scenario import Scene
    from terminology.procedures import Procedure

SUITABILITY: Final = TABLES / "suitability.csv"


class SuitabilityError(ValueError):
    """The table cannot be used; the message names the line and the rule."""


@dataclass(frozen=True, slots=True)
class Row:
    """Kinds of study for a scene of `organ` that has all of `traits`."""

    organ: str
    traits: frozenset[str]
    good: frozenset[str]
    fair: frozenset[str]

    def verdict(self, kinds: frozenset[str]) -> float:
        """How well a study of these kinds answers: `GOOD`, `FAIR` or `POOR`."""
        if kinds & self.good:
            return GOOD
        return FAIR if kinds & self.fair else POOR


@cache
def rows() -> dict[str, tuple[Row, ...]]:
    """The table's rows by organ.

    Raises:
        SuitabilityError: A row names an organ or a trait that no word speaks of.
    """
    table: dict[str, list[Row]] = {}
    known = scene_words()
    with SUITABILITY.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            organ, *traits = line["when"].split()
            if organ not in known.regions or not known.traits.issuperset(traits):
                raise SuitabilityError(f"{SUITABILITY.name}: {line['when']}: no such organ or trait")
            good, fair = frozenset(line["good"].split()), frozenset(line["fair"].split())
            table.setdefault(organ, []).append(Row(organ, frozenset(traits), good, fair))
    return {organ: tuple(found) for organ, found in table.items()}


def fitting_rows(scene: Scene) -> tuple[tuple[Row, float], ...]:
    """The rows that hold in the scene and how much each counts; the shares sum to 1, or there is none."""
    found = [
        (row, scene.organs[organ] * 3.0 ** len(row.traits))
        for organ in scene.organs
        for row in rows().get(organ, ())
        if row.traits <= scene.traits
    ]
    total = sum(weight for _, weight in found)
    return tuple((row, weight / total) for row, weight in found)


def suitability(holding: Iterable[tuple[Row, float]], kinds: frozenset[str]) -> float | None:
    """The rows' verdict on a study of these kinds, from 0 to 1; `None` where no row holds."""
    verdicts = [(row.verdict(kinds), weight) for row, weight in holding]
    return sum(verdict * weight for verdict, weight in verdicts) if verdicts else None


@cache
def kinds_of(procedure: Procedure) -> frozenset[str]:
    """The kinds that a procedure is of, as the table writes them: `mr`, `mr-without`, `us:duplex`.

    A study with a special technique is no plain one: CT colonography is not "ct-without".
    """
    modality = procedure.modality.value
    special = {f"{modality}:{technique}" for technique in procedure.techniques}
    plain = () if procedure.techniques else (f"{modality}-{procedure.contrast.value}",)
    return frozenset({modality, *special, *plain})
