"""The commands of `apposite train`; the heavy libraries are imported by those that need them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from model.guideline.imported_rows import TableError
from model.guideline.library import library
from model.reasoning.rater import NUMBERS
from training.cli_examples import FILE, accept, distill, examples
from training.cli_levels import evidence_level
from training.cli_models import model_options, opened
from training.rater_examples import library_examples, table_examples
from training.recipe import Recipe, RecipeError, find_recipe, read_recipe
from training.rows import TARGETS
from training.stages import stage

if TYPE_CHECKING:
    from model.reasoning.backend import Kind

FOLDER: Final = click.Path(path_type=Path, file_okay=False)
ADAPTER: Final = click.Path(path_type=Path, file_okay=False, exists=True)


@click.command()
@click.option("--recipe", default="smollm2", show_default=True, help="A bundled recipe or a TOML file.")
@click.option("--target", type=click.Choice(TARGETS), default="trace", show_default=True)
@click.option("--start", type=ADAPTER, help="An adapter to go on with.")
@click.option("--output", type=FOLDER, required=True, help="The run's folder; a broken run there goes on.")
def sft(recipe: str, target: str, start: Path | None, output: Path) -> None:
    """Fine-tune an adapter on gold answers, on the letters of the ratings, or on both."""
    record = stage("training.sft").train_sft(_recipe(recipe), output, target=target, start=start)
    click.echo(json.dumps(record, indent=2))


@click.command()
@click.option(
    "--recipe", default="smollm2-letters", show_default=True, help="A bundled recipe or a TOML file."
)
@click.option("--output", type=FOLDER, required=True, help="The run's folder; a broken run there goes on.")
def letters(recipe: str, output: Path) -> None:
    """Fine-tune an adapter on the letters of the ratings alone, a case with all its studies at a time."""
    try:
        record = stage("training.letters").train_letters(_recipe(recipe), output)
    except RecipeError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(record, indent=2))


@click.command()
@click.option("--recipe", default="smollm2", show_default=True, help="A bundled recipe or a TOML file.")
@click.option("--variant", required=True, help="The reward design, by its name in the recipe.")
@click.option("--start", type=ADAPTER, help="The SFT adapter to begin with.")
@click.option("--output", type=FOLDER, required=True, help="The run's folder; a broken run there goes on.")
@model_options("judge")
def grpo(  # noqa: PLR0913 - one option each
    *,
    recipe: str,
    variant: str,
    start: Path | None,
    output: Path,
    judge: Kind,
    judge_url: str,
    judge_name: str,
    judge_adapter: str,
    judge_key: str,
) -> None:
    """Train an adapter by rewards."""
    plan = _recipe(recipe)
    if variant not in plan.variants:
        raise click.BadParameter(f"the recipe has {', '.join(plan.variants)}", param_hint="--variant")
    model = opened(judge, url=judge_url, name=judge_name, adapter=judge_adapter, key=judge_key)
    if "judge" in plan.variants[variant].rewards and model is None:
        raise click.UsageError("this reward design needs a judge: --judge embedded, or openai")
    record = stage("training.grpo").train_grpo(plan, output, variant=variant, start=start, judge=model)
    click.echo(json.dumps(record, indent=2))


@click.command()
@click.option(
    "--adapter",
    "adapters",
    type=ADAPTER,
    required=True,
    multiple=True,
    help="A peft adapter's folder, in turn.",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The GGUF file."
)
def export(adapters: tuple[Path, ...], output: Path) -> None:
    """Write an adapter, or several that were trained one on another, as the GGUF that llama.cpp reads."""
    exporting = stage("training.export")
    try:
        exporting.write_gguf(adapters, output)
    except exporting.ExportError as error:
        raise click.ClickException(str(error)) from error


@click.command("import")
@click.option("--adapter", type=FILE, required=True, help="The GGUF file.")
@click.option("--output", type=FOLDER, required=True, help="The peft adapter's folder, for --start.")
def import_(adapter: Path, output: Path) -> None:
    """Write a GGUF adapter, such as the bundled one, as a peft adapter that training can go on from."""
    exporting = stage("training.export")
    try:
        exporting.read_gguf(adapter, output)
    except exporting.ExportError as error:
        raise click.ClickException(str(error)) from error


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
    fitting = stage("training.rater")
    criteria = library().version
    known = library_examples(library())
    try:
        learned = (*known, *table_examples(table)) if table else known
    except TableError as error:
        raise click.ClickException(str(error)) from error
    training = fitting.train(learned, criteria)
    fitting.write(training, output)
    held_out = training.calibration
    click.echo(
        f"{training.examples} examples of {training.topics} topics; on held-out topics macro F1 "
        f"{held_out.macro_f1:.3f}, calibration error {held_out.expected_calibration_error:.3f}"
    )
    click.echo(f"numbers written to {output}")


COMMANDS: Final = (examples, distill, accept, letters, sft, grpo, export, import_, rater, evidence_level)


def _recipe(name: str) -> Recipe:
    try:
        return read_recipe(find_recipe(name))
    except RecipeError as error:
        raise click.ClickException(str(error)) from error
