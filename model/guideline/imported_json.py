"""The JSON shapes of a ratings table (see `imported_table.py`), read into the rows of the CSV.

Where a rule is broken the line is looked up only then: the document is read once more, with its places.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import yaml

from model.guideline.imported_rows import (
    OPTIONAL,
    REQUIRED,
    ColumnError,
    Row,
    TableError,
    TableProblem,
    read_row,
)
from model.guideline.places import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Place = tuple[str | int, ...]

_DOCUMENT: Final = frozenset({"source", "release", "effective", "topics"})
_TOPIC: Final = frozenset({"topic", "year", "variants"})
_VARIANT: Final = frozenset({"number", "text", "ratings"})
_RATING: Final = frozenset({"procedure", "rating", "disagreement", "radiation", "patient"})
_MEMBER_OF_COLUMN: Final[Mapping[str, tuple[int, str]]] = {
    "topic": (2, "topic"),
    "acr_year": (2, "year"),
    "variant_no": (4, "number"),
    "variant": (4, "text"),
    "procedure": (6, "procedure"),
    "rating": (6, "rating"),
    "radiation_adult": (6, "radiation"),
    "radiation_kind": (6, "patient"),
}
"""Where in a nested document a column stands: the length of the path to its object, and its name there."""


@dataclass(frozen=True, slots=True)
class Document:
    """The rows of a document, and what it says of itself."""

    rows: list[Row]
    source: str | None = None
    release: str | None = None
    effective: str | None = None


class _PlaceError(ValueError):
    def __init__(self, place: Place, rule: str) -> None:
        self.place, self.rule = place, rule
        super().__init__(rule)


def read_json(text: str, file: str) -> Document:
    """The rows of the JSON text.

    Raises:
        TableError: It is not JSON, or not of one of the two shapes, or a cell breaks a rule.
    """
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise TableError([TableProblem(file, error.lineno, None, "is not JSON")]) from None
    except (RecursionError, ValueError):
        raise TableError(
            [TableProblem(file, 1, None, "is nested too deeply or has a number too long")]
        ) from None
    try:
        cells = list(_listed(value) if isinstance(value, list) else _nested(value))
        said = {} if isinstance(value, list) else _said_of_itself(value)
    except _PlaceError as error:
        raise TableError([_problem(text, file, error.place, error.rule)]) from None
    if not cells:
        raise TableError([TableProblem(file, 1, None, "has no rows")])
    return Document(_rows(cells, text, file), **said)


def _rows(cells: list[tuple[Place, dict[str, str]]], text: str, file: str) -> list[Row]:
    rows: list[Row] = []
    broken: list[tuple[Place, str]] = []
    for index, (place, row) in enumerate(cells):
        try:
            rows.append(read_row(row, index + 1))
        except ColumnError as error:
            broken.append((_place_of(place, error.column), error.rule))
    if broken:
        root = _composed(text)
        raise TableError(_at(root, file, place, rule) for place, rule in broken)
    return rows


def _listed(rows: list[Any]) -> Iterator[tuple[Place, dict[str, str]]]:
    for index, row in enumerate(rows):
        _object(row, (index,), frozenset({*REQUIRED, *OPTIONAL}))
        yield (index,), {name: _cell(value, (index, name)) for name, value in row.items()}


def _nested(document: Any) -> Iterator[tuple[Place, dict[str, str]]]:
    _object(document, (), _DOCUMENT)
    for topic, at_topic in _members(document, "topics", (), _TOPIC):
        for variant, at_variant in _members(topic, "variants", at_topic, _VARIANT):
            for rating, place in _members(variant, "ratings", at_variant, _RATING):
                yield place, _row(topic, variant, rating, place)


def _row(
    topic: Mapping[str, Any], variant: Mapping[str, Any], rating: Mapping[str, Any], place: Place
) -> dict[str, str]:
    split = rating.get("disagreement", False)
    if not isinstance(split, bool):
        raise _PlaceError((*place, "disagreement"), "must be true or false")
    said = _cell(rating.get("rating"), (*place, "rating"))
    return {
        "topic": _cell(topic.get("topic"), (*place[:2], "topic")),
        "acr_year": _cell(topic.get("year"), (*place[:2], "year")),
        "variant_no": _cell(variant.get("number"), (*place[:4], "number")),
        "variant": _cell(variant.get("text"), (*place[:4], "text")),
        "procedure": _cell(rating.get("procedure"), (*place, "procedure")),
        "rating": said,
        "rating_raw": f"{said} (Disagreement)" if split and said else "",
        "radiation_adult": _cell(rating.get("radiation"), (*place, "radiation")),
        "radiation_kind": _cell(rating.get("patient"), (*place, "patient")),
    }


def _members(
    parent: Mapping[str, Any], name: str, place: Place, known: frozenset[str]
) -> Iterator[tuple[dict[str, Any], Place]]:
    listed = parent.get(name)
    if not isinstance(listed, list) or not listed:
        raise _PlaceError((*place, name), f"{name} must be a list that is not empty")
    for index, each in enumerate(listed):
        _object(each, (*place, name, index), known)
        yield each, (*place, name, index)


def _object(value: Any, place: Place, known: frozenset[str]) -> None:
    if not isinstance(value, dict):
        raise _PlaceError(place, "must be an object")
    if not known.issuperset(value):
        raise _PlaceError(place, f"has a member that is none of: {', '.join(sorted(known))}")


def _cell(value: Any, place: Place) -> str:
    """The value as the CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise _PlaceError(place, f"{place[-1]} must be a text or a whole number")


def _said_of_itself(document: Mapping[str, Any]) -> dict[str, str | None]:
    said = {name: document.get(name) for name in ("source", "release", "effective")}
    for name, value in said.items():
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise _PlaceError((name,), f"{name} must be a text that is not empty")
    if said["effective"] is not None and not _is_day(said["effective"]):
        raise _PlaceError(("effective",), "effective must be a day as YYYY-MM-DD")
    return said


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _place_of(place: Place, column: str) -> Place:
    if len(place) == 1:
        return (*place, column)
    depth, name = _MEMBER_OF_COLUMN[column]
    return (*place[:depth], name)


def _problem(text: str, file: str, place: Place, rule: str) -> TableProblem:
    return _at(_composed(text), file, place, rule)


def _at(root: yaml.Node | None, file: str, place: Place, rule: str) -> TableProblem:
    name = next((step for step in reversed(place) if isinstance(step, str)), None)
    return TableProblem(file, line_of(root, place), name, rule)


def _composed(text: str) -> yaml.Node | None:
    """The document with its places; JSON that YAML cannot read, such as one indented by tabs, has none."""
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
