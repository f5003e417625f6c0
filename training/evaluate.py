"""One measurement for every system: the same examples, the same figures, one report.

A report is a row a system, with its denominators; what was left out is counted beside it.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from training.metrics import RATINGS, Said, abstention, calibration, confusion, f1, interval, mcnemar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from training.examples import Example
    from training.splits import Split

SEED: Final = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What one system reached on one split. `unanswered` examples count as missed in every figure.

    `interval` is the middle 95 % of macro F1 when the test's topics are drawn again; `table` has a row a gold
    rating and a column a rating said, the last for none; `p` is McNemar's against the split's first system.
    """

    split: str
    system: str
    train: int
    test: int
    unanswered: int
    macro_f1: float
    weighted_f1: float
    interval: tuple[float, float]
    table: list[list[int]]
    calibration: list[tuple[float, float, int]]
    abstention: list[tuple[float, float]]
    p: float | None
    seconds: float


def compare(
    made: Split, systems: Mapping[str, Callable[[Sequence[Example], Sequence[Example]], list[Said]]]
) -> list[Result]:
    """Each system on the split, in the order given; the others are tested against the first."""
    gold = [example.rating for example in made.test]
    topics = [example.topic for example in made.test]
    results: list[Result] = []
    first: list[Said] | None = None
    for name, system in systems.items():
        started = time.perf_counter()
        said = system(made.train, made.test)
        seconds = time.perf_counter() - started
        table = confusion(gold, said)
        macro, weighted = f1(table)
        results.append(
            Result(
                split=made.name,
                system=name,
                train=len(made.train),
                test=len(made.test),
                unanswered=sum(each.rating is None for each in said),
                macro_f1=macro,
                weighted_f1=weighted,
                interval=interval(gold, said, topics, seed=SEED),
                table=table.tolist(),
                calibration=calibration(gold, said),
                abstention=abstention(gold, said),
                p=None if first is None else mcnemar(gold, first, said),
                seconds=seconds,
            )
        )
        first = first or said
    return results


def as_markdown(results: Sequence[Result]) -> str:
    """A table a split: figures, denominators; p and time (a multiple) against the first system."""
    lines: list[str] = []
    for name in dict.fromkeys(result.split for result in results):
        rows = [result for result in results if result.split == name]
        base = max(rows[0].seconds, 1e-9)
        lines += [
            f"### {name}: {rows[0].train} to train on, {rows[0].test} tested",
            "",
            "| system | macro F1 | 95 % | weighted F1 | no answer | p against the first | time |",
            "|---|---|---|---|---|---|---|",
            *(_row(result, base) for result in rows),
            "",
        ]
    return "\n".join(lines)


def write_results(results: Sequence[Result], folder: Path, name: str) -> None:
    """NAME.json with everything, and NAME.png with calibration and abstention curves."""
    folder.mkdir(parents=True, exist_ok=True)
    records: list[dict[str, Any]] = [asdict(result) for result in results]
    (folder / f"{name}.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    from matplotlib.figure import Figure  # noqa: PLC0415 - the figures are of use without it

    figure = Figure(figsize=(9, 4), layout="constrained")
    sure, given_up = figure.subplots(1, 2)
    for result in results:
        if result.calibration:
            label = f"{result.split}: {result.system}"
            sure.plot(
                [each[0] for each in result.calibration], [each[1] for each in result.calibration], "o-"
            )
            given_up.plot(*zip(*result.abstention, strict=True), label=label)
    sure.plot([0, 1], [0, 1], "k:", linewidth=0.8)
    sure.set(xlabel="confidence", ylabel="share right")
    given_up.set(xlabel="share answered", ylabel="share right of those")
    given_up.legend(fontsize=6)
    figure.savefig(folder / f"{name}.png", dpi=110)


def table_of(result: Result) -> str:
    """The confusion table as Markdown."""
    names = [rating.value for rating in RATINGS]
    lines = [f"| gold | {' | '.join(names)} | none |", "|---" * (len(names) + 2) + "|"]
    lines += [
        f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, result.table, strict=True)
    ]
    return "\n".join(lines)


def _row(result: Result, base: float) -> str:
    low, high = result.interval
    p = "" if result.p is None else f"{result.p:.3f}"
    return (
        f"| {result.system} | {result.macro_f1:.3f} | {low:.3f} to {high:.3f} | {result.weighted_f1:.3f} "
        f"| {result.unanswered} | {p} | {result.seconds / base:.1f} |"
    )
