"""The papers that a site has given evidence levels: a CSV file or JSON lines, one paper each.

A row has a `level` from 1 to 4 and either a `pmid` alone, which is looked up, or the paper's own text:
`title` and, where there is one, `abstract`, `year`, `publication_types` and `mesh`. In CSV several types or
headings are separated by `|`; in JSON they are lists.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from model.evidence.paper import EvidenceLevel, Paper
from model.evidence.plain_text import LONGEST_TITLE, doi_of, plain, pmid_of, section, withdrawn, year_of
from model.evidence.rank import unique

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from model.evidence.paper import Section

    LookUp = Callable[[Collection[str]], Mapping[str, Paper]]

_SEPARATOR: Final = "|"
_LABEL: Final = re.compile(r"(?:\A|(?<=[.!?]\s))([A-Z][A-Z ,/&-]{2,40}):\s")
"""Where a part of an abstract begins that is written as one text, as PubMed prints it: "METHODS: "."""


class LabelsError(ValueError):
    """The file cannot be learned from; the message names the line and the rule."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A paper with the level that a person gave it."""

    paper: Paper
    level: EvidenceLevel


@dataclass(frozen=True, slots=True)
class Labels:
    """The labelled papers, each once; how many rows were left out, and why."""

    papers: tuple[Labelled, ...]
    not_found: int = 0
    retracted: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the file: its line and level, a PMID to look up, the paper where the row gives one."""

    line: int
    level: EvidenceLevel
    sought: str | None
    paper: Paper | None


def read_labels(path: Path, look_up: LookUp) -> Labels:
    """The labelled papers of a file; `look_up` gives the papers of PMIDs, those that it knows.

    Retracted papers are left out, since they are never shown.

    Raises:
        LabelsError: The file breaks a rule, or gives one paper two levels.
    """
    rows = tuple(_rows(path))
    asked = [each.sought for each in rows if each.sought]
    known = look_up(asked) if asked else {}
    found = [(each, known.get(each.sought or "") or each.paper) for each in rows]
    papers = [(row, replace(paper)) for row, paper in found if paper is not None]  # one object a row
    rows_of = {id(paper): row for row, paper in papers}
    groups = unique(paper for _, paper in papers)
    standing = [group for group in groups if not any(each.retracted for each in group)]
    labelled = []
    for group in standing:
        of_group = sorted((rows_of[id(each)] for each in group), key=lambda row: row.line)
        if len({each.level for each in of_group}) > 1:
            lines = " and ".join(str(each.line) for each in of_group)
            raise LabelsError(
                f"{path.name}: lines {lines}: one paper has several levels; if they are several papers, "
                "give their PMIDs"
            )
        labelled.append((of_group[0].line, Labelled(group[0], of_group[0].level)))
    return Labels(
        tuple(each for _, each in sorted(labelled, key=lambda pair: pair[0])),
        not_found=sum(paper is None for _, paper in found),
        retracted=len(groups) - len(standing),
        repeated=len(papers) - len(groups),
    )


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise LabelsError(f"{path.name}: cannot be read as UTF-8 text") from None
    is_json = text.lstrip()[:1] == "{"
    for line, record in _of_json(path.name, text) if is_json else _of_csv(path.name, text):
        try:
            yield _row(line, record)
        except ValueError as error:
            raise LabelsError(f"{path.name}:{line}: {error}") from None


def _of_json(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, written in enumerate(text.splitlines(), 1):
        if not written.strip():
            continue
        try:
            record = json.loads(written)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise LabelsError(f"{name}:{line}: is no JSON object")
        yield line, record


def _of_csv(name: str, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = text.splitlines(keepends=True)
    header = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if header.count(";") > header.count(",") else ",")
    columns = [each.strip().lower() for each in reader.fieldnames or ()]
    if "level" not in columns or not {"pmid", "title"} & set(columns):
        raise LabelsError(f"{name}:1: needs a column level, and a column pmid or title")
    reader.fieldnames = columns
    try:
        for record in reader:
            if any(map(_text, record.values())):
                yield reader.line_num, record
    except csv.Error:
        raise LabelsError(f"{name}:{reader.line_num}: is no row of CSV") from None


def _row(line: int, record: Mapping[str, Any]) -> _Row:
    """A row.

    Raises:
        ValueError: It breaks the rule that the message names.
    """
    level = str(record.get("level") or "").strip()
    if level not in {str(int(each)) for each in EvidenceLevel}:
        raise ValueError("level: must be 1, 2, 3 or 4")
    written = _text(record.get("pmid"))
    pmid = pmid_of(written)
    if written and pmid is None:
        raise ValueError("pmid: must be a PMID")
    title, abstract = plain(_text(record.get("title")), LONGEST_TITLE), _abstract(record.get("abstract"))
    if not title and pmid is None:
        raise ValueError("needs a pmid, or a title with its abstract")
    types = _listed(record.get("publication_types"))
    paper = Paper(
        pmid,
        doi_of(_text(record.get("doi"))),
        title,
        abstract,
        year=year_of(_text(record.get("year"))),
        publication_types=types,
        mesh=_listed(record.get("mesh")),
        retracted=withdrawn(title, types),
    )
    sought = None if title and abstract else pmid
    return _Row(line, EvidenceLevel(int(level)), sought, paper if title else None)


def _abstract(given: Any) -> tuple[Section, ...]:
    """The parts of an abstract: a text with labels in capitals, or a list of `label` and `text`."""
    if isinstance(given, list):
        parts = [(each.get("label"), each.get("text")) for each in given if isinstance(each, dict)]
        found = [section(_text(label) or None, _text(text)) for label, text in parts]
    else:
        before, *labelled = _LABEL.split(_text(given))
        pairs = zip(labelled[::2], labelled[1::2], strict=True)
        found = [section(None, before), *(section(label, text) for label, text in pairs)]
    return tuple(each for each in found if each is not None)


def _listed(given: Any) -> tuple[str, ...]:
    parts: Sequence[Any] = given if isinstance(given, list) else _text(given).split(_SEPARATOR)
    return tuple(text for each in parts if (text := _text(each)))


def _text(given: Any) -> str:
    """The text of a member or a cell; a number as it is written, "" for anything else."""
    if isinstance(given, (str, int)) and not isinstance(given, bool):
        return str(given).strip()
    return ""
