"""Fits the rater: the numbers of `model/reasoning/rater.json.gz`, with their calibration on held-out topics.

Topics are dealt into folds. What each fold's topics are rated by the others' numbers tells how sure the rater
may be (one temperature), how rare ratings are to be preferred, and from which confidence on to speak. The
numbers that are kept are then fitted on everything.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.reasoning.rater import FORMAT, RATINGS, Rater, tables_digest
from model.reasoning.rater_features import features_of
from training.logistic import fit, softmax
from training.metrics import f1

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from training.logistic import Fitted, Floats
    from training.rater_examples import RatedExample

    Ints = NDArray[np.int64]

STRENGTH: Final = 0.01
FOLDS: Final = 5
DIGITS: Final = 4
_TEMPERATURES: Final = tuple(round(0.7 + 0.05 * step, 2) for step in range(19))
_PREFERENCES: Final = tuple(round(1.0 + 0.1 * step, 1) for step in range(16))
_THRESHOLDS: Final = tuple(round(0.2 + 0.01 * step, 2) for step in range(41))
COST: Final = 0.005
"""How much macro F1, silence counted as a miss, may be given up on held-out topics, for each of two ends:
for a choice closer to the likeliest rating, and for silence instead of a guess."""
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """What held-out topics say: how scores become probabilities and these a rating, or silence.

    `reliability` gives for each band of confidence the number of ratings, their mean confidence and the share
    that was right; `macro_f1` counts silence as a miss, `coverage` is the share of orders not met with it.
    """

    temperature: float
    preference: tuple[float, float, float]
    threshold: float
    macro_f1: float
    coverage: float
    accuracy: float
    expected_calibration_error: float
    reliability: tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True)
class Training:
    """A rater with what is kept beside its numbers: the calibration, and the digest of its making."""

    rater: Rater
    calibration: Calibration
    criteria: str
    examples: int
    topics: int
    seed: int


def train(
    examples: Sequence[RatedExample], criteria: str, *, seed: int = 0, strength: float = STRENGTH
) -> Training:
    """A rater fitted to the examples; equal examples, tables and seeds give equal numbers.

    `criteria` names the library's version, for the record.
    """
    features = [features_of(example.query) for example in examples]
    ratings = np.asarray([RATINGS.index(example.rating) for example in examples])
    weights = np.asarray([example.weight for example in examples])
    held_out = held_out_scores(examples, features, seed=seed, strength=strength)
    calibration = calibrate(held_out, ratings, weights)
    kept = fit(features, ratings.tolist(), weights.tolist(), count=len(RATINGS), strength=strength)
    rater = _rater(kept, calibration, _digest(examples, seed, strength))
    topics = len({example.topic for example in examples})
    return Training(rater, calibration, criteria, len(examples), topics, seed)


def held_out_scores(
    examples: Sequence[RatedExample],
    features: Sequence[dict[str, float]],
    *,
    seed: int,
    strength: float = STRENGTH,
) -> Floats:
    """Each example's scores by numbers that were fitted without its topic."""
    folds = folds_of(examples, seed)
    scores = np.zeros((len(examples), len(RATINGS)))
    for fold in range(FOLDS):
        learned = [at for at, each in enumerate(folds) if each != fold]
        asked = [at for at, each in enumerate(folds) if each == fold]
        fitted = fit(
            [features[at] for at in learned],
            [RATINGS.index(examples[at].rating) for at in learned],
            [examples[at].weight for at in learned],
            count=len(RATINGS),
            strength=strength,
        )
        scores[asked] = fitted.scores([features[at] for at in asked])
    return scores


def folds_of(examples: Sequence[RatedExample], seed: int) -> list[int]:
    """The fold of each example; all of one topic are in one fold."""
    topics = sorted({example.topic for example in examples})
    random.Random(seed).shuffle(topics)  # noqa: S311 - a reproducible deal, not a secret
    fold = {topic: at % FOLDS for at, topic in enumerate(topics)}
    return [fold[example.topic] for example in examples]


def calibrate(scores: Floats, ratings: Ints, weights: Floats) -> Calibration:
    """The temperature of least log-loss, the preference for rarer ratings, and the threshold they allow."""
    temperature = min(_TEMPERATURES, key=lambda each: _log_loss(softmax(scores / each), ratings, weights))
    probabilities = softmax(scores / temperature)
    preference = _preference(probabilities, ratings, weights)
    chosen = (probabilities * preference).argmax(axis=1)
    confidence = probabilities[np.arange(len(chosen)), chosen]
    threshold = _threshold(confidence, chosen, ratings, weights)
    spoken = confidence >= threshold
    reliability = _reliability(confidence[spoken], (chosen == ratings)[spoken], weights[spoken])
    total = sum(count for count, _, _ in reliability) or 1
    return Calibration(
        temperature,
        preference,
        threshold,
        macro_f1=macro_f1(ratings, np.where(spoken, chosen, -1), weights),
        coverage=float(weights[spoken].sum() / weights.sum()),
        accuracy=float(np.average((chosen == ratings)[spoken], weights=weights[spoken])),
        expected_calibration_error=sum(count * abs(sure - right) for count, sure, right in reliability)
        / total,
        reliability=reliability,
    )


def _preference(probabilities: Floats, ratings: Ints, weights: Floats) -> tuple[float, float, float]:
    """Of the preferences whose macro F1 is at most `COST` below the greatest, the mildest."""
    reached = {
        (1.0, middle, high): macro_f1(ratings, (probabilities * (1.0, middle, high)).argmax(axis=1), weights)
        for middle, high in product(_PREFERENCES, repeat=2)
    }
    enough = max(reached.values()) - COST
    return min(
        (each for each, score in reached.items() if score >= enough), key=lambda each: (sum(each), each)
    )


def _log_loss(probabilities: Floats, ratings: Ints, weights: Floats) -> float:
    return -float(np.average(np.log(probabilities[np.arange(len(ratings)), ratings]), weights=weights))


def macro_f1(ratings: Ints, chosen: Ints, weights: Floats) -> float:
    """The mean F1 of the three ratings; a choice of -1 is silence, and misses."""
    table = np.zeros((len(RATINGS), len(RATINGS) + 1))
    np.add.at(table, (ratings, chosen), weights)  # -1 is the last column, silence
    return f1(table)[0]


def _threshold(confidence: Floats, chosen: Ints, ratings: Ints, weights: Floats) -> float:
    """The greatest threshold whose silence costs no more than `COST`."""
    always = macro_f1(ratings, chosen, weights)
    affordable = [
        each
        for each in _THRESHOLDS
        if macro_f1(ratings, np.where(confidence >= each, chosen, -1), weights) >= always - COST
    ]
    return max(affordable, default=0.0)


def _reliability(
    confidence: Floats, right: NDArray[np.bool_], weights: Floats
) -> tuple[tuple[int, float, float], ...]:
    bands = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        (
            round(float(weights[bands == band].sum())),
            round(float(np.average(confidence[bands == band], weights=weights[bands == band])), DIGITS),
            round(float(np.average(right[bands == band], weights=weights[bands == band])), DIGITS),
        )
        for band in range(BINS)
        if weights[bands == band].sum() > 0
    )


def _rater(fitted: Fitted, calibration: Calibration, digest: str) -> Rater:
    scaled = np.round(fitted.weights / calibration.temperature, DIGITS)
    bias = np.round(fitted.bias / calibration.temperature, DIGITS).tolist()
    weights = {
        name: (float(row[0]), float(row[1]), float(row[2]))
        for name, row in zip(fitted.names, scaled, strict=True)
        if np.abs(row).max() > 0
    }
    return Rater(weights, (bias[0], bias[1], bias[2]), calibration.preference, calibration.threshold, digest)


def _digest(examples: Sequence[RatedExample], seed: int, strength: float) -> str:
    """A digest of everything that the numbers depend on but the code."""
    digest = hashlib.sha256(f"{FORMAT} {tables_digest()} {seed} {strength}".encode())
    for example in examples:
        digest.update(repr((example.topic, example.query, example.rating.value, example.weight)).encode())
    return digest.hexdigest()[:16]


def numbers(training: Training) -> dict[str, Any]:
    """What the rater's file holds, as JSON."""
    rater, calibration = training.rater, training.calibration
    return {
        "format": FORMAT,
        "tables": tables_digest(),
        "digest": rater.digest,
        "criteria": training.criteria,
        "examples": training.examples,
        "topics": training.topics,
        "seed": training.seed,
        "threshold": rater.threshold,
        "preference": rater.preference,
        "bias": rater.bias,
        "held_out": {
            "temperature": calibration.temperature,
            "macro_f1": round(calibration.macro_f1, DIGITS),
            "coverage": round(calibration.coverage, DIGITS),
            "accuracy": round(calibration.accuracy, DIGITS),
            "expected_calibration_error": round(calibration.expected_calibration_error, DIGITS),
            "reliability": calibration.reliability,
        },
        "weights": rater.weights,
    }


def write(training: Training, path: Path) -> None:
    """Write the rater's file; equal numbers give equal bytes."""
    text = json.dumps(numbers(training), separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
