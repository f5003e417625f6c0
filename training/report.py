"""An evaluation written down: Markdown to read, JSON with everything, a picture of how sure and how right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from training.metrics import RATINGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from training.evaluate import Result

Bands = Sequence[tuple[float, float, int]]
Curve = Sequence[tuple[float, float]]
"""What `metrics.calibration` and `metrics.abstention` give."""

SHARES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
LEAST_P: Final = 0.001
NO_TIME: Final = 1e-3
"""Seconds below which a system's time is no measure for the others'."""


def as_markdown(results: Sequence[Result], left_out: Mapping[str, int]) -> str:
    """The report: denominators and what was left out, a table of systems, and what stands behind each."""
    lines: list[str] = []
    for name in dict.fromkeys(result.split for result in results):
        rows = [result for result in results if result.split == name]
        lines += [
            f"### {name}: {rows[0].train} to train on, {rows[0].test} tested",
            "",
            *(f"Left out: {count} {why}." for why, count in left_out.items()),
            "An example without an answer counts as missed. Intervals draw the test's topics again.",
            "",
            *_systems(rows),
            "",
            *_between(rows),
            *_sure(rows),
            *_cost(rows),
            *(line for row in rows for line in (f"{row.system}:", "", *table_of(row), "")),
        ]
    return "\n".join(lines)


def write_results(results: Sequence[Result], left_out: Mapping[str, int], folder: Path) -> None:
    """evaluation.md, evaluation.json with every figure, and evaluation.png where matplotlib is installed."""
    folder.mkdir(parents=True, exist_ok=True)
    records: dict[str, Any] = {"left_out": left_out, "results": [asdict(result) for result in results]}
    (folder / "evaluation.md").write_text(as_markdown(results, left_out), encoding="utf-8")
    (folder / "evaluation.json").write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    curves = {f"{each.system}, {each.split}": (each.calibration, each.abstention) for each in results}
    draw(curves, folder / "evaluation.png")


def draw(curves: Mapping[str, tuple[Bands, Curve]], path: Path) -> bool:
    """Calibration and abstention curves by system, of those that say how sure they are.

    False where matplotlib is not installed: nothing is drawn then.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - the figures are of use without it
    except ModuleNotFoundError:
        return False
    figure = Figure(figsize=(9, 4), layout="constrained")
    sure, given_up = figure.subplots(1, 2)
    for name, (bands, curve) in curves.items():
        if bands:
            means, rights, _ = zip(*bands, strict=True)
            sure.plot(means, rights, "o-", markersize=3, label=name)
            given_up.plot(*zip(*curve, strict=True), label=name)
    sure.plot([0, 1], [0, 1], "k:", linewidth=0.8)
    sure.set(xlabel="confidence", ylabel="share right", title="Calibration")
    given_up.set(xlabel="share answered", ylabel="share right of those", title="The surest answers alone")
    if given_up.lines:
        given_up.legend(fontsize=6)
    figure.savefig(path, dpi=110)
    return True


def table_of(result: Result) -> list[str]:
    """The confusion table as lines of Markdown."""
    names = [rating.value for rating in RATINGS]
    return [
        f"| gold | {' | '.join(names)} | none |",
        "|---" * (len(names) + 2) + "|",
        *(f"| {name} | {' | '.join(map(str, row))} |" for name, row in zip(names, result.table, strict=True)),
    ]


def _systems(rows: Sequence[Result]) -> Iterator[str]:
    yield "| system | macro F1 | 95 % | weighted F1 | no answer | judge | entities |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        low, high = row.interval
        yield (
            f"| {row.system} | {row.macro_f1:.3f} | {low:.3f} to {high:.3f} | {row.weighted_f1:.3f} "
            f"| {row.unanswered} | {_with_count(row.judged)} | {_with_count(row.entities)} |"
        )


def _between(rows: Sequence[Result]) -> Iterator[str]:
    """McNemar's p of each system against each before it."""
    if len(rows) > 1:
        yield f"| McNemar's p | {' | '.join(row.system for row in rows[:-1])} |"
        yield "|---" * len(rows) + "|"
        for row in rows[1:]:
            cells = [p_value(row.p[other.system]) if other.system in row.p else "" for other in rows[:-1]]
            yield f"| {row.system} | {' | '.join(cells)} |"
        yield ""


def _sure(rows: Sequence[Result]) -> Iterator[str]:
    """Calibration error, and the share right when only the surest part of all examples is answered."""
    told = [row for row in rows if row.abstention]
    if told:
        yield f"| how sure | calibration error | {' | '.join(f'right of {share:.0%}' for share in SHARES)} |"
        yield "|---" * (len(SHARES) + 2) + "|"
        for row in told:
            yield f"| {row.system} | {row.calibration_error:.3f} | {' | '.join(_rights(row))} |"
        yield ""


def _rights(row: Result) -> Iterator[str]:
    """The share right among the surest, for each of `SHARES`; empty where fewer were answered."""
    for share in SHARES:
        place = round(share * row.test)
        yield f"{row.abstention[place - 1][1]:.3f}" if 0 < place <= len(row.abstention) else ""


def _cost(rows: Sequence[Result]) -> Iterator[str]:
    """Time as a multiple of the first system that takes any, and memory; energy is not measured.

    Orders are read at the case border once, which is counted with the first system that needs it.
    """
    base = next((row.seconds for row in rows if row.seconds > NO_TIME), NO_TIME)
    yield "| cost, training and test together | seconds | time as a multiple | peak memory, MB |"
    yield "|---|---|---|---|"
    for row in rows:
        memory = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
        yield f"| {row.system} | {row.seconds:.1f} | {row.seconds / base:.1f} | {memory} |"
    yield ""


def p_value(value: float) -> str:
    """The value to three places, or that it is less than they show."""
    return f"{value:.3f}" if value >= LEAST_P else f"< {LEAST_P}"


def _with_count(mean: tuple[float, int] | None) -> str:
    return "" if mean is None else f"{mean[0]:.3f} ({mean[1]})"
