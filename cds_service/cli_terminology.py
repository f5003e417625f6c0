"""The commands about codes and words: `code`, `procedure`, and `terminology` with its tables."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cds_service import json_text
from cds_service.backend import backend_of
from cds_service.cli_files import FILE, answer_file
from cds_service.errors import RequestError
from cds_service.notes import code_record
from cds_service.settings import SettingsError, read_settings
from model.reasoning.backend import open_language_model
from model.reasoning.code_choice import CodeChoice
from model.reasoning.embedded import NotInstalledError
from terminology import dense, dense_encoder, dense_ranking, retrieval_index
from terminology.index_import import IndexImportError, import_index
from terminology.procedures import catalogue
from terminology.retrieval import Retriever, retriever
from terminology.retrieval_index import IndexFileError
from terminology.sorted_table import TABLES

if TYPE_CHECKING:
    from terminology.procedures import Procedure

_HOW_TO_INSTALL: Final = "install it with: pip install 'apposite[dense]'"
_NOT_WRITTEN: Final = "--output: the file cannot be written; name one in a folder that exists"
_NO_INDEX: Final = "--index: is no index; make one with `terminology import-index`"


@click.command()
@click.argument("text", required=False)
@click.option(
    "--language", type=click.Choice(["en", "it"]), help="The note's language (default: by its words)."
)
@click.option("--index", type=FILE, help="An Alphabetic Index that `terminology import-index` has written.")
@click.option("--vectors", type=FILE, help="Search by vectors, too: what `build-vectors` has written.")
@click.option("--rerank", is_flag=True, help="Let the settings' language model choose among close codes.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@click.option("--input", "source", type=FILE, help="Notes as JSON lines.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Where the codes go.")
def code(  # noqa: PLR0913 - one option each
    *,
    text: str | None,
    language: str | None,
    index: Path | None,
    vectors: Path | None,
    rerank: bool,
    as_json: bool,
    source: Path | None,
    output: Path | None,
) -> None:
    """Code a clinical TEXT in ICD-10-CM, or with --input and --output a file of notes."""
    chooser = _chooser() if rerank else None
    answer = functools.partial(code_record, retriever=_retriever(index, vectors), language_model=chooser)
    if source is not None and output is not None:
        answer_file(source, output, answer, "Coding")
        return
    if text is None or source is not None or output is not None:
        raise click.UsageError("give a TEXT, or --input and --output together")
    record = {"id": "note", "text": text, **({"language": language} if language else {})}
    try:
        coded = answer(record)
    except RequestError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json_text.write(coded))
    elif coded["codes"]:
        _print_codes(coded)
    else:
        click.echo("No code answers this text; name the condition in other words.")


@click.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def procedure(*, text: str, as_json: bool) -> None:
    """Read the imaging procedure that TEXT names."""
    reading = catalogue().read(text)
    found = [_described(each) for each in reading.candidates]
    nearest = [_described(each) for each in reading.nearest]
    if as_json:
        click.echo(json_text.write({"procedures": found, "nearest": nearest}))
    elif found or nearest:
        title = "Procedures" if found else "Not clear; the nearest are"
        table = Table("Id", "Procedure", "CPT and other codes", "Radiation (adult)", title=title)
        for each in found or nearest:
            codes = ", ".join(entry["code"] for entry in each["codes"])
            table.add_row(each["id"], each["name"], codes, each["radiation"] or "unknown")
        Console().print(table)
    else:
        click.echo(
            "This names no imaging procedure that the catalogue knows; try 'CT head without contrast'."
        )


@click.group()
def terminology() -> None:
    """Look after the terminology tables."""


@terminology.command("import-index")
@click.argument("file", type=FILE)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Index to write."
)
def import_index_command(*, file: Path, output: Path) -> None:
    """Import the official ICD-10-CM Alphabetic Index (CDC XML, or CSV) for `code --index`."""
    try:
        report = import_index(file, output)
    except IndexImportError as error:
        raise click.ClickException(f"{error}; give the CDC's index as XML or CSV") from error
    except OSError as error:
        raise click.ClickException(_NOT_WRITTEN) from error
    click.echo(
        f"{report.entries} entries read, {report.added} added, "
        f"{report.unknown_codes} of another edition left out; use it with: apposite code --index {output}"
    )


@terminology.command("build-vectors")
@click.option("--index", type=FILE, help="An index that `import-index` has written, not the bundled one.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write."
)
def build_vectors_command(*, index: Path | None, output: Path) -> None:
    """Write the vectors of an index's terms for `code --vectors` (needs the extra `dense`; takes minutes)."""
    try:
        terms = retrieval_index.load(index or TABLES / "terms.idx.gz")
        encoder = dense_encoder.MiniLM()
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("Encoding", total=len(terms.term_code))
            dense.build(terms, encoder, output, advance=functools.partial(progress.advance, task))
    except dense.DenseMissingError as error:
        raise click.ClickException(f"{error}; {_HOW_TO_INSTALL}") from error
    except IndexFileError as error:
        raise click.ClickException(_NO_INDEX) from error
    except OSError as error:
        raise click.ClickException(_NOT_WRITTEN) from error
    click.echo(f"{len(terms.term_code)} terms written; use them with: apposite code --vectors {output}")


def _retriever(index: Path | None, vectors: Path | None) -> Retriever:
    try:
        if vectors is not None:
            return dense_ranking.load(vectors, index=index)
        return retriever() if index is None else Retriever.load(index)
    except dense.VectorFileError as error:
        raise click.ClickException(f"--{error}; make it with `terminology build-vectors`") from error
    except dense.DenseMissingError as error:
        raise click.ClickException(f"--vectors: {error}; {_HOW_TO_INSTALL}") from error
    except (IndexFileError, OSError) as error:
        raise click.ClickException(_NO_INDEX) from error


def _chooser() -> CodeChoice:
    try:
        settings = read_settings()
        language_model = open_language_model(backend_of(settings))
    except (SettingsError, NotInstalledError) as error:
        raise click.ClickException(str(error)) from error
    if language_model is None:
        raise click.ClickException("--rerank: no language model is set; set APPOSITE_LANGUAGE_MODEL")
    return CodeChoice(language_model, timeout_s=settings.review_timeout_s)


def _print_codes(coded: dict[str, Any]) -> None:
    table = Table("Code", "Title", "Confidence", "of category", "Matched term")
    for each in coded["codes"]:
        table.add_row(
            each["code"],
            each["display"],
            f"{each['confidence']:.2f}",
            f"{each['category_confidence']:.2f}",
            each["matched"],
        )
    Console().print(table)


def _described(entry: Procedure) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "modality": entry.modality.value,
        "regions": list(entry.regions),
        "contrast": entry.contrast.value,
        "radiation": entry.radiation_adult.value if entry.radiation_adult else None,
        "codes": [{"system": system, "code": code_} for system, code_ in entry.codes],
    }
