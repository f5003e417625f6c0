"""What a trained scorer of evidence levels sees of a paper: numbers by name, out of the reading of `weigh`.

A feature's name begins with its theme: `design retrospective`, `sample 300+|referenced`. Themes are what the
scorer gives as reasons; their words are `weigh_words/trained.csv` and those of the rules.
"""

from __future__ import annotations

import csv
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from model.evidence.weigh import OLD_YEARS, by_rules, designs, feature_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.evidence.weigh import Features, Reading

SAMPLES: Final = (30, 50, 100, 300, 1_000)
"""Sample sizes from which a feature of its own holds."""
_DECADE: Final = 10.0
_OLDEST: Final = 4.0
_LARGEST: Final = 6.0
"""Bounds of what is counted, in decades of age and in powers of ten of the sample."""


def level_features(reading: Reading) -> dict[str, float]:
    """The features of a paper as it was read, and their values; those not named are 0.

    They are the design, every design that a publication type or a word tells, what the abstract states of
    measures, comparison, blinding, intervals and sample, the age, and the level by the rules.
    """
    stated, own = reading.features, reading.design.id
    found = {f"design {own}": 1.0, f"rules {int(by_rules(reading).level)}": 1.0}
    for told, shown in (("typed", reading.typed), ("worded", reading.worded)):
        found |= {f"design {own}|{told}" if each == own else f"{told} {each}": 1.0 for each in sorted(shown)}
    found |= {name: 1.0 for name in feature_names() if getattr(stated, name)}
    found |= dict(_of_sample(stated))
    if reading.age is not None:
        found["age"] = min(max(reading.age / _DECADE, 0.0), _OLDEST)
        found |= {"age|old": 1.0} if reading.age >= OLD_YEARS else {}
    return {**found, "abstract": 1.0} if reading.bare else found


def feature_words(theme: str, reading: Reading) -> str:
    """What is said of the paper where the theme spoke for its level."""
    kind, _, about = theme.partition(" ")
    if kind == "design":
        return reading.design_name
    if kind in feature_names():
        return feature_names()[kind]
    if kind == "sample":
        about = f"{reading.features.sample:,}"
    elif kind == "age":
        about = str(reading.age)
    return _words()[kind].format(about=_design_names().get(about, about))


def _of_sample(stated: Features) -> Iterator[tuple[str, float]]:
    """What the sample comes to: its size, whether it is large, and both beside a reference standard."""
    if stated.referenced:
        yield "referenced", 1.0
    if stated.sample is None:
        return
    yield "sample", min(math.log10(max(stated.sample, 1)), _LARGEST) / _LARGEST
    for size in SAMPLES:
        if stated.sample >= size:
            yield f"sample|{size}+", 1.0
            if stated.referenced:
                yield f"referenced|{size}+", 1.0


@cache
def _design_names() -> dict[str, str]:
    return {each.id: each.name for each in designs()}


@cache
def _words() -> dict[str, str]:
    text = (files("model.evidence") / "weigh_words" / "trained.csv").read_text(encoding="utf-8")
    return {row["feature"]: row["words"] for row in csv.DictReader(text.splitlines())}
