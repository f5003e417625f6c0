"""`apposite evaluate`: any system on any split, by one measurement."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from training.cli_examples import FILE, TABLE, gathered
from training.cli_models import model_options, opened
from training.evaluate import Readers, compare
from training.examples import panel_disagreed
from training.precedents import with_precedents
from training.report import as_markdown, write_results
from training.served_systems import Letters, by_answers, by_letters, guideline, rater, served
from training.splits import By, Split, SplitError, paper_generalization, paper_triplet_split, split, uncovered
from training.stages import stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from model.reasoning.language_model import LanguageModel
    from training.evaluate import System

FOLDER: Final = click.Path(path_type=Path, file_okay=False)
SPLITS: Final = (*(by.value for by in By), "paper-triplet", "paper-generalization", "uncovered")
LIGHT: Final[dict[str, System]] = {"guideline": guideline, "rater": rater, "served": served}
"""Systems that need no library of the training's."""
HEAVY: Final = {"linear": "training.linear", "majority": "training.linear", "head": "training.systems"}
"""The modules of the others."""

NAMES: Final = {
    "linear": "TF-IDF + logistic regression",
    "majority": "majority",
    "head": "discriminative head on frozen SmolLM2",
    "guideline": "guideline engine",
    "rater": "rater",
    "served": "guideline engine, then rater",
}
DEFAULT: Final = ("linear", "majority", "guideline", "rater", "served")


@click.command()
@click.option("--split", "name", type=click.Choice(SPLITS), default="topic", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the split, and of what is drawn.")
@TABLE
@click.option("--limit", type=click.IntRange(min=1), help="Test on so many examples, drawn by the seed.")
@click.option(
    "--system", "chosen", multiple=True, type=click.Choice(list(NAMES)), default=DEFAULT, show_default=True
)
@click.option("--embedded", is_flag=True, help="Measure the embedded model without an adapter.")
@click.option("--gguf", "adapters", multiple=True, type=FILE, help="The embedded model with this adapter.")
@click.option("--peft", "folders", multiple=True, type=FOLDER, help="SmolLM2 with this peft adapter.")
@model_options("endpoint")
@click.option("--answers", is_flag=True, help="Have language models write answers too, which is slow.")
@click.option("--evidence", is_flag=True, help="Show language models precedents of the training part.")
@click.option("--entities", is_flag=True, help="Compare written reasonings by their clinical entities.")
@model_options("judge")
@click.option("--output", type=FOLDER, required=True, help="Where evaluation.md, .json and .png go.")
def evaluate(  # noqa: PLR0913 - one option each
    *,
    name: str,
    seed: int,
    table: Path | None,
    limit: int | None,
    chosen: Sequence[str],
    embedded: bool,
    adapters: Sequence[Path],
    folders: Sequence[Path],
    answers: bool,
    evidence: bool,
    entities: bool,
    output: Path,
    **models: Any,
) -> None:
    """Measure systems on one split, write the report, and print it.

    The split `uncovered` trains on the library and tests on the table's topics that the library lacks.
    """
    made = _drawn(_split(name, table, seed=seed), limit, seed=seed)
    made = _shown(made) if evidence else made
    endpoint, judge = (_role(role, models) for role in ("endpoint", "judge"))
    systems = dict(_plain(chosen))
    systems |= dict(_asked(_models(adapters, endpoint, embedded=embedded), answers=answers))
    for folder in folders:
        letters = Letters(partial(stage("training.systems").letters_of, folder))
        systems |= dict(_lettered(f"peft {folder.parent.name}", letters))
    encoder = stage("terminology.dense_encoder").MiniLM() if entities else None
    results = compare(made, systems, Readers(judge, encoder))
    left_out = {"on which the panel disagreed": panel_disagreed(table)}
    write_results(results, left_out, output)
    click.echo(as_markdown(results, left_out))


def _role(role: str, models: dict[str, Any]) -> LanguageModel | None:
    said = {part: models[f"{role}_{part}"] for part in ("url", "name", "adapter", "key")}
    return opened(models[role], **said)


def _split(name: str, table: Path | None, *, seed: int) -> Split:
    found = gathered(table)
    try:
        match name:
            case "paper-triplet":
                return paper_triplet_split(found, seed=seed)
            case "paper-generalization":
                return paper_generalization(found, seed=seed)
            case "uncovered":
                return uncovered(found)
        return split(found, By(name), seed=seed)
    except SplitError as error:
        raise click.ClickException(str(error)) from error


def _drawn(made: Split, limit: int | None, *, seed: int) -> Split:
    if limit is None or limit >= len(made.test):
        return made
    drawn = random.Random(seed).sample(made.test, limit)  # noqa: S311 - a reproducible draw, not a secret
    return replace(made, name=f"{made.name}, {limit} of {len(made.test)} drawn", test=tuple(drawn))


def _shown(made: Split) -> Split:
    """The split with precedents of its training part as evidence."""
    return replace(
        made, train=with_precedents(made.train, made.train), test=with_precedents(made.test, made.train)
    )


def _plain(chosen: Sequence[str]) -> Iterator[tuple[str, System]]:
    for name in chosen:
        yield NAMES[name], LIGHT[name] if name in LIGHT else getattr(stage(HEAVY[name]), name)


def _models(
    adapters: Sequence[Path], endpoint: LanguageModel | None, *, embedded: bool
) -> Iterator[LanguageModel]:
    if endpoint is not None:
        yield endpoint
    for path in [*([""] if embedded else []), *map(str, adapters)]:
        model = opened("embedded", url="", name="", adapter=path, key="")
        if model is not None:
            yield model


def _asked(models: Iterable[LanguageModel], *, answers: bool) -> Iterator[tuple[str, System]]:
    for model in models:
        yield from _lettered(model.id, by_letters(model))
        if answers:
            yield f"{model.id}, by answers", by_answers(model)


def _lettered(name: str, letters: Letters) -> Iterator[tuple[str, System]]:
    yield f"{name}, by letters", letters.alone
    yield f"{name}, by letters, with the rater", letters.with_rater
