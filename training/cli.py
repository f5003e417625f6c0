"""The commands of `apposite train`: examples, SFT, GRPO. The heavy libraries are imported by the commands."""

from __future__ import annotations

import importlib
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from model.guideline.imported_rows import TableError
from model.guideline.library import library
from model.reasoning.rater import NUMBERS
from training.examples import class_balance, from_library, from_table, write_jsonl
from training.precedents import with_precedents
from training.rater_examples import library_examples, table_examples
from training.recipe import Recipe, RecipeError, find_recipe, read_recipe
from training.rows import TARGETS
from training.splits import By, split

FOLDER: Final = click.Path(path_type=Path, file_okay=False)
FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)
NOT_INSTALLED: Final = "the training's libraries are not installed: pip install '.[train]'"


@click.command()
@click.option("--table", type=FILE, help="A licensed ratings table (CSV) instead of the library.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JSON lines.")
def examples(table: Path | None, output: Path) -> None:
    """Write the examples to train on as JSON lines, and report the balance of their ratings."""
    found = from_library() if table is None else from_table(table)
    write_jsonl(found, output)
    for rating, count in class_balance(found).items():
        click.echo(f"{rating.value}: {count} ({count / len(found):.1%})")


@click.command()
@click.option("--recipe", default="smollm2", show_default=True, help="A bundled recipe or a TOML file.")
@click.option("--target", type=click.Choice(TARGETS), default="trace", show_default=True)
@click.option("--output", type=FOLDER, required=True, help="The run's folder; a broken run there goes on.")
def sft(recipe: str, target: str, output: Path) -> None:
    """Fine-tune an adapter on gold answers, on the letters of the ratings, or on both."""
    record = _stage("sft").train_sft(_recipe(recipe), output, target=target)
    click.echo(json.dumps(record, indent=2))


@click.command()
@click.option("--recipe", default="smollm2", show_default=True, help="A bundled recipe or a TOML file.")
@click.option("--variant", required=True, help="The reward design, by its name in the recipe.")
@click.option("--start", type=FOLDER, help="The SFT adapter to begin with.")
@click.option("--output", type=FOLDER, required=True, help="The run's folder; a broken run there goes on.")
def grpo(recipe: str, variant: str, start: Path | None, output: Path) -> None:
    """Train an adapter by rewards."""
    plan = _recipe(recipe)
    if variant not in plan.variants:
        raise click.BadParameter(f"the recipe has {', '.join(plan.variants)}", param_hint="--variant")
    if "judge" in plan.variants[variant].rewards:
        raise click.ClickException(
            "this reward design needs a language model as judge; call train_grpo with one"
        )
    record = _stage("grpo").train_grpo(plan, output, variant=variant, start=start, judge=None)
    click.echo(json.dumps(record, indent=2))


@click.command()
@click.option("--adapter", type=FOLDER, required=True, help="A peft adapter's folder.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The GGUF file."
)
def export(adapter: Path, output: Path) -> None:
    """Write an adapter as GGUF, as llama.cpp reads it."""
    _stage("export").write_gguf(adapter, output)


@click.command()
@click.option("--by", type=click.Choice([each.value for each in By]), default="topic", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--table", type=FILE, help="A licensed ratings table (CSV) instead of the library.")
@click.option("--adapter", "adapters", multiple=True, type=FOLDER, help="An adapter, measured by likelihood.")
@click.option("--limit", type=int, help="Test on so many examples, drawn by the seed.")
@click.option("--output", type=FOLDER, required=True, help="Where evaluation.json and .png go.")
def evaluate(  # noqa: PLR0913 - one option each
    *, by: str, seed: int, table: Path | None, adapters: tuple[Path, ...], limit: int | None, output: Path
) -> None:
    """Measure the linear baseline, the majority and adapters on one split, and print the table."""
    systems, measure = _stage("systems"), _stage("evaluate")
    found = from_library() if table is None else from_table(table)
    made = split(found, By(by), seed=seed)
    if table is None:
        made = replace(
            made,
            train=with_precedents(made.train, made.train),
            test=with_precedents(made.test, made.train),
        )
    if limit is not None and limit < len(made.test):
        drawn = random.Random(seed).sample(made.test, limit)  # noqa: S311 - a reproducible draw, not a secret
        made = replace(made, name=f"{made.name}, {limit} drawn", test=tuple(drawn))
    compared = {"TF-IDF + logistic regression": systems.linear, "majority": systems.majority}
    compared |= {str(path): systems.by_likelihood(path) for path in adapters}
    results = measure.compare(made, compared)
    measure.write_results(results, output, "evaluation")
    click.echo(measure.as_markdown(results))


@click.command()
@click.option("--table", type=FILE, help="A licensed ratings table (CSV) to learn from as well.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default=NUMBERS,
    help="Where the numbers go (default: where the service reads them).",
)
def rater(table: Path | None, output: Path) -> None:
    """Fit the rater to the guideline library, calibrate it on held-out topics, and write its numbers."""
    stage = _stage("rater")
    criteria = library().version
    known = library_examples(library())
    try:
        learned = (*known, *table_examples(table)) if table else known
    except TableError as error:
        raise click.ClickException(str(error)) from error
    training = stage.train(learned, criteria)
    stage.write(training, output)
    held_out = training.calibration
    click.echo(
        f"{training.examples} examples of {training.topics} topics; on held-out topics macro F1 "
        f"{held_out.macro_f1:.3f}, calibration error {held_out.expected_calibration_error:.3f}"
    )
    click.echo(f"numbers written to {output}")


COMMANDS: Final = (examples, sft, grpo, export, evaluate, rater)


def _recipe(name: str) -> Recipe:
    try:
        return read_recipe(find_recipe(name))
    except RecipeError as error:
        raise click.ClickException(str(error)) from error


def _stage(name: str) -> Any:
    try:
        return importlib.import_module(f"training.{name}")
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{NOT_INSTALLED} ({error.name} is missing)") from error
