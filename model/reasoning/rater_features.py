"""What the rater weighs: the features of one order, each with a theme under which it can be explained.

A feature's name is `theme` or `theme|study`: `trait acute|ct` is what speaking of
something acute adds for a CT.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from model.reasoning.rater_conditions import conditions, regions_near, rows_of, suited
from model.reasoning.rater_scenario import read_scene, scene_words
from model.reasoning.rater_suitability import fitting_rows, kinds_of, suitability
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.case import Age, Sex
    from model.reasoning.rater_scenario import Scene
    from model.reasoning.rater_suitability import Row
    from terminology.procedures import Procedure

CHILD_BELOW: Final = 18
ELDERLY_FROM: Final = 65

SUITS_WELL: Final = 0.75
SUITS_BADLY: Final = 0.1
"""From which verdict of the suitability table on a study answers well, and up to which it does not answer."""

_FAMILIES: Final = {"cta": "ct", "ctv": "ct", "mra": "mr", "mrv": "mr"}
_MANY_REGIONS: Final = 3


@dataclass(frozen=True, slots=True)
class RatingQuery:
    """One order as the rater sees it: clinical words, a catalogue id, and a few facts of the patient.

    `indications` and `scenario` are clinical texts from which everything about a person has been taken.
    """

    procedure: str
    indications: tuple[str, ...] = ()
    scenario: tuple[str, ...] = ()
    age: Age | None = None
    sex: Sex | None = None
    pregnant: bool = False


def scene_of(query: RatingQuery) -> Scene:
    """What the order's words speak of, and what its facts amount to in the same terms."""
    return read_scene((*query.indications, *query.scenario, *_facts(query)))


def _facts(query: RatingQuery) -> Iterable[str]:
    if query.age is not None and query.age.high < CHILD_BELOW:
        yield "child"
    if query.age is not None and query.age.low >= ELDERLY_FROM:
        yield "elderly"
    if query.pregnant:
        yield "pregnant"
    if query.sex is not None:
        yield "woman" if query.sex == "female" else "man"


def features_of(query: RatingQuery) -> dict[str, float]:
    """The features of the order and their values; those not named are 0."""
    scene, procedure = scene_of(query), catalogue()[query.procedure]
    kind, fit = kind_of(procedure), fit_of(scene, procedure)
    family = _FAMILIES.get(procedure.modality.value, procedure.modality.value)
    found = dict.fromkeys(_facets(procedure), 1.0)
    found |= dict.fromkeys((f"fit {fit}", f"fit {fit}|{family}", f"fit {fit}|{kind}"), 1.0)
    found |= _suitability(fitting_rows(scene), procedure, fit, family)
    found |= _known(scene, procedure, fit, family)
    found |= {f"organ {organ}": 1.0 for organ in scene.organs}
    traits = (*(f"trait {each}" for each in scene.traits), *(f"denied {each}" for each in scene.denied))
    for trait in traits:
        found |= dict.fromkeys((trait, f"{trait}|{family}", f"{trait}|{kind}"), 1.0)
    return found


def _suitability(
    holding: tuple[tuple[Row, float], ...], procedure: Procedure, fit: str, family: str
) -> dict[str, float]:
    """What the suitability table says of the study, and of the other studies of the same regions."""
    suits = suitability(holding, kinds_of(procedure))
    if suits is None:
        return {}
    others = [suitability(holding, kinds) or 0.0 for kinds in _kinds_at(procedure.regions)]
    return {
        "suits": suits,
        f"suits|{fit}": suits,
        f"suits|{family}": suits,
        "suits|well": float(suits >= SUITS_WELL),
        "suits|badly": float(suits <= SUITS_BADLY),
        "suits|behind": max(others) - suits,
        "suits|better": sum(other > suits for other in others) / len(others),
    }


def _known(scene: Scene, procedure: Procedure, fit: str, family: str) -> dict[str, float]:
    """What is known of the conditions that are spoken of, for the study and others of the same regions."""
    if not scene.conditions:
        return {}
    held, organs = rows_of(scene.conditions, scene.traits), organs_near(procedure.regions)
    known = suited(held, kinds_of(procedure), organs)
    others = [suited(held, kinds, organs) for kinds in _kinds_at(procedure.regions)]
    well, badly = float(known >= SUITS_WELL), float(known <= SUITS_BADLY)
    return {
        "known": known,
        f"known|{fit}": known,
        f"known|{family}": known,
        "known|well": well,
        "known|fair": float(not well and not badly),
        "known|badly": badly,
        f"known|badly|{family}": badly,
        "known|behind": max(others) - known,
        "known|better": sum(other > known for other in others) / len(others),
    }


def known_of(scene: Scene, procedure: Procedure) -> float:
    """How well the study suits the conditions that are spoken of, from 0 to 1."""
    held = rows_of(scene.conditions, scene.traits)
    return suited(held, kinds_of(procedure), organs_near(procedure.regions))


@cache
def organs_near(regions: tuple[str, ...]) -> frozenset[str]:
    """The organs that a study of these regions shows."""
    return frozenset(organ for organ, at in scene_words().regions.items() if regions_near(at, regions))


@cache
def kind_of(procedure: Procedure) -> str:
    """Modality with the first special technique or else the contrast: `us-duplex`, `mr-without`."""
    detail = procedure.techniques[0] if procedure.techniques else procedure.contrast.value
    return f"{procedure.modality.value}-{detail}"


@cache
def _facets(procedure: Procedure) -> tuple[str, ...]:
    dose = procedure.radiation_adult or procedure.radiation_child
    return (
        "kind",
        f"kind|{procedure.modality.value}",
        f"kind|{kind_of(procedure)}",
        f"kind|contrast {procedure.contrast.value}",
        *(f"kind|technique {technique}" for technique in procedure.techniques),
        f"kind|regions {min(len(procedure.regions), _MANY_REGIONS)}",
        *((f"kind|dose {dose.value}",) if dose else ()),
        *(("kind|combined",) if procedure.parts else ()),
    )


def fit_of(scene: Scene, procedure: Procedure) -> str:
    """How the study's regions lie to the organs spoken of: `same`, `wider`, `elsewhere`, or `open`."""
    table = scene_words().regions
    organs = {*scene.organs, *(organ for name in scene.conditions for organ in conditions()[name].organs)}
    wanted = frozenset(region for organ in organs for region in table[organ])
    return _fit(wanted, procedure.regions) if wanted and procedure.regions else "open"


@cache
def _fit(wanted: frozenset[str], regions: tuple[str, ...]) -> str:
    near = [regions_near(wanted, (region,)) for region in regions]
    if all(near):
        return "same"
    return "wider" if any(near) else "elsewhere"


@cache
def _kinds_at(regions: tuple[str, ...]) -> tuple[frozenset[str], ...]:
    """The different kinds of study that the catalogue has for just these regions."""
    return tuple(
        dict.fromkeys(kinds_of(procedure) for procedure in catalogue() if procedure.regions == regions)
    )
