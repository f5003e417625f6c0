"""Imports the official ICD-10-CM Alphabetic Index, which a deployer downloads, into a term index.

Two forms are read: the XML of the CDC (`mainTerm` and nested `term`, each with a `title`, in it a `nemod`
for words in brackets, and a `code`), and a CSV with the columns Level, Term, NonEssModif and Code. An
entry's name is its main term with the sub-terms down to it. What is written is what `Retriever.load` reads.
https://www.cdc.gov/nchs/icd/icd-10-cm/files.html
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element
from xml.parsers import expat

from terminology import retrieval_index
from terminology.icd10cm import Standing, icd10cm
from terminology.retrieval_build import LONGEST_CODE, build
from terminology.sorted_table import SortedTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes; the CDC's index has nine million."""

_DEEPEST: Final = 30
_LONGEST_NAME: Final = 300
_COLUMNS: Final = ("Level", "Term", "NonEssModif", "Code")
_NOT_CODE = re.compile(r"[-\s.]+$")


class IndexImportError(ValueError):
    """A file is not an Alphabetic Index; the message names the place and the rule, never the content."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name of the index and the code it leads to, as written."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the entries that carry a code."""

    entries: int
    added: int
    """Entries whose code the edition holds; a repeated name is counted each time."""
    unknown_codes: int
    """Entries whose code it does not hold: another year's, left out."""


def import_index(source: Path, target: Path) -> ImportReport:
    """Write to `target` a term index of the bundled terms and those of the Alphabetic Index at `source`.

    Raises:
        IndexImportError: `source` is not such an index, or is too large; nothing is written.
        OSError: A file cannot be read or written.
    """
    entries = read_entries(_content(source))
    more = names_by_code(entries)
    rows = SortedTable.load("icd10cm.tsv.gz").text.decode().splitlines()
    retrieval_index.save(build((row.split("\t") for row in rows), more=more), target)
    added = sum(map(len, more.values()))
    return ImportReport(len(entries), added, len(entries) - added)


def names_by_code(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """The entries' names by code, without dot or seventh character; codes the edition lacks are left out."""
    names: defaultdict[str, list[str]] = defaultdict(list)
    for entry in entries:
        found = icd10cm().get(entry.code)
        if found is not None and found.standing is not Standing.ANCESTOR:
            names[found.code.replace(".", "")[:LONGEST_CODE]].append(entry.name)
    return dict(names)


def read_entries(content: bytes) -> tuple[Entry, ...]:
    """The entries of an Alphabetic Index, in its order; XML is told from CSV by its first character.

    Raises:
        IndexImportError: The content is neither form, or has no entry with a code.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise IndexImportError("index: the text is not UTF-8") from None
    entries = tuple(_xml_entries(text) if text.lstrip().startswith("<") else _csv_entries(text))
    if not entries:
        raise IndexImportError("index: no entry has a code")
    return entries


def _content(source: Path) -> bytes:
    with source.open("rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise IndexImportError("index: the file is larger than 64 MiB")
    return content


def _xml_entries(text: str) -> Iterator[Entry]:
    for main in _tree(text).iter("mainTerm"):
        yield from _xml_term(main, ())


def _xml_term(element: Element, above: tuple[str, ...]) -> Iterator[Entry]:
    title = element.find("title")
    path = (*above, " ".join("".join(title.itertext()).split()) if title is not None else "")
    code = element.findtext("code", "")
    yield from _entry(path, code)
    for below in element.iterfind("term"):
        yield from _xml_term(below, path)


def _tree(text: str) -> Element:
    """The elements of an XML document; one that declares entities is refused, and nothing is fetched."""
    root = Element("document")
    open_elements = [root]

    def start(name: str, _: dict[str, str]) -> None:
        if len(open_elements) > _DEEPEST:
            raise IndexImportError("index XML: elements are nested too deep")
        element = Element(name)
        open_elements[-1].append(element)
        open_elements.append(element)

    def words(data: str) -> None:
        last = open_elements[-1]
        if len(last):
            last[-1].tail = (last[-1].tail or "") + data
        else:
            last.text = (last.text or "") + data

    def refuse(*_: object) -> int:
        raise IndexImportError("index XML: a document type with entities is not read")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = words
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(text, True)  # noqa: FBT003 - expat takes no keyword
    except (expat.ExpatError, ValueError) as error:
        if isinstance(error, IndexImportError):
            raise
        raise IndexImportError("index XML: not well-formed") from None
    return root


def _csv_entries(text: str) -> Iterator[Entry]:
    try:
        reader = csv.DictReader(text.splitlines(), strict=True)
        if not set(_COLUMNS) <= set(reader.fieldnames or ()):
            raise IndexImportError("index CSV: a column of Level, Term, NonEssModif, Code is missing")
        yield from _csv_rows(reader)
    except csv.Error:
        raise IndexImportError("index CSV: a row cannot be read") from None


def _csv_rows(rows: Iterable[dict[str, str]]) -> Iterator[Entry]:
    path: list[str] = []
    for row in rows:
        level, term, modifier, code = (row[column] or "" for column in _COLUMNS)
        if not (level.isascii() and level.isdigit() and len(level) <= len(str(_DEEPEST))):
            raise IndexImportError("index CSV: a Level is not a small whole number")
        path = [*path[: int(level)], " ".join(f"{term} {modifier}".split())]
        yield from _entry(tuple(path), code)


def _entry(path: tuple[str, ...], code: str) -> Iterator[Entry]:
    """The entry a path leads to; none where it only points elsewhere."""
    bare = _NOT_CODE.sub("", code.strip())
    name = " ".join(part for part in path if part)[:_LONGEST_NAME]
    if bare and name:
        yield Entry(name, bare)
