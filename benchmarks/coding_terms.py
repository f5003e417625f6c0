"""The terms the coding benchmark asks for, drawn once and for all, and what is counted about the answers.

A question is an inclusion term of ICD-10-CM; its answer is the code it stands under. The index that is asked
holds neither the term nor, under any other code, a term of the same words. Terms of external causes (V to Y)
are left out: nobody orders imaging for one.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from terminology.retrieval_words import words
from terminology.sorted_table import SortedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

REPORTED: Final = 800
FITTED: Final = 1_600
CALIBRATED: Final = 1_000

_SEED: Final = 20260401
_CATEGORY_LENGTH: Final = 3


@dataclass(frozen=True, slots=True)
class Question:
    """An inclusion term and the code, without its dot, that it belongs to."""

    text: str
    code: str

    @property
    def key(self) -> tuple[str, ...]:
        """The words by which the index would know the term."""
        return tuple(words(self.text))


class Drawn(NamedTuple):
    """Questions to report on, to fit weights on and to calibrate on: no words are in two of them."""

    reported: tuple[Question, ...]
    fitted: tuple[Question, ...]
    calibrated: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What was counted over the questions; every figure is a share of them."""

    questions: int
    top1: float
    top5: float
    mrr: float
    category1: float
    category5: float


def rows() -> list[tuple[str, ...]]:
    """The rows of the bundled code table."""
    text = SortedTable.load("icd10cm.tsv.gz").text.decode()
    return [tuple(line.split("\t")) for line in text.splitlines()]


def questions(table: Iterable[Sequence[str]]) -> Drawn:
    """The questions of a code table."""
    every = [
        Question(text, code)
        for code, _, _, title, own, _ in table
        for text in own.split("|")
        if own and code[0] not in "VWXY" and "-" not in code and not code.isdigit()
        if words(text) != words(title)
    ]
    random.Random(_SEED).shuffle(every)  # noqa: S311 - a draw to be repeated, not a secret
    distinct = tuple({question.key: question for question in every}.values())
    fitted, calibrated = REPORTED + FITTED, REPORTED + FITTED + CALIBRATED
    return Drawn(distinct[:REPORTED], distinct[REPORTED:fitted], distinct[fitted:calibrated])


def count(answers: Iterable[tuple[str, Sequence[str]]]) -> Figures:
    """The figures over pairs of the right code and the codes answered, best first (ten are looked at)."""
    pairs = [(right, list(found)) for right, found in answers]
    shares = [
        (
            right in found[:1],
            right in found[:5],
            1 / (found.index(right) + 1) if right in found[:10] else 0.0,
            right[:_CATEGORY_LENGTH] in {code[:_CATEGORY_LENGTH] for code in found[:1]},
            right[:_CATEGORY_LENGTH] in {code[:_CATEGORY_LENGTH] for code in found[:5]},
        )
        for right, found in pairs
    ]
    return Figures(len(pairs), *(sum(column) / len(pairs) for column in zip(*shares, strict=True)))
