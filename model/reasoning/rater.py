"""The rater: a small linear model over (indication, scenario, procedure) for what no guideline topic covers.

It is loaded from plain numbers, `rater.json.gz`, which `apposite train rater` fits on the guideline library.
Its probabilities are calibrated on topics held out of training. It says nothing where an order names neither
a part of the body nor a condition, or where it is less sure than its threshold.
"""

from __future__ import annotations

import gzip
import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from model.assessment import Rating
from model.reasoning.rater_conditions import files
from model.reasoning.rater_features import features_of, scene_of
from model.reasoning.rater_reasons import reasons
from model.reasoning.rater_scenario import WORDS
from model.reasoning.rater_suitability import SUITABILITY
from terminology.compiled import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.reasoning.rater_features import RatingQuery

NUMBERS: Final = Path(__file__).with_name("rater.json.gz")
FORMAT: Final = 2
"""Raised when the numbers' form changes, or the way in which an order's words are read for them."""

RATINGS: Final = (
    Rating.USUALLY_NOT_APPROPRIATE,
    Rating.MAY_BE_APPROPRIATE,
    Rating.USUALLY_APPROPRIATE,
)
"""The order in which the numbers stand."""

Triple = tuple[float, float, float]


class RaterError(ValueError):
    """The numbers cannot be used; the message names the rule that they break."""


@dataclass(frozen=True, slots=True)
class RaterOpinion:
    """A rating, the calibrated probability that it is right, and what spoke for it most, in plain words."""

    rating: Rating
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rater:
    """The fitted numbers.

    `weights` and `bias` give a score for each of `RATINGS`. A rating is chosen by its probability times its
    `preference`, which evens out that ratings are not equally frequent. `threshold` is the confidence below
    which nothing is said. `digest` names what it was trained on and with.
    """

    weights: Mapping[str, Triple]
    bias: Triple
    preference: Triple
    threshold: float
    digest: str

    def probabilities(self, query: RatingQuery) -> dict[Rating, float]:
        """The calibrated probability of each rating; they sum to 1."""
        return dict(zip(RATINGS, self._probabilities(features_of(query)), strict=True))

    def choice(self, probabilities: Mapping[Rating, float]) -> Rating:
        """The rating that these probabilities come to."""
        return RATINGS[
            max(range(len(RATINGS)), key=lambda at: probabilities[RATINGS[at]] * self.preference[at])
        ]

    def rate(self, query: RatingQuery) -> RaterOpinion | None:
        """The likeliest rating of an order; `None` where it names nothing known, or is too unsure.

        A rating that `choice` prefers for its rarity is not given against a likelier one.
        """
        scene = scene_of(query)
        if not scene.organs and not scene.conditions:
            return None
        features = features_of(query)
        probabilities = dict(zip(RATINGS, self._probabilities(features), strict=True))
        rating = max(RATINGS, key=probabilities.__getitem__)
        confidence = probabilities[rating]
        if confidence < self.threshold:
            return None
        return RaterOpinion(rating, confidence, reasons(query, rating, self._speaking_for(features, rating)))

    def _probabilities(self, features: Mapping[str, float]) -> Triple:
        scores = list(self.bias)
        for name, value in features.items():
            weight = self.weights.get(name)
            if weight is not None:
                for at in range(len(scores)):
                    scores[at] += weight[at] * value
        highest = max(scores)
        powers = [math.exp(score - highest) for score in scores]
        total = sum(powers)
        return powers[0] / total, powers[1] / total, powers[2] / total

    def _speaking_for(self, features: Mapping[str, float], rating: Rating) -> dict[str, float]:
        """By theme, how much the features speak for the rating and against the mean of the other two."""
        at = RATINGS.index(rating)
        themes: dict[str, float] = {}
        for name, value in features.items():
            weight = self.weights.get(name)
            if weight is not None:
                others = (sum(weight) - weight[at]) / 2
                theme = name.partition("|")[0]
                themes[theme] = themes.get(theme, 0.0) + (weight[at] - others) * value
        return themes


@cache
def rater() -> Rater:
    """The bundled rater.

    Raises:
        RaterError: Its numbers cannot be used.
    """
    return load(NUMBERS)


def load(path: Path) -> Rater:
    """The rater whose numbers a file holds.

    Raises:
        RaterError: The file is no rater, or was fitted with other words or another suitability table.
    """
    try:
        numbers = json.loads(gzip.decompress(path.read_bytes()))
        if (numbers["format"], numbers["tables"]) == (FORMAT, tables_digest()):
            return _rater(numbers)
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RaterError("the rater's numbers cannot be read") from error
    raise RaterError("the rater was fitted with other tables or in another format; fit it anew")


def _rater(numbers: Mapping[str, Any]) -> Rater:
    return Rater(
        {name: (low, middle, high) for name, (low, middle, high) in numbers["weights"].items()},
        _triple(numbers["bias"]),
        _triple(numbers["preference"]),
        float(numbers["threshold"]),
        str(numbers["digest"]),
    )


def tables_digest() -> str:
    """A digest of the tables by which the rater reads an order; its numbers hold only for these."""
    return digest_of((WORDS, SUITABILITY, *files()))[:16]


def _triple(numbers: list[float]) -> Triple:
    low, middle, high = map(float, numbers)
    return low, middle, high
