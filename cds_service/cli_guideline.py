"""The commands about guidelines, `apposite guideline`: check topics; import, list and compare releases."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from cds_service import json_text
from cds_service.cli_files import FILE
from cds_service.coverage_report import coverage_record, print_coverage
from cds_service.diff_report import diff_record, print_diff
from cds_service.fidelity_report import print_differences
from cds_service.imported import TAKEN_UP_WITHIN_S, local_today, prepare
from cds_service.settings import SettingsError, read_settings
from model.guideline.check import check_topics, notes
from model.guideline.coverage import coverage
from model.guideline.fidelity import DIGESTS, DigestsError, compare, digests
from model.guideline.imported_diff import differences
from model.guideline.imported_rows import TableError
from model.guideline.imported_table import read_file
from model.guideline.library import TOPICS, GuidelineError, library, read_topics, text_of
from model.guideline.releases import DEFAULT_SOURCE, Release, ReleaseError, Releases
from terminology.findings import vocabulary
from terminology.procedures import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model.guideline.imported import ImportedTopic
    from model.guideline.imported_table import Table as RatingsTable
    from model.guideline.library import Library

_HINTS = 3


@click.group()
def guideline() -> None:
    """Look after the guideline library and the releases that a site has licensed."""


@guideline.command()
@click.argument("files", nargs=-1, type=FILE)
def check(files: tuple[Path, ...]) -> None:
    """Check topic files (all bundled topics by default): names, conditions, ratings."""
    bundled = tuple(sorted(TOPICS.glob("*.yaml")))
    paths = files or bundled
    held = {path.stem for path in bundled} if files else ()
    try:
        texts = {str(path) if files else path.name: text_of(path) for path in paths}
        problems = check_topics(texts, vocabulary(), catalogue(), held)
    except (GuidelineError, DigestsError) as error:
        raise click.ClickException(str(error)) from error
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        raise click.ClickException(
            f"{len(problems)} problems in {len(paths)} topic files; mend the lines named"
        )
    for file, text in texts.items():
        for note in notes(text, file):
            click.echo(f"worth a look: {note}", err=True)
    click.echo(f"{len(paths)} topic files, no problem")


@guideline.command()
@click.argument("facts", type=FILE)
@click.option("--write", is_flag=True, help="Renew the digest of every scenario, if none differs.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def fidelity(*, facts: Path, write: bool, as_json: bool) -> None:
    """Compare every rating of the bundled topics with the published table FACTS."""
    topics = read_topics(sorted(TOPICS.glob("*.yaml")))
    found = compare(topics, _table(facts).topics)
    mistakes = [each for each in found if each.reason is None]
    if as_json:
        click.echo(json_text.write({"differences": [asdict(each) for each in found]}))
    else:
        print_differences(found)
    if mistakes:
        raise click.ClickException(f"{len(mistakes)} ratings differ; mend the topics")
    if write:
        DIGESTS.write_text(digests(topics), encoding="utf-8")
        click.echo(f"The digests of {len(topics)} topics are written", err=True)


@guideline.command("coverage")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
def coverage_(*, as_json: bool) -> None:
    """Show what the bundled topics cover, and what an order could meet that they do not."""
    covered = coverage(_library(), vocabulary(), catalogue())
    if as_json:
        click.echo(json_text.write(coverage_record(covered)))
    else:
        print_coverage(covered)


@guideline.command("import")
@click.argument("file", type=FILE)
@click.option("--source", help=f"Whose guideline it is (default: as the file says, or {DEFAULT_SOURCE}).")
@click.option("--release", help="The publisher's name for the release.")
@click.option(
    "--effective", type=click.DateTime(["%Y-%m-%d"]), help="Day from which it holds (default: today)."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was imported as JSON.")
def import_(
    *, file: Path, source: str | None, release: str | None, effective: datetime | None, as_json: bool
) -> None:
    """Import a ratings table that the site has licensed, CSV or JSON, as a release."""
    table = _table(file)
    unmapped = _unmapped(table.topics)
    try:
        held, new = _releases().keep(
            table.topics,
            local_today(),
            source=source or table.source or DEFAULT_SOURCE,
            release=release or table.release,
            effective=effective.date() if effective else _day(table),
            prepare=partial(prepare, ours=_library()),
        )
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"APPOSITE_GUIDELINES: {error.strerror}; name a folder that can be written"
        ) from error
    if as_json:
        click.echo(json_text.write({**asdict(held), "new": new, "unmapped": unmapped}))
        return
    said = "Imported" if new else "Held already, nothing changed:"
    click.echo(
        f"{said} {held.source}, version {held.version}, effective {held.effective}: "
        f"{held.topics} topics, {held.variants} variants, {held.ratings} ratings"
    )
    _print_unmapped(unmapped)
    if new:
        click.echo(
            f"A running service rates by it within {TAKEN_UP_WITHIN_S} seconds, from its effective day on."
        )


@guideline.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the releases as JSON.")
def list_(*, as_json: bool) -> None:
    """Show the releases that are held, and which of each source is active today."""
    releases = _releases()
    try:
        held, active = releases.held(), releases.active(local_today())
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        records = [{**asdict(each), "active": each in active} for each in held]
        click.echo(json_text.write({"releases": records}))
        return
    if not held:
        click.echo("No release is held; import one with: apposite guideline import FILE")
        return
    table = Table("Source", "Release")
    for column in ("Version", "Effective", "Topics", "Ratings"):
        table.add_column(column, no_wrap=True)
    table.add_column("Active")
    for each in held:
        numbers = (str(each.topics), str(each.ratings))
        is_active = "yes" if each in active else ""
        table.add_row(each.source, each.release or "", each.version, each.effective, *numbers, is_active)
    Console().print(table)


@guideline.command()
@click.argument("name")
def remove(*, name: str) -> None:
    """Remove the release with this version or NAME."""
    releases = _releases()
    release = _found(releases, name)
    try:
        releases.remove(release)
    except OSError as error:
        raise click.ClickException(
            f"APPOSITE_GUIDELINES: {error.strerror}; name a folder that can be written"
        ) from error
    click.echo(f"Removed {release.source}, version {release.version}")


@guideline.command()
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
def diff(*, before: str, after: str, as_json: bool) -> None:
    """Show what changed between two releases, each a version, a release name or a FILE."""
    changes = differences(_topics(before), _topics(after))
    if as_json:
        click.echo(json_text.write(diff_record(changes)))
    else:
        print_diff(changes)


def _library() -> Library:
    try:
        return library()
    except GuidelineError as error:
        raise click.ClickException(f"the guideline library cannot be used:\n{error}") from error


def _topics(name: str) -> tuple[ImportedTopic, ...]:
    if Path(name).is_file():
        return _table(Path(name)).topics
    releases = _releases()
    release = _found(releases, name)
    try:
        return releases.load(release).topics
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error


def _table(path: Path) -> RatingsTable:
    try:
        return read_file(path)
    except TableError as error:
        raise click.ClickException(f"nothing was imported; mend the lines named\n{error}") from error
    except OSError as error:
        raise click.ClickException(f"{path.name}: cannot be read: {error.strerror}") from error


def _releases() -> Releases:
    try:
        return Releases(Path(read_settings().guidelines))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def _found(releases: Releases, name: str) -> Release:
    try:
        return releases.find(name)
    except ReleaseError as error:
        raise click.ClickException(str(error)) from error


def _day(table: RatingsTable) -> date | None:
    return date.fromisoformat(table.effective) if table.effective else None


def _unmapped(topics: Iterable[ImportedTopic]) -> list[dict[str, Any]]:
    """The procedure names that no catalogue entry answers, and what they could mean."""
    ratings = [said for topic in topics for variant in topic.variants for said in variant.ratings]
    counted = Counter(said.procedure_name for said in ratings if said.procedure is None)
    return [
        {"procedure": name, "ratings": count, "could_mean": _could_mean(name)}
        for name, count in sorted(counted.items())
    ]


def _could_mean(name: str) -> list[str]:
    reading = catalogue().read(name)
    return [each.name for each in (reading.candidates or reading.nearest)[:_HINTS]]


def _print_unmapped(unmapped: list[dict[str, Any]]) -> None:
    if not unmapped:
        click.echo("Every procedure is in the catalogue.")
        return
    table = Table(
        "Procedure", "Ratings", "Could mean", title="Not in the catalogue; no order is rated by these"
    )
    for each in unmapped:
        table.add_row(each["procedure"], str(each["ratings"]), "; ".join(each["could_mean"]))
    Console().print(table)
