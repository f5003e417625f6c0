"""`make bench-guard`: how often the citation guard is right on sentences labelled by hand.

The cases are `tests/vectors/guard.json`. A false sentence that is let through reaches a clinician, a true
one that is dropped is only missed: both are counted, and the first is the error that matters. `--similarity`
counts what the sentence encoder of the extra `dense` would do, alone and on top of the guard.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from model.assessment import Rating
from model.evidence.paper import Evidence, EvidenceLevel, Paper, Section
from model.reasoning.answer import Answer, Sentence
from model.reasoning.guard import guarded
from model.reasoning.guard_reading import sentences
from terminology.dense_encoder import MiniLM

if TYPE_CHECKING:
    from collections.abc import Sequence

CASES: Final = Path(__file__).parents[1] / "tests" / "vectors" / "guard.json"
LEAST_SIMILARITIES: Final = (0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled sentence with the passages that it was given, and whether they say it."""

    id: int
    part: str
    flag: str
    passages: tuple[str, ...]
    sentence: Sentence
    supported: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sentences were kept and dropped, of those that are supported and of those that are not."""

    kept: int
    missed: int
    let_through: int
    dropped: int

    @property
    def precision(self) -> float:
        """The part of the kept sentences that are supported; 1 where none is kept."""
        return self.kept / (self.kept + self.let_through) if self.kept + self.let_through else 1.0

    @property
    def recall(self) -> float:
        """The part of the supported sentences that are kept; 1 where there is none."""
        return self.kept / (self.kept + self.missed) if self.kept + self.missed else 1.0


def read_cases() -> tuple[Case, ...]:
    """The labelled sentences."""
    written: dict[str, Any] = json.loads(CASES.read_text(encoding="utf-8"))
    return tuple(
        Case(
            each["id"],
            each["part"],
            each["flag"],
            tuple(written["passages"][name] for name in each["passages"]),
            Sentence(each["sentence"], tuple(each["citations"])),
            each["supported"],
        )
        for each in written["cases"]
    )


def stands(case: Case) -> bool:
    """Whether the guard keeps the case's sentence."""
    evidence = [
        Evidence(
            Paper(str(number), None, "An invented study"), EvidenceLevel.LOW, (), (Section(None, text),), 1.0
        )
        for number, text in enumerate(case.passages, 1)
    ]
    return bool(guarded(Answer((case.sentence,), Rating.MAY_BE_APPROPRIATE), evidence).reasons)


def tally(cases: Sequence[Case]) -> Tally:
    """What the guard does with these cases."""
    found = [(case.supported, stands(case)) for case in cases]
    kinds = ((True, True), (True, False), (False, True), (False, False))
    return Tally(*(found.count(kind) for kind in kinds))


def similarities(cases: Sequence[Case]) -> str:
    """What a least similarity to the nearest cited sentence would do, alone and on top of the guard.

    Raises:
        DenseMissingError: The extra `dense` is not installed.
    """
    encoder = MiniLM()
    found = [(case, stands(case), _nearest(case, encoder)) for case in cases]
    lines = [
        "| part | least similarity | alone: kept | alone: let through | with the guard: kept | let through |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for part in ("work", "unseen"):
        here = [each for each in found if each[0].part == part]
        for least in LEAST_SIMILARITIES:
            alone = [case.supported for case, _, near in here if near >= least]
            both = [case.supported for case, kept, near in here if kept and near >= least]
            counts = [words.count(right) for words in (alone, both) for right in (True, False)]
            lines.append(f"| {part} | {least:.2f} | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines)


def _nearest(case: Case, encoder: MiniLM) -> float:
    texts = [case.passages[number - 1] for number in case.sentence.citations if number <= len(case.passages)]
    cited = [sentence for text in texts for sentence in sentences(text)]
    if not cited:
        return 0.0
    first, *others = encoder.encode([case.sentence.text, *cited])
    return max(float(first @ other) for other in others)


@click.command()
@click.option("--similarity", is_flag=True, help="Count what a sentence encoder would do (extra `dense`).")
@click.option("--name-errors", is_flag=True, help="Name the cases of the work part that go wrong.")
def main(*, name_errors: bool, similarity: bool) -> None:
    """Count what the citation guard keeps and drops."""
    cases = read_cases()
    if similarity:
        click.echo(similarities(cases))
        return
    click.echo(
        "| part | supported: kept | false: let through | precision | recall |\n|---|---:|---:|---:|---:|"
    )
    for part in ("work", "unseen"):
        chosen = [case for case in cases if case.part == part]
        click.echo(_row(part, tally(chosen)))
    for flag in sorted({case.flag for case in cases}):
        click.echo(_row(f"work, {flag}", tally([c for c in cases if c.part == "work" and c.flag == flag])))
    wrong = [case for case in cases if case.part == "work" and stands(case) is not case.supported]
    for case in wrong if name_errors else ():
        click.echo(f"{case.id} {'missed' if case.supported else 'let through'}: {case.sentence.text}")


def _row(name: str, found: Tally) -> str:
    return (
        f"| {name} | {found.kept} of {found.kept + found.missed} "
        f"| {found.let_through} of {found.let_through + found.dropped} "
        f"| {found.precision:.2f} | {found.recall:.2f} |"
    )


if __name__ == "__main__":
    main()
