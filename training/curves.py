"""The curves of a run, as CSV and PNG: every logged quantity a step, and its mean over the last 25 steps."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

WINDOW: Final = 25
CSV: Final = "curves.csv"
PNG: Final = "curves.png"


def smoothed(values: Sequence[float], window: int = WINDOW) -> list[float]:
    """The mean of each value and those before it, at most `window` together."""
    return [sum(values[max(0, end - window) : end]) / min(window, end) for end in range(1, len(values) + 1)]


def write_curves(history: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """curves.csv with every number of the history, and curves.png with the loss or the rewards."""
    names = sorted(
        {key for entry in history for key, value in entry.items() if isinstance(value, int | float)}
        - {"step"}
    )
    with (folder / CSV).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", *names])
        writer.writerows([entry.get("step"), *(entry.get(name, "") for name in names)] for entry in history)
    _draw(history, [name for name in names if _worth_drawing(name)], folder / PNG)


def _worth_drawing(name: str) -> bool:
    return name in {"loss", "mean_token_accuracy", "reward"} or (
        name.startswith("rewards/") and name.endswith("/mean")
    )


def _draw(history: Sequence[Mapping[str, Any]], names: Sequence[str], path: Path) -> None:
    from matplotlib.figure import Figure  # noqa: PLC0415 - the CSV is of use without it

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in names:
        points = [(entry["step"], entry[name]) for entry in history if name in entry]
        steps, values = [step for step, _ in points], [value for _, value in points]
        (line,) = axes.plot(steps, smoothed(values), label=name)
        axes.plot(steps, values, color=line.get_color(), alpha=0.25, linewidth=0.8)
    axes.set_xlabel(f"step (lines: mean over the last {WINDOW})")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=110)
