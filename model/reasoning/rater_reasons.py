"""What spoke for the rater's rating, put in plain words: one sentence a theme, the weightiest first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import yaml

from model.reasoning.rater_conditions import TABLES
from model.reasoning.rater_features import SUITS_BADLY, SUITS_WELL, fit_of, known_of, scene_of
from model.reasoning.rater_suitability import fitting_rows, kinds_of, suitability
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.assessment import Rating
    from model.reasoning.rater_features import RatingQuery
    from model.reasoning.rater_scenario import Scene
    from terminology.procedures import Procedure

MOST: Final = 3
"""How many sentences are given at most."""
_CONDITIONS_AT_MOST: Final = 2
_WORTH_SAYING: Final = 0.1
"""In natural logarithms of odds: what moves the odds by less than a tenth is not worth a sentence."""


def reasons(query: RatingQuery, rating: Rating, speaking_for: Mapping[str, float]) -> tuple[str, ...]:
    """The themes that spoke most for the rating; none where nothing spoke for it but its frequency."""
    weighty = [theme for theme, weight in speaking_for.items() if weight >= _WORTH_SAYING]
    weighty.sort(key=lambda theme: (-speaking_for[theme], theme))
    scene, procedure = scene_of(query), catalogue()[query.procedure]
    return tuple(_sentence(theme, scene, procedure, rating) for theme in weighty[:MOST])


def _sentence(theme: str, scene: Scene, procedure: Procedure, rating: Rating) -> str:
    words = _words()
    kind, _, about = theme.partition(" ")
    said = words["suits" if kind == "known" else kind]
    if kind == "suits":
        suits = suitability(fitting_rows(scene), kinds_of(procedure)) or 0.0
        said, about = said[_verdict(suits)], _subject(scene)
    elif kind == "known":
        said = said[_verdict(known_of(scene, procedure))]
        about = _conditions(scene)
    elif kind == "fit":
        said = said[fit_of(scene, procedure)]
    elif kind == "organ":
        about = _organ(about)
    else:
        about = words["traits"].get(about, about)
    sentence: str = said.format(
        study=study_words(procedure), rating=words["ratings"][rating.value], about=about
    )
    return sentence[0].upper() + sentence[1:]


def _verdict(suits: float) -> str:
    if suits >= SUITS_WELL:
        return "well"
    return "badly" if suits <= SUITS_BADLY else "partly"


def _conditions(scene: Scene) -> str:
    """The conditions that are spoken of, as the tables name them, each once."""
    names = sorted({name.partition("/")[2].replace("-", " ") for name in scene.conditions})
    return " or ".join(names[:_CONDITIONS_AT_MOST])


def _subject(scene: Scene) -> str:
    """The organ and the traits of the row of the table that counted most."""
    row, _ = max(fitting_rows(scene), key=lambda held: (held[1], held[0].organ))
    traits = [_words()["traits"][trait] for trait in sorted(row.traits)]
    return " with ".join((f"the {_organ(row.organ)}", *((" and ".join(traits),) if traits else ())))


def _organ(organ: str) -> str:
    name: str = _words()["organs"].get(organ, organ)
    return name


def study_words(procedure: Procedure) -> str:
    """The kind of study in a few words, without its region."""
    words = _words()
    named = words["modalities"][procedure.modality.value] + words["contrasts"][procedure.contrast.value]
    special = [technique.replace("-", " ") for technique in procedure.techniques]
    return f"{named} ({', '.join(special)})" if special else named


@cache
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.load((TABLES / "reasons.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return words
