"""The command line, `apposite`: serve, rate, code, and look after the guideline library."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cds_service import json_text
from cds_service.cases import answer, read_case
from cds_service.cli_evidence import evidence
from cds_service.cli_files import FILE, answer_file
from cds_service.cli_guideline import guideline
from cds_service.cli_recommend import recommend
from cds_service.cli_serve import serve, worker
from cds_service.cli_terminology import code, procedure, terminology
from cds_service.cli_train import evaluate, train
from cds_service.errors import RequestError
from cds_service.imported import imported_guidelines, local_today
from cds_service.report import print_assessment
from cds_service.settings import SettingsError, read_settings
from model.assess import assess
from model.guideline.library import GuidelineError, library
from model.guideline.releases import ReleaseError, Releases
from model.reasoning.rater import rater

if TYPE_CHECKING:
    from collections.abc import Callable

    from model.assessment import Assessment
    from model.case import ImagingCase


@click.group()
@click.version_option(package_name="apposite")
def main() -> None:
    """Tell whether an imaging study is the right one, and why."""


@main.command()
@click.option("--procedure", help="The study ordered: words, or SYSTEM|CODE such as cpt|72133.")
@click.option(
    "--indication", "indications", multiple=True, help="A reason: words or SYSTEM|CODE; repeatable."
)
@click.option("--scenario", help="More about the patient, in words.")
@click.option("--age", type=float, help="Age in years.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="Sex.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--input", "source", type=FILE, help="Cases as JSON lines.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the answers go.")
def rate(  # noqa: PLR0913 - one option each
    *,
    procedure: str | None,
    indications: tuple[str, ...],
    scenario: str | None,
    age: float | None,
    sex: str | None,
    as_json: bool,
    source: Path | None,
    output: Path | None,
) -> None:
    """Rate one order, or with --input and --output a file of them."""
    judge = _judge()
    answer_case = functools.partial(_answer, judge=judge)
    if source is not None and output is not None:
        answer_file(source, output, answer_case, "Rating")
        return
    if source is not None or output is not None:
        raise click.UsageError("--input and --output go together")
    if procedure is None or not indications:
        raise click.UsageError("give --procedure and at least one --indication, or --input and --output")
    record: dict[str, Any] = {
        "id": "order",
        "procedure": _written(procedure),
        "indications": [_written(indication) for indication in indications],
        **{
            name: value
            for name, value in (("scenario", scenario), ("age", age), ("sex", sex))
            if value is not None
        },
    }
    try:
        if as_json:
            click.echo(json_text.write(answer_case(record)))
        else:
            _, case = read_case(record)
            print_assessment(case, judge(case))
    except RequestError as error:
        raise click.ClickException(
            f"{error}; try a plainer name, such as 'CT head without contrast'"
        ) from error


main.add_command(serve)
main.add_command(worker)
main.add_command(code)
main.add_command(evaluate)
main.add_command(evidence)
main.add_command(guideline)
main.add_command(procedure)
main.add_command(recommend)
main.add_command(terminology)
main.add_command(train)


def _answer(value: object, judge: Callable[[ImagingCase], Assessment]) -> dict[str, Any]:
    id_, case = read_case(value)
    return answer(id_, judge(case))


def _judge() -> Callable[[ImagingCase], Assessment]:
    """How a case is assessed: by our library, and by what the site has imported."""
    try:
        ours = library()
        imported = imported_guidelines(Releases(Path(read_settings().guidelines)), ours, local_today())
    except GuidelineError as error:
        raise click.ClickException(f"the guideline library cannot be used:\n{error}") from error
    except (ReleaseError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    return functools.partial(assess, library=ours, licensed=imported, rater=rater())


def _written(text: str) -> str | dict[str, str]:
    system, bar, code = text.partition("|")
    return {"system": system, "code": code} if bar and system and code else text
