"""What the commands over files share: reading JSON lines, progress, and writing the answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click
from rich.console import Console
from rich.progress import Progress

from cds_service import json_text
from cds_service.jsonl import answer_lines

if TYPE_CHECKING:
    from collections.abc import Callable

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


def answer_file(source: Path, output: Path, answer: Callable[[Any], dict[str, Any]], doing: str) -> None:
    """Write the answer to each line of `source` to `output`, with a progress bar on standard error."""
    lines = source.read_bytes().splitlines()
    errors = 0
    with _opened(output) as answers, Progress(console=Console(stderr=True)) as progress:
        for record in progress.track(answer_lines(lines, answer), total=len(lines), description=doing):
            errors += "error" in record
            answers.write(json_text.write(record) + "\n")
    click.echo(f"{len(lines)} lines, {errors} with errors, answers in {output}", err=True)


def _opened(output: Path) -> TextIO:
    try:
        return output.open("w", encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"--output: {error.strerror}; name a file that can be written") from error
