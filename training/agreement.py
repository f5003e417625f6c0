"""How far two givers of evidence levels agree: exactly, within one level, and by kappa."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares of papers, 0 to 1, and Cohen's kappa, disagreement weighted by its square."""

    exact: float
    within_one: float
    kappa: float


def agreement(pairs: Sequence[tuple[int, int]]) -> Agreement:
    """The agreement over pairs of levels; at least one pair."""
    total = len(pairs)
    exact = sum(one == other for one, other in pairs)
    near = sum(abs(one - other) <= 1 for one, other in pairs)
    return Agreement(exact / total, near / total, kappa(pairs))


def kappa(pairs: Sequence[tuple[int, int]]) -> float:
    """Cohen's kappa, disagreement weighted by its square; 1 where chance alone would never disagree."""
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    seen = sum((one - other) ** 2 for one, other in pairs)
    expected = sum(ones[one] * others[other] * (one - other) ** 2 for one in ones for other in others) / len(
        pairs
    )
    return 1 - seen / expected if expected else 1.0
