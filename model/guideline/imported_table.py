"""Read a full ratings table that a site has licensed: CSV, or JSON in one of two shapes.

CSV has the columns of `imported_rows.py`, a row for each rating. JSON is either a list of such rows as
objects, or one document:

    {"source": name?, "release": name?, "effective": "YYYY-MM-DD"?, "topics": [
        {"topic": title, "year": 2024, "variants": [
            {"number": 1, "text": sentence, "ratings": [
                {"procedure": name, "rating": "usually appropriate", "disagreement": false?,
                 "radiation": 0 to 5 or "varies" or null?, "patient": "adult" or "child"?}]}]}]}

Both are read into the same topics, and equal content has the equal version in either.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.guideline.imported_json import read_json
from model.guideline.imported_rows import (
    OPTIONAL,
    REQUIRED,
    ColumnError,
    Row,
    TableError,
    TableProblem,
    read_row,
    topics_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from model.guideline.imported import ImportedTopic

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes; a full table of fourteen thousand ratings has four million."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds, and what it says of itself: its source, release and effective day, if anything."""

    topics: tuple[ImportedTopic, ...]
    source: str | None = None
    release: str | None = None
    effective: str | None = None


def read_table(path: Path) -> tuple[ImportedTopic, ...]:
    """The topics of the file.

    Raises:
        TableError: The file breaks a rule; the message names each file, line, column and rule.
        OSError: The file cannot be read.
    """
    return read_file(path).topics


def read_file(path: Path) -> Table:
    """The topics of the file with what it says of itself; raises as `read_table` does."""
    text = _text(path)
    if text.lstrip()[:1] in {"[", "{"}:
        document = read_json(text, path.name)
        return Table(
            topics_of(document.rows, path.name), document.source, document.release, document.effective
        )
    return Table(topics_of(_rows(text, path.name), path.name))


def _text(path: Path) -> str:
    data = path.read_bytes()
    if len(data) > LARGEST_FILE:
        raise TableError([TableProblem(path.name, 1, None, f"must have at most {LARGEST_FILE} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError([TableProblem(path.name, line, None, "must be UTF-8")]) from None
    if not text.strip():
        raise TableError([TableProblem(path.name, 1, None, "is empty")])
    return text


def _rows(text: str, file: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[TableProblem] = []
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, file)
        for line, cells in _records(reader):
            if len(cells) != len(header):
                problems.append(TableProblem(file, line, None, f"must have {len(header)} cells"))
                continue
            try:
                rows.append(read_row(dict(zip(header, cells, strict=True)), line))
            except ColumnError as error:
                problems.append(TableProblem(file, line, error.column, error.rule))
    except csv.Error:
        problems.append(TableProblem(file, reader.line_num, None, "is not CSV: a quote is not closed"))
    if not rows and not problems:
        problems.append(TableProblem(file, 1, None, "has no rows"))
    if problems:
        raise TableError(problems)
    return rows


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not blank, with the line on which it begins."""
    begins = reader.line_num + 1  # type: ignore[attr-defined]
    for cells in reader:
        if cells:
            yield begins, cells
        begins = reader.line_num + 1  # type: ignore[attr-defined]


def _check_header(header: Sequence[str], file: str) -> None:
    problems = [
        *(TableProblem(file, 1, name, "is missing") for name in REQUIRED if name not in header),
        *(
            TableProblem(file, 1, None, f"column {place} has a name that is not known here")
            for place, name in enumerate(header, start=1)
            if name not in (*REQUIRED, *OPTIONAL)
        ),
        *(TableProblem(file, 1, name, "stands twice") for name in set(header) if header.count(name) > 1),
    ]
    if problems:
        raise TableError(problems)
