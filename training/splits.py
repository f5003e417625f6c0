"""Ways to part examples into those to learn from and those to be measured by.

By topic is the one to believe. By variant leaks what a topic's other scenarios say; by triplet, which is the
published one, leaks the scenario itself: it stands on both sides with other procedures.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from model.assessment import Rating
from training.examples import from_library

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from training.examples import Example

PAPER_TOPICS: Final = Path(__file__).with_name("paper_topics.txt")
PAPER_OTHER_TOPICS: Final = 5
PAPER_TEST_SHARE: Final = 0.3


class By(StrEnum):
    """What stays together."""

    TOPIC = "topic"
    VARIANT = "variant"
    TRIPLET = "triplet"


class SplitError(ValueError):
    """The examples cannot be parted as asked."""


@dataclass(frozen=True, slots=True)
class Split:
    """Examples to train on and to test on, each in the order they came in."""

    name: str
    train: tuple[Example, ...]
    test: tuple[Example, ...]


def split(examples: Sequence[Example], by: By, *, seed: int, test_share: float = 0.2) -> Split:
    """About `test_share` of the examples to test on; the same examples and seed give the same split.

    A triplet split is stratified by rating, as published; the others keep whole topics or scenarios together.
    """
    key = _KEYS[by]
    if by is By.TRIPLET:
        chosen = _stratified(examples, key, seed, test_share)
        return _parted(examples, by.value, lambda example: key(example) in chosen)
    groups = _grouped(examples, key)
    names = sorted(groups, key=str)
    random.Random(seed).shuffle(names)  # noqa: S311 - a reproducible split, not a secret
    taken: set[Hashable] = set()
    held = 0
    for name in names:
        if held >= test_share * len(examples):
            break
        taken.add(name)
        held += len(groups[name])
    return _parted(examples, by.value, lambda example: key(example) in taken)


def paper_triplet_split(examples: Sequence[Example], *, seed: int) -> Split:
    """The published split: its thirty topics, 70 to 30 by triplet, stratified by rating."""
    known = paper_topics()
    inside = [example for example in examples if example.topic in known]
    made = split(inside, By.TRIPLET, seed=seed, test_share=PAPER_TEST_SHARE)
    return Split("paper-triplet", made.train, made.test)


def paper_generalization(examples: Sequence[Example], *, seed: int) -> Split:
    """Trained on the published thirty topics, tested on five others, drawn: which five was not published."""
    known = paper_topics()
    others = sorted({example.topic for example in examples} - known)
    if len(others) < PAPER_OTHER_TOPICS:
        raise SplitError("fewer than five topics besides the published thirty")
    drawn = set(random.Random(seed).sample(others, PAPER_OTHER_TOPICS))  # noqa: S311 - as above
    used = [example for example in examples if example.topic in known | drawn]
    return _parted(used, "paper-generalization", lambda example: example.topic in drawn)


def uncovered(examples: Sequence[Example]) -> Split:
    """Trained on the library, tested on those of the examples whose topics the library lacks.

    Raises:
        SplitError: There are none.
    """
    held = from_library()
    known = {example.topic for example in held}
    test = tuple(example for example in examples if example.topic not in known)
    if not test:
        raise SplitError("the examples have no topic that the library lacks")
    return Split("uncovered", held, test)


def paper_topics() -> frozenset[str]:
    """The thirty topics of the published experiment, by the guideline's names."""
    lines = PAPER_TOPICS.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def check_apart(made: Split, by: By) -> None:
    """Raise unless no topic, scenario or triplet stands on both sides.

    Raises:
        SplitError: It does; the message says how many.
    """
    key = _KEYS[by]
    both = {key(example) for example in made.train} & {key(example) for example in made.test}
    if both:
        raise SplitError(f"{len(both)} of {by.value} stand on both sides of the split")


def _parted(examples: Sequence[Example], name: str, tested: Callable[[Example], bool]) -> Split:
    test = tuple(example for example in examples if tested(example))
    train = tuple(example for example in examples if not tested(example))
    if not test or not train:
        raise SplitError("too few examples to part")
    return Split(name, train, test)


def _stratified(
    examples: Sequence[Example], key: Callable[[Example], Hashable], seed: int, share: float
) -> set[Hashable]:
    rated = {key(example): example.rating for example in examples}
    chosen: set[Hashable] = set()
    draw = random.Random(seed)  # noqa: S311 - as above
    for rating in Rating:
        keys = sorted((each for each, found in rated.items() if found is rating), key=str)
        draw.shuffle(keys)
        chosen.update(keys[: round(share * len(keys))])
    return chosen


def _grouped(
    examples: Sequence[Example], key: Callable[[Example], Hashable]
) -> dict[Hashable, list[Example]]:
    groups: dict[Hashable, list[Example]] = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return groups


_KEYS: Final[dict[By, Callable[[Example], Hashable]]] = {
    By.TOPIC: lambda example: example.topic,
    By.VARIANT: lambda example: example.group,
    By.TRIPLET: lambda example: (example.topic, example.variant, example.procedure),
}
