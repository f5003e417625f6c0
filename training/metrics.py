"""The figures that systems are compared by, over gold ratings and what a system said or left unsaid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.assessment import Rating

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATINGS: Final = tuple(Rating)
DRAWS: Final = 1000
INTERVAL: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Said:
    """What a system said of one example: a rating or `None`, how sure it was and why, where it says so."""

    rating: Rating | None
    confidence: float | None = None
    reasoning: tuple[str, ...] = ()


def confusion(gold: Sequence[Rating], said: Sequence[Said]) -> np.ndarray[Any, Any]:
    """Counts: one row a gold rating, one column a rating said, and a last column for none."""
    table = np.zeros((len(RATINGS), len(RATINGS) + 1), dtype=int)
    for right, found in zip(gold, said, strict=True):
        column = len(RATINGS) if found.rating is None else RATINGS.index(found.rating)
        table[RATINGS.index(right), column] += 1
    return table


def f1(table: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Macro and weighted F1 of a confusion table; an example without a rating counts as missed.

    A rating that is neither in the gold nor said is left out of the macro mean.
    """
    right = np.diag(table)
    gold, said = table.sum(axis=1), table[:, : len(RATINGS)].sum(axis=0)
    scores = np.divide(2 * right, gold + said, out=np.zeros(len(RATINGS)), where=gold + said > 0)
    seen = gold + said > 0
    return float(scores[seen].mean()) if seen.any() else 0.0, float(scores @ gold / max(gold.sum(), 1))


def interval(  # noqa: PLR0913 - a resampling has its settings
    gold: Sequence[Rating],
    said: Sequence[Said],
    groups: Sequence[object],
    *,
    seed: int,
    draws: int = DRAWS,
    of: Callable[[np.ndarray[Any, Any]], float] = lambda table: f1(table)[0],
) -> tuple[float, float]:
    """The middle 95 % of a figure (macro F1) when whole groups, such as topics, are drawn again."""
    tables: dict[object, list[int]] = {}
    for place, group in enumerate(groups):
        tables.setdefault(group, []).append(place)
    each = np.stack(
        [confusion([gold[i] for i in places], [said[i] for i in places]) for places in tables.values()]
    )
    draw = np.random.default_rng(seed)
    values = [of(each[draw.integers(len(each), size=len(each))].sum(axis=0)) for _ in range(draws)]
    low, high = np.percentile(values, INTERVAL)
    return float(low), float(high)


def difference(
    gold: Sequence[Rating],
    one: Sequence[Said],
    other: Sequence[Said],
    groups: Sequence[object],
    *,
    seed: int,
) -> tuple[float, float, float]:
    """The macro F1 of `one` less that of `other`, with the middle 95 % when groups are drawn again."""
    places: dict[object, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group, []).append(place)
    pairs = np.stack(
        [
            [confusion([gold[i] for i in each], [said[i] for i in each]) for said in (one, other)]
            for each in places.values()
        ]
    )
    draw = np.random.default_rng(seed)
    values = [_gain(pairs[draw.integers(len(pairs), size=len(pairs))].sum(axis=0)) for _ in range(DRAWS)]
    low, high = np.percentile(values, INTERVAL)
    return _gain(pairs.sum(axis=0)), float(low), float(high)


def _gain(tables: np.ndarray[Any, Any]) -> float:
    return f1(tables[0])[0] - f1(tables[1])[0]


def mcnemar(gold: Sequence[Rating], one: Sequence[Said], other: Sequence[Said]) -> float:
    """The exact two-sided p that two systems are right as often, from the examples on which they differ."""
    ones = sum(
        a.rating is right and b.rating is not right for right, a, b in zip(gold, one, other, strict=True)
    )
    others = sum(
        b.rating is right and a.rating is not right for right, a, b in zip(gold, one, other, strict=True)
    )
    return sign_test(ones, others)


def sign_test(ones: int, others: int) -> float:
    """The exact two-sided p of so uneven a split where both sides are equally likely."""
    total, fewer = ones + others, min(ones, others)
    tail = sum(math.comb(total, k) for k in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**total))


def calibration(
    gold: Sequence[Rating], said: Sequence[Said], bins: int = 5
) -> list[tuple[float, float, int]]:
    """For each band of confidence that is used: mean confidence, share that is right, how many."""
    found = []
    for band in range(bins):
        inside = [
            (each.confidence, each.rating is right)
            for right, each in zip(gold, said, strict=True)
            if each.confidence is not None and min(int(each.confidence * bins), bins - 1) == band
        ]
        if inside:
            sure, right_ = zip(*inside, strict=True)
            found.append((sum(sure) / len(sure), sum(right_) / len(right_), len(inside)))
    return found


def calibration_error(bands: Sequence[tuple[float, float, int]]) -> float | None:
    """The mean distance of confidence from the share that is right, over `calibration`'s bands."""
    count = sum(each[2] for each in bands)
    return sum(abs(sure - right) * many for sure, right, many in bands) / count if count else None


def abstention(gold: Sequence[Rating], said: Sequence[Said]) -> list[tuple[float, float]]:
    """The share answered and the share of those that is right, as the least sure answers are given up."""
    sure = sorted(
        (
            (each.confidence, each.rating is right)
            for right, each in zip(gold, said, strict=True)
            if each.confidence is not None and each.rating is not None
        ),
        key=lambda pair: -pair[0],
    )
    right = np.cumsum([each for _, each in sure])
    return [(count / len(gold), float(right[count - 1] / count)) for count in range(1, len(sure) + 1)]
