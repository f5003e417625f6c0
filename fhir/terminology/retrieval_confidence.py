"""The numbers of the ranking: feature weights, and logistic models that turn a score into a confidence.

They stand in `tables/ranking.json`, fitted by `python -m benchmarks.coding --fit` on inclusion terms withheld
from the index, none of them among those the reported figures are measured on.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from terminology.retrieval_ranking import FEATURES
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

EVIDENCE: Final = ("log_odds", "query_covered", "term_covered", "fusion", "specific")
"""What a confidence is computed from: the share of the score among all candidates, and how the term fits."""

_SMALLEST: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model over `EVIDENCE`."""

    intercept: float
    slopes: tuple[float, ...]

    def probability(self, evidence: Sequence[float]) -> float:
        """The probability, 0 to 1, that what `evidence` describes is right."""
        return logistic(self.intercept + sum(map(_product, self.slopes, evidence)))


@dataclass(frozen=True, slots=True)
class Scoring:
    """The weight of each of `FEATURES`, and the models of a candidate's category and of its exact code."""

    weights: tuple[float, ...]
    category: Logistic
    code: Logistic

    def score(self, features: Sequence[float]) -> float:
        """The linear score of a match; differences between scores are log-odds."""
        return sum(map(_product, self.weights, features))


def evidence(share: float, features: Sequence[float]) -> tuple[float, ...]:
    """`EVIDENCE` for a candidate whose code, or category, holds `share` of the candidates' probability."""
    bounded = min(max(share, _SMALLEST), 1 - _SMALLEST)
    fit = dict(zip(FEATURES, features, strict=True))
    return math.log(bounded / (1 - bounded)), *(fit[name] for name in EVIDENCE[1:])


def logistic(value: float) -> float:
    """1 / (1 + e^-value), for any value."""
    return 1 / (1 + math.exp(-value)) if value > 0 else 1 - 1 / (1 + math.exp(value))


def _product(weight: float, value: float) -> float:
    return weight * value


@cache
def scoring() -> Scoring:
    """The fitted numbers, read once."""
    numbers = json.loads((TABLES / "ranking.json").read_text(encoding="utf-8"))
    category, code = (
        Logistic(model["intercept"], tuple(model[name] for name in EVIDENCE))
        for model in (numbers["category_confidence"], numbers["code_confidence"])
    )
    return Scoring(tuple(numbers["weights"][name] for name in FEATURES), category, code)
