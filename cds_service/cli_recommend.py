"""The command `apposite recommend`: the variant a narrative tells of, and its procedures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cds_service import json_text
from cds_service.cli_files import FILE, answer_file
from cds_service.errors import RequestError
from cds_service.imported import local_today
from cds_service.narratives import answer, read_narrative
from cds_service.settings import SettingsError, read_settings
from model.guideline.imported_rows import TableError
from model.guideline.imported_table import read_table
from model.guideline.library import GuidelineError, library
from model.guideline.releases import ReleaseError, Releases
from model.narrative.recommend import beside

if TYPE_CHECKING:
    from model.guideline.imported import ImportedTopic
    from model.narrative.recommend import Recommendation, Recommender

_SHOWN_CANDIDATES = 5


@click.command()
@click.option("--text", help="The patient in a line, such as '71M with sudden tearing chest pain'.")
@click.option("--age", type=float, help="Age in years, where the text does not say it.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="Sex, where the text does not say it.")
@click.option("--guidelines", type=FILE, help="A ratings table to use for this run without importing it.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--input", "source", type=FILE, help="Narratives as JSON lines.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the answers go.")
def recommend(  # noqa: PLR0913 - one option each
    *,
    text: str | None,
    age: float | None,
    sex: str | None,
    guidelines: Path | None,
    as_json: bool,
    source: Path | None,
    output: Path | None,
) -> None:
    """Find the guideline variant of a narrative, or with --input and --output of a file of them."""
    if (source is None) != (output is None):
        raise click.UsageError("--input and --output go together")
    if source is None and text is None:
        raise click.UsageError("give --text, or --input and --output")
    recommender = _recommender(guidelines)
    if source is not None and output is not None:
        answer_file(source, output, lambda value: _answer(recommender, value), "Recommending")
        return
    record = {"id": "narrative", "text": text, "age": age, "sex": sex}
    try:
        narrative = read_narrative(record)
    except RequestError as error:
        raise click.ClickException(str(error)) from error
    found = recommender.recommend(narrative.text, narrative.age, narrative.sex)
    if as_json:
        click.echo(json_text.write(answer(narrative.id, found)))
    else:
        print_recommendation(found)


def print_recommendation(found: Recommendation) -> None:
    """Print the variant, its rivals, its procedures and what would decide."""
    console = Console()
    if found.topic is None or found.variant is None:
        console.print("No topic is known for this.")
        return
    console.print(f"{found.topic.title}, variant {found.variant.number}", style="bold", markup=False)
    console.print(found.variant.text, markup=False)
    rated = Table("Procedure", "Rating", "Radiation")
    for each in found.procedures:
        level = each.radiation.value if each.radiation else ""
        rated.add_row(each.procedure_name, each.rating.value.replace("-", " "), level)
    console.print(rated)
    offered = Table("Candidate", "Variant", "Confidence")
    for candidate in found.candidates[:_SHOWN_CANDIDATES]:
        offered.add_row(candidate.topic.title, candidate.variant.number, f"{candidate.confidence:.0%}")
    console.print(offered)
    for question in found.missing:
        console.print(f"- {question}", markup=False)


def _answer(recommender: Recommender, value: object) -> dict[str, Any]:
    narrative = read_narrative(value)
    return answer(narrative.id, recommender.recommend(narrative.text, narrative.age, narrative.sex))


def _recommender(guidelines: Path | None) -> Recommender:
    try:
        topics = read_table(guidelines) if guidelines else _released()
        return beside(library().topics.values(), topics)
    except (TableError, ReleaseError, GuidelineError) as error:
        raise click.ClickException(f"the guidelines cannot be used:\n{error}") from error


def _released() -> tuple[ImportedTopic, ...]:
    """The topics of the licensed releases in effect today."""
    try:
        releases = Releases(Path(read_settings().guidelines))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    active = releases.active(local_today())
    return tuple(topic for release in active for topic in releases.load(release).topics)
