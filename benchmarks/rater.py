"""`make bench-rater`: the served rater on topics that the library lacks, through the case border.

Each row of a ratings table becomes an order: its topic the indication, its variant the words beside it.
Topics that the library holds are left out. Silence counts as a miss.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from model.guideline.library import library
from model.intake import PlainCase, case_of_record
from model.reasoning.opinion import query_of_case
from model.reasoning.rater import rater
from terminology.coding import Concept
from terminology.procedures import catalogue
from training.metrics import Said, abstention, calibration, confusion, f1, interval
from training.rater_examples import table_examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.assessment import Rating

ROOT: Final = Path(__file__).parents[1]
TABLE: Final = ROOT.parent / "shared" / "data" / "acr_ratings.csv"
RESULTS: Final = ROOT / "docs" / "results" / "rater.md"
SHARES: Final = (1.0, 0.8, 0.6, 0.4, 0.2)
SEED: Final = 7
PREAMBLE: Final = (
    "Written by `make bench-rater` (`benchmarks/rater.py`) from a table of published ratings: {orders} "
    "orders of {topics} topics, the guideline's own wording as the order's words, through the case border. "
    "The rater was fitted to the library alone. Silence counts as a miss; intervals draw topics again. "
    "These topics were looked at while the rater was made, so they are not untouched."
)


@click.command()
@click.option("--table", type=click.Path(path_type=Path, exists=True), default=TABLE, help="Ratings to rate.")
@click.option("--write", is_flag=True, help=f"Write {RESULTS.name}.")
def main(table: Path, *, write: bool) -> None:
    """Measure the rater on what the library does not cover."""
    held = {topic.source_topic for topic in library().topics.values()}
    examples = [each for each in table_examples(table) if each.topic not in held]
    gold = [each.rating for each in examples]
    topics = [each.topic for each in examples]
    likeliest, preferred = [], []
    cases: dict[tuple[str, str, str], tuple[Said, Said]] = {}
    for each in examples:
        key = (each.topic, each.scenario, each.query.procedure)
        if key not in cases:
            cases[key] = _said(*key)
        likeliest.append(cases[key][0])
        preferred.append(cases[key][1])
    text = _report(gold, topics, {"likeliest rating (served)": likeliest, "preferred rating": preferred})
    click.echo(text)
    if write:
        RESULTS.write_text(text, encoding="utf-8")


def _said(topic: str, variant: str, procedure: str) -> tuple[Said, Said]:
    """What the rater says of the order: the likeliest rating, and the one its preferences would choose."""
    name = catalogue()[procedure].name
    case = case_of_record(PlainCase(Concept(text=name), (Concept(text=topic),), variant))
    query = query_of_case(case, procedure) if case else None
    said = rater().rate(query) if query else None
    if query is None or said is None:
        return Said(None), Said(None)
    probabilities = rater().probabilities(query)
    chosen = rater().choice(probabilities)
    return Said(said.rating, said.confidence), Said(chosen, probabilities[chosen])


def _report(gold: Sequence[Rating], topics: Sequence[str], systems: dict[str, list[Said]]) -> str:
    lines = [
        "# The rater on topics that the library lacks",
        "",
        PREAMBLE.format(orders=len(gold), topics=len(set(topics))),
        "",
        "| | macro F1 (95 %) | weighted F1 | answered | right of those |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, said in systems.items():
        macro, weighted = f1(confusion(gold, said))
        low, high = interval(gold, said, topics, seed=SEED)
        answered = [each.rating is right for right, each in zip(gold, said, strict=True) if each.rating]
        lines.append(
            f"| {name} | {macro:.3f} ({low:.3f}-{high:.3f}) | {weighted:.3f} "
            f"| {len(answered) / len(gold):.1%} | {sum(answered) / len(answered):.1%} |"
        )
    served = next(iter(systems.values()))
    lines += [
        "",
        "How sure, and how often right (served):",
        "",
        "| confidence | right | orders |",
        "|---:|---:|---:|",
    ]
    lines += [
        f"| {sure:.2f} | {right:.2f} | {count} |" for sure, right, count in calibration(gold, served, 10)
    ]
    curve = abstention(gold, served)
    lines += ["", "The surest part of the orders alone:", "", "| share of all | right |", "|---:|---:|"]
    for share in SHARES:
        covered, right = curve[min(int(share * len(gold)), len(curve)) - 1]
        lines.append(f"| {covered:.0%} | {right:.1%} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
