"""One row of an imported ratings table as a value, the rules of each column, and rows put into topics.

A broken rule is told with file, line and column, never with what stands there: the content is licensed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from model.assessment import Rating
from model.guideline.imported import ImportedRating, ImportedTopic, ImportedVariant, Patient
from terminology.procedure_words import tokens, words
from terminology.procedures import RadiationLevel, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REQUIRED: Final = ("topic", "variant_no", "variant", "procedure", "rating", "acr_year")
OPTIONAL: Final = ("rating_raw", "radiation_adult", "radiation_kind")
MOST_PROBLEMS: Final = 20
_LONGEST: Final = 2_000
_PATIENTS: Final[Mapping[str, Patient]] = {"adult": "adult", "peds": "child", "child": "child"}
_WITHOUT_RADIATION: Final = "o"
_SYMBOL: Final = "☢"
_JOINING: Final = frozenset({"a", "an", "and", "both", "in", "of", "the", "s"})


@dataclass(frozen=True, slots=True)
class TableProblem:
    """A broken rule, with the line and, where one is to blame, the column."""

    file: str
    line: int
    column: str | None
    rule: str

    def __str__(self) -> str:
        column = f"column {self.column}: " if self.column else ""
        return f"{self.file}:{self.line}: {column}{self.rule}"


class TableError(ValueError):
    """The table cannot be imported; the message lists the first problems, one a line."""

    def __init__(self, problems: Iterable[TableProblem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems[:MOST_PROBLEMS]]
        if len(self.problems) > MOST_PROBLEMS:
            lines.append(f"and {len(self.problems) - MOST_PROBLEMS} more")
        super().__init__("\n".join(lines))


class ColumnError(ValueError):
    """A cell breaks the rule of its column."""

    def __init__(self, column: str, rule: str) -> None:
        self.column, self.rule = column, rule
        super().__init__(f"column {column}: {rule}")


@dataclass(frozen=True, slots=True)
class Row:
    """One rating with all that it stands under, and its line."""

    line: int
    topic: str
    year: int
    number: str
    text: str
    procedure: str
    rating: Rating
    panel_disagreed: bool
    radiation: RadiationLevel | None
    patient: Patient | None


def read_row(cells: Mapping[str, str], line: int) -> Row:
    """The row of these cells by column name; an absent optional column is an empty cell.

    Raises:
        ColumnError: A cell breaks its column's rule.
    """
    number = _text(cells, "variant_no")
    if not re.fullmatch(r"[0-9]{1,4}", number) or int(number) == 0:
        raise ColumnError("variant_no", "must be a whole number from 1")
    rating = _rating(_text(cells, "rating"), "rating")
    raw = cells.get("rating_raw", "").strip()
    split = raw.casefold().endswith("(disagreement)")
    if raw and _rating(raw.rpartition("(")[0] if split else raw, "rating_raw") is not rating:
        raise ColumnError("rating_raw", "must say what column rating says")
    radiation = _radiation(cells.get("radiation_adult", "").strip())
    return Row(
        line=line,
        topic=_text(cells, "topic"),
        year=_year(_text(cells, "acr_year")),
        number=str(int(number)),
        text=_text(cells, "variant"),
        procedure=_text(cells, "procedure"),
        rating=rating,
        panel_disagreed=split,
        radiation=radiation,
        patient=_patient(cells.get("radiation_kind", "").strip(), known=radiation is not None),
    )


def topics_of(rows: Iterable[Row], file: str) -> tuple[ImportedTopic, ...]:
    """The rows put together, topics and variants in the order in which they first come.

    Raises:
        TableError: Rows contradict each other: two texts of one variant, two years of one topic, a procedure
            rated twice in a variant, two titles that differ in punctuation only.
    """
    topics: dict[str, dict[str, dict[str, Row]]] = {}
    first: dict[str, Row] = {}
    problems: list[TableProblem] = []
    for row in rows:
        id_ = topic_id(row.topic)
        opened = first.setdefault(id_, row)
        variants = topics.setdefault(id_, {})
        said = variants.setdefault(row.number, {})
        head = next(iter(said.values()), row)
        rule = _contradiction(row, opened, head, said)
        if rule:
            problems.append(TableProblem(file, row.line, *rule))
        said.setdefault(row.procedure, row)
    if problems:
        raise TableError(problems)
    return tuple(
        ImportedTopic(id_, first[id_].topic, first[id_].year, tuple(map(_variant, variants.values())))
        for id_, variants in topics.items()
    )


def topic_id(title: str) -> str:
    """The title in lower case, its words joined by hyphens."""
    return "-".join(re.findall(r"[^\W_]+", title.casefold())) or "topic"


def _contradiction(row: Row, opened: Row, head: Row, said: Mapping[str, Row]) -> tuple[str, str] | None:
    if row.topic != opened.topic:
        return "topic", f"differs only in punctuation or case from the topic of line {opened.line}"
    if row.year != opened.year:
        return "acr_year", f"differs within the topic, from line {opened.line}"
    if row.text != head.text:
        return "variant", f"differs within the variant, from line {head.line}"
    if row.procedure in said:
        return "procedure", f"is rated twice in this variant, first in line {said[row.procedure].line}"
    return None


def _variant(rows: Mapping[str, Row]) -> ImportedVariant:
    head = next(iter(rows.values()))
    return ImportedVariant(head.number, head.text, tuple(map(_imported, rows.values())))


def _imported(row: Row) -> ImportedRating:
    return ImportedRating(
        row.procedure, mapped(row.procedure), row.rating, row.radiation, row.patient, row.panel_disagreed
    )


@cache
def mapped(name: str) -> str | None:
    """The one catalogue id that the whole name is read as; `None` where a word of it is left over.

    An order may be read in spite of a word nobody knows; a rating may not: the word may say another study.
    """
    candidates = catalogue().read(name).candidates
    if len(candidates) != 1:
        return None
    known = _JOINING.union(tokens(candidates[0].name))
    unread = [phrase.text for phrase in words().cut(name) if not phrase.meanings]
    read = all(word in known or word.removesuffix("s") in known for word in unread)
    return candidates[0].id if read else None


def _text(cells: Mapping[str, str], column: str) -> str:
    text = " ".join(cells.get(column, "").split())
    if not text:
        raise ColumnError(column, "must not be empty")
    if len(text) > _LONGEST:
        raise ColumnError(column, f"must have at most {_LONGEST} characters")
    return text


def _rating(written: str, column: str) -> Rating:
    try:
        return Rating("-".join(written.casefold().replace("-", " ").split()))
    except ValueError:
        words = ", ".join(rating.replace("-", " ") for rating in Rating)
        raise ColumnError(column, f"must be one of: {words}") from None


def _year(written: str) -> int:
    """The last year that the text names: a revision's, where there was one."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", written)
    if not years:
        raise ColumnError("acr_year", "must name a year of four digits")
    return int(years[-1])


def _radiation(written: str) -> RadiationLevel | None:
    if not written:
        return None
    plain = written.casefold().replace("\N{VARIATION SELECTOR-16}", "")
    if plain == _WITHOUT_RADIATION:
        return RadiationLevel.ZERO
    level = str(len(plain)) if set(plain) == {_SYMBOL} else plain
    try:
        return RadiationLevel(level)
    except ValueError:
        rule = f"must be O, one to five {_SYMBOL}, 0 to 5, Varies or empty"
        raise ColumnError("radiation_adult", rule) from None


def _patient(written: str, *, known: bool) -> Patient | None:
    if not written:
        return "adult" if known else None
    if written.casefold() not in _PATIENTS:
        raise ColumnError("radiation_kind", "must be adult, peds or empty")
    return _PATIENTS[written.casefold()]
