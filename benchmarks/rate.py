"""`make bench-rate`: `apposite rate --input` on 10,000 cases, beside a look-up in a plain dictionary.

The cases are those of tests/vectors/topics, again and again at other ages, so that no two are alike. Speed is
given as a ratio of the two loops in one run; the seconds are those of the machine it ran on.
"""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cds_service.cases import answer, read_case
from cds_service.errors import RequestError
from model.assess import assess
from model.guideline.library import TOPICS, library, load
from model.reasoning.rater import rater

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[1]
VECTORS: Final = ROOT / "tests" / "vectors" / "topics"
RESULTS: Final = ROOT / "docs" / "results" / "rate.md"
CASES: Final = 10_000
_MEMBERS: Final = ("sex", "indications", "scenario", "procedure")


@click.command()
@click.option("--write", is_flag=True, help=f"Write {RESULTS.name}.")
def main(*, write: bool) -> None:
    """Measure how many cases a second are rated on one core."""
    cases = _cases()
    judge = partial(assess, library=library(), rater=rater())

    def rate(record: dict[str, Any]) -> str:
        try:
            id_, case = read_case(record)
        except RequestError as error:
            return str(error)
        return json.dumps(answer(id_, judge(case)))

    rate(cases[0])
    began = time.perf_counter()
    load(sorted(TOPICS.glob("*.yaml")))
    loading = time.perf_counter() - began
    first, again = _seconds(rate, cases), _seconds(rate, cases)
    table = {json.dumps(each["indications"]): "a rating" for each in cases}
    plain = _seconds(lambda record: json.dumps(table[json.dumps(record["indications"])]), cases)
    text = (
        "# Rating a file of cases\n\n"
        "Written by `make bench-rate` (`benchmarks/rate.py`): 10,000 cases, one core, the rater included.\n\n"
        "| | cases a second | times a plain dictionary look-up |\n|---|---:|---:|\n"
        f"| first pass | {CASES / first:.0f} | {first / plain:.0f} |\n"
        f"| second pass (codes are remembered) | {CASES / again:.0f} | {again / plain:.0f} |\n"
        f"| plain look-up | {CASES / plain:.0f} | 1 |\n\n"
        f"{len(library().topics)} topics load from the compiled cache in {loading * 1e3:.0f} ms.\n"
    )
    click.echo(text)
    if write:
        RESULTS.write_text(text, encoding="utf-8")


def _cases() -> list[dict[str, Any]]:
    """The vectors, over and over, each time a little older where the age is known."""
    found = [
        {name: each[name] for name in ("age", *_MEMBERS) if name in each}
        for path in sorted(VECTORS.glob("*.json"))
        for each in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]
    return [
        {**each, "id": number, **({"age": each["age"] + number / CASES} if "age" in each else {})}
        for number in range(CASES)
        for each in (found[number % len(found)],)
    ]


def _seconds(work: Callable[[dict[str, Any]], str], cases: list[dict[str, Any]]) -> float:
    began = time.perf_counter()
    for case in cases:
        work(case)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
