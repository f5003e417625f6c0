"""How strong one paper is by its design: a level from 1 to 4 that says why.

A heuristic over publication types and the words of title and abstract (`weigh_words/`), not GRADE, which
rates the whole body of evidence on an outcome. The design gives a level; a small sample or great age lowers
it, and a large diagnostic study against a reference standard raises it. What a paper does not state counts as
not done.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Protocol

from model.evidence.paper import EvidenceLevel
from model.evidence.sample import sample_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.evidence.paper import Paper

SMALL: Final = 30
SMALL_TRIAL: Final = 50
PROSPECTIVE_ENOUGH: Final = 100
RETROSPECTIVE_ENOUGH: Final = 300
OLD_YEARS: Final = 20
"""Sample sizes below and from which the level changes, and the age in years from which it is lowered."""

_METHODS: Final = re.compile(
    r"method|material|design|patient|participant|setting|subject|objective|purpose|aim|data|procedure",
    re.IGNORECASE,
)
_MEASURED: Final = frozenset(
    {"randomized", "case-control", "prospective", "retrospective", "cross-sectional", "cohort"}
)
"""Designs in which patients were measured, so that their number counts."""
_NEVER_RAISED: Final = frozenset({"randomized", "case-control"})
"""Of these, the one that is highest already, and the one whose controls were chosen."""
_ON_PATIENTS: Final = frozenset({"prospective", "retrospective", "cross-sectional", "case-control"})
"""Designs beside which a phantom or an animal that is named is not what was measured."""


@dataclass(frozen=True, slots=True)
class Design:
    """A study design: its id, the level it has by itself, and its name."""

    id: str
    level: EvidenceLevel
    name: str


@dataclass(frozen=True, slots=True)
class Weighed:
    """A paper's level with its design and the reasons, the design first.

    `by` is the digest of the trained scorer that gave the level, `None` where the rules did.
    """

    level: EvidenceLevel
    design: str
    because: tuple[str, ...]
    by: str | None = None


class Weigh(Protocol):
    """What gives papers their levels: the rules here (`weighed`), or what a site has trained."""

    def __call__(self, paper: Paper, *, this_year: int | None = None) -> Weighed:
        """The paper's level; without `this_year` its age counts for nothing."""


@dataclass(frozen=True, slots=True)
class Features:
    """What a paper states beside its design: `sample` is the number of patients or examinations."""

    accuracy: bool
    comparator: bool
    blinding: bool
    intervals: bool
    sample: int | None

    @property
    def referenced(self) -> bool:
        """Whether something was measured against a reference, with accuracy or intervals."""
        return self.comparator and (self.accuracy or self.intervals)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a paper shows of its design, what it states beside it, and its age in years, where that counts.

    `typed` and `worded` are all designs that its publication types and its words tell, `design` the one that
    they come to, `bare` whether it has no abstract.
    """

    design: Design
    typed: frozenset[str]
    worded: frozenset[str]
    features: Features
    age: int | None
    bare: bool

    @property
    def design_name(self) -> str:
        """The design in words, and whether the index told it."""
        return f"{self.design.name} (publication type)" if self.design.id in self.typed else self.design.name


def weighed(paper: Paper, *, this_year: int | None = None) -> Weighed:
    """The paper's level; without `this_year` its age counts for nothing."""
    return by_rules(read(paper, this_year=this_year))


def read(paper: Paper, *, this_year: int | None = None) -> Reading:
    """What the paper shows; without `this_year` no age."""
    kinds = (each.lower() for each in paper.publication_types)
    typed = frozenset(_types()[each] for each in kinds if each in _types())
    worded = frozenset(_worded(paper))
    age = None if this_year is None or paper.year is None else this_year - paper.year
    design = _design(paper, typed, worded)
    return Reading(design, typed, worded, features_of(paper), age, bare=not paper.abstract)


def by_rules(reading: Reading) -> Weighed:
    """The level that the rules give."""
    design, features = reading.design, reading.features
    steps, because = 0, [reading.design_name]
    if design.id in _MEASURED:
        change, why = _by_sample(design, features)
        steps += change
        because += why
    because += [name for feature, name in feature_names().items() if getattr(features, feature)]
    if reading.age is not None and reading.age >= OLD_YEARS:
        steps -= 1
        because.append(f"published {OLD_YEARS} or more years ago")
    level = EvidenceLevel(min(max(design.level + steps, EvidenceLevel.VERY_LOW), EvidenceLevel.HIGH))
    return Weighed(level, design.id, tuple(because))


def _design(paper: Paper, typed: frozenset[str], worded: frozenset[str]) -> Design:
    """The design that the paper shows: the first in the order of `designs.csv`."""
    shown = set(typed | worded)
    if {"narrative-review", "systematic-review"} <= shown or "commentary" in typed:
        shown -= {"narrative-review", "randomized", "guideline"} - typed
    if "case-report" in typed:  # with a review of the literature
        shown.discard("narrative-review")
    if "case-series" in shown:
        shown -= {"case-report"}
    if "laboratory" in shown and not _on_animals(paper) and shown & _ON_PATIENTS:
        shown -= {"laboratory"}
    return next((design for design in designs() if design.id in shown), designs()[-1])


def features_of(paper: Paper) -> Features:
    """What the abstract states of measures, comparison, blinding, intervals and sample."""
    text = f"{paper.title}. {_abstract(paper)}"
    found = {feature: bool(pattern.search(text)) for feature, pattern in _features().items()}
    return Features(**found, sample=sample_size(text))


@cache
def designs() -> tuple[Design, ...]:
    """All designs, in the order in which they are looked for; the last is that none is stated."""
    return tuple(
        Design(row["design"], EvidenceLevel(int(row["level"])), row["name"]) for row in _rows("designs.csv")
    )


@cache
def feature_names() -> dict[str, str]:
    """What is said of each of the features that a paper states."""
    return {row["feature"]: row["name"] for row in _rows("features.csv")}


def _by_sample(design: Design, features: Features) -> tuple[int, list[str]]:
    sample = features.sample
    if sample is None:
        return 0, []
    counted = f"{sample:,} patients or examinations"
    if sample < (SMALL_TRIAL if design.id == "randomized" else SMALL):
        return -1, [f"{counted}: a small sample"]
    enough = PROSPECTIVE_ENOUGH if design.id == "prospective" else RETROSPECTIVE_ENOUGH
    if design.id not in _NEVER_RAISED and features.referenced and sample >= enough:
        return 1, [f"{counted}, measured against a reference"]
    return 0, [counted]


def _worded(paper: Paper) -> Iterator[str]:
    """The designs that words tell: those of the title, and of the methods where they are set apart."""
    title, abstract = paper.title, _methods(paper)
    if _on_animals(paper):
        yield "laboratory"
    for design, field, pattern in _patterns():
        texts = {"title": (title,), "abstract": (abstract,), "either": (title, abstract)}[field]
        if any(_said(design, pattern, text) for text in texts):
            yield design


def _on_animals(paper: Paper) -> bool:
    mesh = {each.lower() for each in paper.mesh}
    return "animals" in mesh and "humans" not in mesh


def _said(design: str, pattern: re.Pattern[str], text: str) -> bool:
    denied = [match.span() for each in _denied().get(design, ()) for match in each.finditer(text)]
    return any(
        not any(start < match.end() and match.start() < end for start, end in denied)
        for match in pattern.finditer(text)
    )


def _abstract(paper: Paper) -> str:
    return " ".join(section.text for section in paper.abstract)


def _methods(paper: Paper) -> str:
    """The sections on aim and methods; the whole abstract where none is labelled so."""
    parts = [each.text for each in paper.abstract if each.label and _METHODS.search(each.label)]
    return " ".join(parts) or _abstract(paper)


@cache
def _types() -> dict[str, str]:
    return {row["type"]: row["design"] for row in _rows("types.csv")}


@cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    rows = _rows("words.csv")
    return tuple((row["design"], row["field"], re.compile(row["pattern"], re.IGNORECASE)) for row in rows)


@cache
def _denied() -> dict[str, tuple[re.Pattern[str], ...]]:
    found: dict[str, tuple[re.Pattern[str], ...]] = {}
    for row in _rows("denied.csv"):
        found[row["design"]] = (*found.get(row["design"], ()), re.compile(row["pattern"], re.IGNORECASE))
    return found


@cache
def _features() -> dict[str, re.Pattern[str]]:
    return {row["feature"]: re.compile(row["pattern"], re.IGNORECASE) for row in _rows("features.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("model.evidence") / "weigh_words" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
