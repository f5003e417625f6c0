"""`apposite train examples`, `distill` and `accept`: what is learned from, and traces out of narratives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from model.guideline.imported_rows import TableError
from model.reasoning.language_model import LanguageModelError
from training.cli_models import model_options, opened
from training.distill import ReviewError, accepted, distilled, review_lines
from training.examples import class_balance, from_library, from_table, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from model.reasoning.backend import Kind
    from training.examples import Example

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW_FILE: Final = click.Path(path_type=Path, dir_okay=False)
TABLE: Final = click.option("--table", type=FILE, help="A licensed ratings table instead of the library.")


def gathered(table: Path | None) -> tuple[Example, ...]:
    """The examples of the table, of the library where none is named.

    Raises:
        ClickException: The table breaks a rule.
    """
    if table is None:
        return from_library()
    try:
        return from_table(table)
    except TableError as error:
        raise click.ClickException(str(error)) from error


@click.command()
@TABLE
@click.option("--output", type=NEW_FILE, required=True, help="JSON lines.")
def examples(table: Path | None, output: Path) -> None:
    """Write the examples to train on as JSON lines, and report the balance of their ratings."""
    found = gathered(table)
    write_jsonl(found, output)
    for rating, count in class_balance(found).items():
        click.echo(f"{rating.value}: {count} ({count / len(found):.1%})")


@click.command()
@TABLE
@click.option("--narratives", type=FILE, required=True, help='JSON lines: {"id": ..., "narrative": ...}.')
@click.option("--review", type=NEW_FILE, required=True, help="Where the claims to review go.")
@model_options("writer")
def distill(  # noqa: PLR0913 - one option each
    *,
    table: Path | None,
    narratives: Path,
    review: Path,
    writer: Kind,
    writer_url: str,
    writer_name: str,
    writer_adapter: str,
    writer_key: str,
) -> None:
    """Have a language model rewrite narratives of examples as claims, and write them down for review."""
    model = opened(writer, url=writer_url, name=writer_name, adapter=writer_adapter, key=writer_key)
    if model is None:
        raise click.UsageError("name the model that is to write: --writer embedded, or openai")
    known = {example.id: example for example in gathered(table)}
    failed = 0
    with review.open("w", encoding="utf-8") as file:
        for id_, narrative in _narratives(narratives):
            if id_ not in known:
                raise click.ClickException(f"{narratives.name}: an id is none of the examples'")
            try:
                claims = distilled(model, known[id_], narrative)
            except LanguageModelError:
                failed += 1
                continue
            file.writelines(f"{line}\n" for line in [*review_lines(known[id_], claims, narrative), ""])
    click.echo(f"{failed} narratives had no usable reply; put + or - before each claim of the others")


@click.command()
@TABLE
@click.option("--review", type=FILE, required=True, help="A file of `distill`, every claim marked + or -.")
@click.option("--output", type=NEW_FILE, required=True, help="JSON lines.")
def accept(table: Path | None, review: Path, output: Path) -> None:
    """Make examples of a reviewed file: their traces are the claims that were accepted."""
    try:
        found = accepted(review.read_text(encoding="utf-8").splitlines(), gathered(table))
    except ReviewError as error:
        raise click.ClickException(f"{review.name}: {error}") from error
    write_jsonl(found, output)
    click.echo(f"{len(found)} examples with accepted claims")


def _narratives(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            match json.loads(line):
                case {"id": str(id_), "narrative": str(narrative)}:
                    yield id_, narrative
                    continue
        except ValueError:
            pass
        raise click.ClickException(f"{path.name}:{number}: must have an id and a narrative")
