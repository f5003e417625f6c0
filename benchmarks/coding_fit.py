"""Fits the numbers of the ranking on withheld inclusion terms; `python -m benchmarks.coding --fit` calls it.

The weights make a log-linear model over the candidates of a query, the confidences two logistic models on
terms of their own. Some weights are set by hand (`HAND_SET`): inclusion terms are spread evenly over the
classification, the reasons of imaging orders are not; and an order says less than a term does, so a term
that says no more than the order counts for more than the fit would have it.
"""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING, Final

from terminology.retrieval import Retriever
from terminology.retrieval_build import build
from terminology.retrieval_confidence import EVIDENCE, Logistic, Scoring, evidence, logistic
from terminology.retrieval_ranking import FEATURES, Ranker
from terminology.retrieval_words import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.coding_terms import Drawn, Question
    from terminology.retrieval_index import TermIndex

HAND_SET: Final = {
    "term_covered": 3.0,
    "pregnancy": -0.5,
    "newborn": -0.7,
    "external_cause": -4.0,
    "injury_by_substance": -0.5,
    "health_status": -0.5,
    "mental_disorder": -0.3,
}

_ROUNDS: Final = 25
_STEP: Final = 0.3
_PENALTY: Final = 0.0005
_ROUNDS_OF_CONFIDENCE: Final = 400

Example = tuple[list[tuple[float, ...]], int]


def fit(table: Sequence[Sequence[str]], drawn: Drawn) -> dict[str, object]:
    """The content of `tables/ranking.json`; the questions to report on are in neither index used."""
    index = build(table, withheld=[question.key for question in (*drawn.reported, *drawn.fitted)])
    ranker = Ranker(index)
    weights = _weights([example for asked in drawn.fitted if (example := _example(index, ranker, asked))])
    neutral = Logistic(0.0, (1.0,) + (0.0,) * (len(EVIDENCE) - 1))
    index = build(table, withheld=[question.key for question in (*drawn.reported, *drawn.calibrated)])
    retriever = Retriever(index, Scoring(tuple(weights[name] for name in FEATURES), neutral, neutral))
    category, code = _confidences(retriever, index, drawn.calibrated)
    return {"weights": weights, "category_confidence": category, "code_confidence": code}


def _example(index: TermIndex, ranker: Ranker, question: Question) -> Example | None:
    matches = ranker.matches(tuple(dict.fromkeys(words(question.text))))
    right = [place for place, match in enumerate(matches) if index.codes[match.code] == question.code]
    return ([match.features for match in matches], right[0]) if right else None


def _weights(examples: Sequence[Example]) -> dict[str, float]:
    """Adaptive gradient ascent on the log-likelihood of the right candidate."""
    weights = [HAND_SET.get(name, 0.0) for name in FEATURES]
    squares = [1e-6] * len(FEATURES)
    free = [place for place, name in enumerate(FEATURES) if name not in HAND_SET]
    for _ in range(_ROUNDS):
        for features, right in examples:
            shares = _softmax([sum(map(mul, weights, row)) for row in features])
            for place in free:
                expected = sum(map(mul, shares, (row[place] for row in features)))
                slope = features[right][place] - expected - _PENALTY * weights[place]
                squares[place] += slope * slope
                weights[place] += _STEP * slope / math.sqrt(squares[place])
    return {name: round(weight, 3) for name, weight in zip(FEATURES, weights, strict=True)}


def _softmax(scores: Sequence[float]) -> list[float]:
    highest = max(scores)
    odds = [math.exp(score - highest) for score in scores]
    total = sum(odds)
    return [odd / total for odd in odds]


def _confidences(
    retriever: Retriever, index: TermIndex, questions: Sequence[Question]
) -> tuple[dict[str, float], dict[str, float]]:
    of_category, of_code = [], []
    for question in questions:
        found = retriever.matches(question.text, language="en")
        if found:
            shares = _softmax([score for score, _ in found])
            codes = [index.codes[match.code] for _, match in found]
            first = found[0][1]
            together = sum(
                share for share, code in zip(shares, codes, strict=True) if code[:3] == codes[0][:3]
            )
            of_category.append((evidence(together, first.features), codes[0][:3] == question.code[:3]))
            of_code.append((evidence(shares[0], first.features), codes[0] == question.code))
    return _logistic_fit(of_category), _logistic_fit(of_code)


def _logistic_fit(examples: Sequence[tuple[tuple[float, ...], bool]]) -> dict[str, float]:
    values, squares = [0.0] * (len(EVIDENCE) + 1), [1e-6] * (len(EVIDENCE) + 1)
    for _ in range(_ROUNDS_OF_CONFIDENCE):
        slopes = [-0.001 * len(examples) * value for value in values]
        for facts, right in examples:
            row = (1.0, *facts)
            miss = right - logistic(sum(map(mul, values, row)))
            for place, fact in enumerate(row):
                slopes[place] += miss * fact
        for place, slope in enumerate(slopes):
            squares[place] += slope * slope
            values[place] += _STEP * slope / math.sqrt(squares[place])
    return {name: round(value, 4) for name, value in zip(("intercept", *EVIDENCE), values, strict=True)}
