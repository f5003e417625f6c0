"""The commands about the literature: `evidence fetch` fills the store, `evidence show` prints what it has."""

from __future__ import annotations

from shlex import quote

import click
from rich.console import Console

from cds_service import json_text
from model.evidence.pubmed import MOST_RECORDS


@click.group()
def evidence() -> None:
    """Fetch and show published papers on conditions and imaging studies."""


@evidence.command()
@click.option("--topics", help="Ids of guideline topics, such as low-back-pain, separated by commas.")
@click.option("--all", "every", is_flag=True, help="All topics of the library; takes hours.")
@click.option("--condition", help="A condition in words, instead of topics; needs --procedures.")
@click.option("--procedures", help="Ids of studies, separated by commas (default: all that a topic rates).")
@click.option(
    "--at-most",
    type=click.IntRange(1, MOST_RECORDS),
    help=f"Most papers of each search (default: APPOSITE_PAPERS_PER_SEARCH); PubMed names {MOST_RECORDS:,}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def fetch(  # noqa: PLR0913 - one option each
    *,
    topics: str | None,
    every: bool,
    condition: str | None,
    procedures: str | None,
    at_most: int | None,
    as_json: bool,
) -> None:
    """Search the literature and keep what is found; what was searched lately is left out.

    It can be stopped at any time and goes on where it stopped. With --at-most, what was searched lately for
    fewer papers is searched again.
    """
    from cds_service import evidence_commands as work  # noqa: PLC0415 - other commands need none of this

    if [bool(topics), every, bool(condition)].count(True) != 1:
        raise click.UsageError("give one of --topics, --all and --condition")
    if condition and not procedures:
        raise click.UsageError("--condition needs --procedures")
    if condition:
        asked = [work.question_about(condition, each) for each in work.studies_of(procedures or "")]
    else:
        asked = work.questions(topics, procedures)
    done = work.fetch_evidence(asked, at_most)
    said = "{searched} searched, {fresh} searched lately, {papers} papers fetched".format(**done)
    click.echo(json_text.write(done) if as_json else said)
    if done["failed"]:
        why, failed = done["failures"][-1], f"{done['failed']} of {done['questions']} questions"
        raise click.ClickException(f"{failed} not searched ({why}); {work.LEAVE}")
    for failure in dict.fromkeys(done["failures"]):
        click.echo(f"{failure}; another index was asked in its place", err=True)


@evidence.command()
@click.option("--condition", required=True, help="The condition, in words.")
@click.option("--procedure", required=True, help="The study's id; `apposite procedure` finds it.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="Most papers.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def show(*, condition: str, procedure: str, limit: int, as_json: bool) -> None:
    """Show the papers that the store has, with their levels, and the searches that found them."""
    from cds_service import evidence_commands as work  # noqa: PLC0415
    from cds_service.evidence_report import print_evidence, shown  # noqa: PLC0415

    study = work.studies_of(procedure)[0]
    question = work.question_about(condition, study)
    found, searches = work.find_evidence(question, limit)
    if as_json:
        click.echo(json_text.write(shown(question, found, searches)))
        return
    print_evidence(Console(), question, found, searches)
    if found.searched_on is None:
        click.echo(
            "The literature was never searched for this; search it with: "
            f"apposite evidence fetch --condition {quote(condition)} --procedures {study}"
        )
