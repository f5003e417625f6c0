"""The library's ratings beside the published ones, on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model.guideline.fidelity import Difference, Said


def print_differences(found: Sequence[Difference]) -> None:
    """Print each difference that nobody meant, and of those that are meant the reason and the number."""
    mistakes = [each for each in found if each.reason is None]
    if mistakes:
        table = Table("Topic", "Scenario", "Procedure", "Ours", "Published")
        for each in mistakes:
            where = (each.topic, each.variant, each.procedure or "(no such scenario)")
            table.add_row(*where, _words(each.ours), _words(each.published))
        Console().print(table)
    meant = Counter((each.reason, each.topic) for each in found if each.reason)
    for reason in dict.fromkeys(reason for reason, _ in meant):
        click.echo(f"Meant: {reason}")
        for (its, topic), count in sorted(meant.items(), key=str):
            if its == reason:
                click.echo(f"  {topic}: {count} procedures")
    click.echo(f"{len(mistakes)} differences that nobody meant, {len(found) - len(mistakes)} that are meant")


def _words(said: Said | None) -> str:
    if said is None:
        return ""
    rating, split, level = said
    return f"{rating.replace('-', ' ')}, radiation {level}{', panel disagreed' if split else ''}"
