"""Fits the weights of `model/narrative` on the dev cases: a conditional logit held near our own guesses.

The guesses (`narratives_prior.json`) say what speaks for and against a variant before any case was seen. Four
folds by topic choose the temperature that makes the probabilities as often right as they say.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.guideline.library import library
from model.narrative.features import topic_features, variant_features
from model.narrative.index import build, plain
from model.narrative.question import read_question
from model.narrative.recommend import also_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from model.guideline.imported import ImportedTopic

    Matrix = NDArray[np.float64]

_NARRATIVE: Final = Path("model/narrative")
_PRIOR: Final = Path("benchmarks/narratives_prior.json")
_RIVALS: Final = 70
_HOLD: Final = 0.01
_STEPS: Final = 400
_RATE: Final = 0.05
_FOLDS: Final = 4


def fit(topics: Sequence[ImportedTopic], cases: Sequence[dict[str, Any]]) -> None:
    """Write `weights.json`."""
    prior = json.loads(_PRIOR.read_text(encoding="utf-8"))
    index = build(topics, also_ours(library().topics.values()))
    told = []
    for case in cases:
        question = read_question(index, case["text"], case.get("age"), case.get("sex"))
        rows = []
        for topic in index.topics:
            shared = topic_features(index, topic, question)
            for variant in topic.variants:
                right = plain(topic.title) == plain(case["topic"]) and variant.number == case["variant"]
                rows.append((right, {**shared, **variant_features(index, topic, variant, question)}))
        rows.sort(
            key=lambda row: (row[0], sum(_guess(prior, n) * v for n, v in row[1].items())), reverse=True
        )
        told.append([features for _, features in rows[: _RIVALS + 1]])
    names = sorted({name for rows in told for features in rows for name in features})
    guesses = np.array([_guess(prior, name) for name in names])
    asked = [np.array([[features.get(name, 0.0) for name in names] for features in rows]) for rows in told]
    folds = _folds([case["topic"] for case in cases])
    scores = [np.zeros(0)] * len(asked)
    for fold in range(_FOLDS):
        weights = _trained([asked[i] for i, at in enumerate(folds) if at != fold], guesses)
        for i, at in enumerate(folds):
            if at == fold:
                scores[i] = asked[i] @ weights
    temperature = min(np.arange(0.5, 3.0, 0.1), key=lambda each: _surprise(scores, float(each)))
    weights = _trained(asked, guesses)
    written = {
        "temperature": round(float(temperature), 2),
        "weights": {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)},
    }
    (_NARRATIVE / "weights.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")


def _guess(prior: dict[str, float], name: str) -> float:
    return prior[name] if name in prior else prior[f": {name.rsplit(': ', 1)[-1]}"]


def _folds(topics: Sequence[str]) -> list[int]:
    places = {topic: at % _FOLDS for at, topic in enumerate(sorted(set(topics)))}
    return [places[topic] for topic in topics]


def _trained(asked: Sequence[Matrix], guesses: Matrix) -> Matrix:
    """Adam on the mean log-loss; the right variant is each matrix's first row."""
    weights, first, second = guesses.copy(), np.zeros_like(guesses), np.zeros_like(guesses)
    for step in range(1, _STEPS + 1):
        slope = _HOLD * (weights - guesses)
        for rows in asked:
            slope += (_shares(rows @ weights) @ rows - rows[0]) / len(asked)
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weights -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights


def _shares(scores: Matrix) -> Matrix:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())


def _surprise(scores: Sequence[Matrix], temperature: float) -> float:
    return -sum(float(np.log(_shares(each / temperature)[0] + 1e-300)) for each in scores)
