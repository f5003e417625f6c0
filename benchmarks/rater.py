"""`make bench-rater`: the served rater on topics that the library lacks, beside a linear text classifier.

Each row of a ratings table becomes an order: its topic the indication, its variant the words beside it.
Topics that the library holds are left out. Silence counts as a miss. The classifier learns from the same
library and reads the same words; it needs scikit-learn, and the picture matplotlib (`.venv-train`).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from model.reasoning.opinion import query_of_case
from model.reasoning.rater import rater as numbers
from training.examples import from_table, panel_disagreed
from training.metrics import Said, abstention, calibration, confusion, difference, f1, interval, mcnemar
from training.prompting import case_of
from training.report import draw, p_value
from training.served_systems import rater
from training.splits import uncovered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from model.assessment import Rating
    from training.evaluate import System
    from training.examples import Example
    from training.splits import Split

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = ROOT.parent / "shared" / "data" / "acr_ratings.csv"
RESULTS: Final = ROOT / "docs" / "results" / "rater.md"
PICTURE: Final = RESULTS.with_suffix(".png")
SHARES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
SEED: Final = 7
SERVED: Final = "rater, likeliest rating (served)"
LINEAR: Final = "TF-IDF + logistic regression"
MISSING: Final = "scikit-learn is not installed here; run this with .venv-train/bin/python"
PREAMBLE: Final = (
    "Written by `make bench-rater` (`benchmarks/rater.py`) from a table of published ratings: {orders} "
    "orders of {topics} topics, the guideline's own wording as the order's words. {disagreed} ratings of the "
    "whole table on which the panel disagreed are left out. The rater was fitted to the library alone and is "
    "asked through the case border; the linear classifier learned from the same library and reads topic, "
    "wording and study as they are written. Silence counts as a miss; intervals draw topics again. These "
    "topics were looked at while the rater was made, so they are not untouched."
)


@click.command()
@click.option("--table", type=click.Path(path_type=Path, exists=True), default=TABLE, help="Ratings to rate.")
@click.option("--write", is_flag=True, help=f"Write {RESULTS.name} and {PICTURE.name}.")
def main(table: Path, *, write: bool) -> None:
    """Measure the rater on what the library does not cover."""
    made = uncovered(from_table(table))
    said = {name: system(made.train, made.test) for name, system in _systems().items()}
    if LINEAR not in said:
        click.echo(f"without {LINEAR}: {MISSING}", err=True)
    text = "\n".join(_report(made, said, panel_disagreed(table))) + "\n"
    click.echo(text)
    if write and LINEAR in said:
        RESULTS.write_text(text, encoding="utf-8")
        gold = [each.rating for each in made.test]
        curves = {name: (calibration(gold, each, 10), abstention(gold, each)) for name, each in said.items()}
        if not draw(curves, PICTURE):
            click.echo("no picture: matplotlib is not installed here", err=True)
    elif write:
        click.echo(f"nothing written: {MISSING}", err=True)


def _systems() -> dict[str, System]:
    found: dict[str, System] = {SERVED: rater, "rater, preferred rating": preferred}
    if find_spec("sklearn"):
        from training.linear import linear, majority  # noqa: PLC0415 - not in every environment

        found |= {LINEAR: linear, "majority": majority}
    return found


def preferred(_train: Sequence[Example], test: Sequence[Example]) -> list[Said]:
    """The rating that the rater's preference for rarer ones would choose, with its probability."""
    return [_preferred(each) for each in test]


def _preferred(example: Example) -> Said:
    case = case_of(example)
    query = query_of_case(case, example.procedure_id or case.procedures[0]) if case else None
    if query is None or numbers().rate(query) is None:
        return Said(None)
    probabilities = numbers().probabilities(query)
    chosen = numbers().choice(probabilities)
    return Said(chosen, probabilities[chosen])


def _report(made: Split, said: dict[str, list[Said]], disagreed: int) -> Iterator[str]:
    gold, topics = [each.rating for each in made.test], [each.topic for each in made.test]
    yield from ("# The rater on topics that the library lacks", "")
    yield PREAMBLE.format(orders=len(gold), topics=len(set(topics)), disagreed=disagreed)
    yield from (
        "",
        "| | macro F1 (95 %) | weighted F1 | answered | right of those |",
        "|---|---:|---:|---:|---:|",
    )
    for name, each in said.items():
        macro, weighted = f1(confusion(gold, each))
        low, high = interval(gold, each, topics, seed=SEED)
        right = [one.rating is wanted for wanted, one in zip(gold, each, strict=True) if one.rating]
        yield (
            f"| {name} | {macro:.3f} ({low:.3f}-{high:.3f}) | {weighted:.3f} "
            f"| {len(right) / len(gold):.1%} | {sum(right) / len(right):.1%} |"
        )
    if LINEAR in said:
        more, low, high = difference(gold, said[SERVED], said[LINEAR], topics, seed=SEED)
        p = mcnemar(gold, said[SERVED], said[LINEAR])
        yield ""
        yield (
            f"The served rater's macro F1 less the linear classifier's: {more:+.3f} ({low:+.3f} to "
            f"{high:+.3f}); McNemar's p of their right answers: {p_value(p)}."
        )
    yield from ("", f"![How sure, and how often right]({PICTURE.name})", "")
    yield from _sure({name: each for name, each in said.items() if name in (SERVED, LINEAR)}, gold)


def _sure(said: dict[str, list[Said]], gold: Sequence[Rating]) -> Iterator[str]:
    """How sure each is and how often right, and the surest part alone."""
    for name, each in said.items():
        yield from (f"{name}:", "", "| confidence | right | orders |", "|---:|---:|---:|")
        yield from (
            f"| {sure:.2f} | {right:.2f} | {count} |" for sure, right, count in calibration(gold, each, 10)
        )
        yield ""
    curves = {name: abstention(gold, each) for name, each in said.items()}
    yield from ("The surest part of the orders alone, and the share right of those:", "")
    yield f"| share of all | {' | '.join(curves)} |"
    yield "|---:" * (len(curves) + 1) + "|"
    for share in SHARES:
        rights = [curve[min(int(share * len(gold)), len(curve)) - 1] for curve in curves.values()]
        yield f"| {share:.0%} | {' | '.join(f'{right:.1%} of {part:.0%}' for part, right in rights)} |"


if __name__ == "__main__":
    main()
