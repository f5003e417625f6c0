"""Measures what a language model adds to coding: `python -m benchmarks.coding_rerank`.

The withheld inclusion terms of `benchmarks.coding`, each with the first five codes of the search. Where those
are ambiguous, the embedded model chooses among them. Only a choice among codes that were found is possible.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from benchmarks.coding_terms import questions, rows
from model.reasoning.code_choice import CodeChoice
from model.reasoning.embedded import Embedded, bundled_weights
from terminology.note import CANDIDATES
from terminology.rerank import ambiguous, reranked
from terminology.retrieval import Retriever
from terminology.retrieval_build import build
from terminology.retrieval_confidence import scoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminology.retrieval import Candidate

_CATEGORY_LENGTH = 3


@click.command()
@click.option("--limit", type=int, help="Only so many of the terms.")
def main(limit: int | None) -> None:
    """Count right first codes and categories, as found and as chosen."""
    drawn = questions(table := rows()).reported
    searched = Retriever(build(table, withheld=[question.key for question in drawn]), scoring())
    chooser = CodeChoice(Embedded(bundled_weights()), timeout_s=60)
    before, after, chosen_first, began = [], [], 0, time.perf_counter()
    for question in drawn[:limit]:
        found = searched.search(question.text, limit=CANDIDATES)
        if ambiguous(found):
            chosen = reranked(question.text, found, chooser)
            before.append(_right(found, question.code))
            after.append(_right(chosen, question.code))
            chosen_first += chosen == found
    seconds = time.perf_counter() - began
    click.echo(f"{len(before)} of {len(drawn[:limit])} terms are ambiguous; {seconds:.0f} s in all")
    click.echo(f"the search's first candidate was chosen {chosen_first} times")
    click.echo("| of the ambiguous terms | code right | category right |\n|---|---:|---:|")
    for name, right in (("as found", before), ("as chosen", after)):
        click.echo(f"| {name} | {sum(code for code, _ in right)} | {sum(one for _, one in right)} |")


def _right(found: Sequence[Candidate], code: str) -> tuple[bool, bool]:
    """Whether the first candidate's code and category are the term's."""
    first = found[0].code.replace(".", "")
    return first == code, first[:_CATEGORY_LENGTH] == code[:_CATEGORY_LENGTH]


if __name__ == "__main__":
    main()
