"""Trains a site's own scorer of evidence levels, and says how it agrees with the labels beside the rules.

The scorer is a softmax regression over `model.evidence.level_features`. Each level's papers are dealt into
folds; what each fold's papers are given by the others' numbers is what the scorer is judged by. The numbers
that are kept are then fitted on everything.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from model.evidence.level_features import level_features
from model.evidence.trained_levels import FORMAT, LEVELS, content_digest, tables_digest
from model.evidence.weigh import by_rules, read
from training.agreement import Agreement, agreement
from training.logistic import fit
from training.metrics import sign_test

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.evidence_labels import Labelled
    from training.logistic import Fitted

FEWEST: Final = 100
FEWEST_OF_A_LEVEL: Final = 10
"""Labelled papers without which nothing is trained: in all, and of each level."""
FOLDS: Final = 5
STRENGTH: Final = 0.3
DIGITS: Final = 4


class TooFewLabelsError(ValueError):
    """There are too few labels to learn from; the message says how many there must be."""


@dataclass(frozen=True, slots=True)
class Training:
    """A scorer's numbers with how it was judged.

    `trained` and `rules` are agreement with the labels on the same papers, the trained ones held out;
    `only_trained` and `only_rules` count the papers on which one alone was right, and `chance` is the exact
    two-sided p of such a difference where neither is better.
    """

    fitted: Fitted
    counts: dict[int, int]
    trained: Agreement
    rules: Agreement
    only_trained: int
    only_rules: int
    chance: float
    labels: str
    this_year: int
    seed: int

    @property
    def gained(self) -> bool:
        """Whether the trained levels agree better than the rules', exactly and by kappa."""
        return self.trained.exact > self.rules.exact and self.trained.kappa > self.rules.kappa


def train(
    labelled: Sequence[Labelled], *, this_year: int, seed: int = 0, strength: float = STRENGTH
) -> Training:
    """A scorer fitted to the labelled papers; equal papers, tables, years and seeds give equal numbers.

    Raises:
        TooFewLabelsError: There are too few papers, in all or of a level.
    """
    counts = _enough(labelled)
    readings = [read(each.paper, this_year=this_year) for each in labelled]
    features = [level_features(each) for each in readings]
    classes = [LEVELS.index(each.level) for each in labelled]
    ruled = [LEVELS.index(by_rules(each).level) for each in readings]
    held_out = _held_out(features, classes, seed=seed, strength=strength)
    only_trained = sum(a == right != b for right, a, b in zip(classes, held_out, ruled, strict=True))
    only_rules = sum(b == right != a for right, a, b in zip(classes, held_out, ruled, strict=True))
    return Training(
        _fit(features, classes, strength),
        counts,
        agreement(list(zip(classes, held_out, strict=True))),
        agreement(list(zip(classes, ruled, strict=True))),
        only_trained,
        only_rules,
        sign_test(only_trained, only_rules),
        _digest(labelled),
        this_year,
        seed,
    )


def numbers(training: Training) -> dict[str, Any]:
    """What the scorer's file holds, as JSON."""
    fitted = training.fitted
    weights = np.round(fitted.weights, DIGITS)
    content = {
        "format": FORMAT,
        "tables": tables_digest(),
        "labels": training.labels,
        "papers": {str(level): count for level, count in training.counts.items()},
        "this_year": training.this_year,
        "seed": training.seed,
        "held_out": _rounded(training.trained),
        "rules": _rounded(training.rules),
        "bias": np.round(fitted.bias, DIGITS).tolist(),
        "weights": {
            name: row.tolist()
            for name, row in zip(fitted.names, weights, strict=True)
            if np.abs(row).max() > 0
        },
    }
    return {**content, "digest": content_digest(content)}


def write(training: Training, path: Path) -> str:
    """Write the scorer's file, and return its digest; equal numbers give equal bytes."""
    content = numbers(training)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return str(content["digest"])


def _enough(labelled: Sequence[Labelled]) -> dict[int, int]:
    """How many papers each level has.

    Raises:
        TooFewLabelsError: Too few.
    """
    found = Counter(each.level for each in labelled)
    counts = {int(level): found[level] for level in LEVELS}
    if len(labelled) < FEWEST or min(counts.values()) < FEWEST_OF_A_LEVEL:
        had = ", ".join(f"{count} of level {level}" for level, count in counts.items())
        raise TooFewLabelsError(
            f"too few labels to learn from: at least {FEWEST} papers, and {FEWEST_OF_A_LEVEL} of each level, "
            f"are needed; there are {len(labelled)} ({had})"
        )
    return counts


def _held_out(
    features: Sequence[dict[str, float]], classes: Sequence[int], *, seed: int, strength: float
) -> list[int]:
    """Each paper's class by numbers that were fitted without its fold."""
    folds = _folds(classes, seed)
    found = [0] * len(classes)
    for fold in range(FOLDS):
        learned = [at for at, each in enumerate(folds) if each != fold]
        asked = [at for at, each in enumerate(folds) if each == fold]
        fitted = _fit([features[at] for at in learned], [classes[at] for at in learned], strength)
        scores = fitted.scores([features[at] for at in asked])
        for at, row in zip(asked, scores, strict=True):
            found[at] = int(row.argmax())
    return found


def _folds(classes: Sequence[int], seed: int) -> list[int]:
    """The fold of each paper; each fold has as many of every class as the others, or one less."""
    deal = random.Random(seed)  # noqa: S311 - a reproducible deal, not a secret
    folds = [0] * len(classes)
    dealt = 0
    for each in range(len(LEVELS)):
        places = [at for at, known in enumerate(classes) if known == each]
        deal.shuffle(places)
        for at in places:
            folds[at] = dealt % FOLDS
            dealt += 1
    return folds


def _fit(features: Sequence[dict[str, float]], classes: Sequence[int], strength: float) -> Fitted:
    return fit(features, classes, [1.0] * len(classes), count=len(LEVELS), strength=strength)


def _digest(labelled: Sequence[Labelled]) -> str:
    """A digest of the papers and their levels."""
    digest = hashlib.sha256()
    for each in labelled:
        digest.update(repr((each.paper, int(each.level))).encode())
    return digest.hexdigest()[:16]


def _rounded(found: Agreement) -> dict[str, float]:
    return {name: round(value, DIGITS) for name, value in asdict(found).items()}
