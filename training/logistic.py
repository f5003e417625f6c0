"""Softmax regression with an L2 penalty over sparse features, fitted by L-BFGS; needs numpy and nothing else.

The objective is `strength * sum(weight * log-loss) + |W|^2 / 2`, biases unpenalised: convex, so that the same
examples always come to the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_HISTORY: Final = 10
_SUFFICIENT: Final = 1e-4
_SMALLEST_STEP: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row `i` has `values[starts[i]:starts[i + 1]]` in the columns of the same places."""

    columns: Ints
    values: Floats
    starts: Ints
    width: int

    def scores(self, weights: Floats, bias: Floats) -> Floats:
        """Rows times `weights` (width x classes) plus `bias`; every row holds something."""
        products = weights[self.columns] * self.values[:, None]
        return np.add.reduceat(products, self.starts[:-1], axis=0) + bias

    def gradient(self, residual: Floats) -> Floats:
        """The transposed rows times `residual` (rows x classes)."""
        spread = np.repeat(residual, np.diff(self.starts), axis=0) * self.values[:, None]
        return np.stack(
            [np.bincount(self.columns, spread[:, at], self.width) for at in range(residual.shape[1])], axis=1
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights by feature (one number a class), and biases."""

    names: tuple[str, ...]
    weights: Floats
    bias: Floats

    def probabilities(self, features: Sequence[Mapping[str, float]]) -> Floats:
        """Examples x classes."""
        return softmax(self.scores(features))

    def scores(self, features: Sequence[Mapping[str, float]]) -> Floats:
        """Examples x classes, before the softmax; features that were not trained on count nothing."""
        return rows_of(features, {name: at for at, name in enumerate(self.names)}).scores(
            np.vstack([self.weights, np.zeros((1, len(self.bias)))]), self.bias
        )


def fit(  # noqa: PLR0913 - the examples in three parts, and how they are fitted
    features: Sequence[Mapping[str, float]],
    classes: Sequence[int],
    weights: Sequence[float],
    *,
    count: int,
    strength: float,
    most_steps: int = 300,
) -> Fitted:
    """The regression fitted to examples: their features, classes from 0 to below `count`, and weights."""
    names = tuple(sorted({name for each in features for name in each}))
    rows = rows_of(features, {name: at for at, name in enumerate(names)})
    wanted = np.eye(count)[np.asarray(classes)]
    counts = np.asarray(weights, dtype=float)[:, None] * strength

    def objective(point: Floats) -> tuple[float, Floats]:
        matrix = point.reshape(rows.width + 1, count)
        probabilities = softmax(rows.scores(matrix[:-1], matrix[-1]))
        loss = -float((counts * wanted * np.log(probabilities + 1e-12)).sum())
        residual = counts * (probabilities - wanted)
        slope = np.vstack([rows.gradient(residual) + matrix[:-1], residual.sum(axis=0)])
        return loss + float((matrix[:-1] ** 2).sum()) / 2, slope.ravel()

    best = _minimum(objective, np.zeros((rows.width + 1) * count), most_steps)
    matrix = best.reshape(rows.width + 1, count)
    return Fitted(names, matrix[: len(names)], matrix[-1])


def rows_of(features: Sequence[Mapping[str, float]], places: Mapping[str, int]) -> Rows:
    """The examples as rows; the last column, always 0, stands for every feature without a place."""
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for each in features:
        known = [(places[name], value) for name, value in each.items() if name in places and value]
        columns += [at for at, _ in known] or [len(places)]
        values += [value for _, value in known] or [0.0]
        starts.append(len(columns))
    return Rows(np.asarray(columns), np.asarray(values, dtype=float), np.asarray(starts), len(places) + 1)


def softmax(scores: Floats) -> Floats:
    """Each row's scores as probabilities."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _minimum(objective: Any, start: Floats, most_steps: int) -> Floats:
    """Where the convex objective is least, by L-BFGS with a backtracking line search."""
    point = start
    value, slope = objective(point)
    history: list[tuple[Floats, Floats]] = []
    for _ in range(most_steps):
        direction = -_scaled(slope, history)
        descent = float(direction @ slope)
        step = 1.0 if history else 1.0 / max(1.0, float(np.abs(slope).sum()))
        while True:
            ahead = point + step * direction
            ahead_value, ahead_slope = objective(ahead)
            if ahead_value <= value + _SUFFICIENT * step * descent or step < _SMALLEST_STEP:
                break
            step /= 2
        moved, turned = ahead - point, ahead_slope - slope
        if float(moved @ turned) > 0:
            history = [*history, (moved, turned)][-_HISTORY:]
        gained = value - ahead_value
        point, value, slope = ahead, ahead_value, ahead_slope
        if gained <= 1e-7 * max(1.0, abs(value)):
            break
    return point


def _scaled(slope: Floats, history: list[tuple[Floats, Floats]]) -> Floats:
    """The slope times the inverse curvature that the last steps tell of (the two-loop recursion)."""
    found = slope.copy()
    kept = []
    for moved, turned in reversed(history):
        rate = float(moved @ found) / float(moved @ turned)
        found -= rate * turned
        kept.append(rate)
    if history:
        moved, turned = history[-1]
        found *= float(moved @ turned) / float(turned @ turned)
    for (moved, turned), rate in zip(history, reversed(kept), strict=True):
        found += moved * (rate - float(turned @ found) / float(moved @ turned))
    return found
