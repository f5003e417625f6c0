"""Full-text search among the stored papers: FTS5 in SQLite, tsvector in PostgreSQL, both with word stems.

What is looked for comes as names ("low back pain"). Only their letters and digits reach the search, each word
quoted, so that no name can be read as an operator of the search's own language.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

from cds_service.evidence_tables import paper
from model.evidence.assign import spellings
from model.evidence.query_words import stop_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    _Name = tuple[tuple[str, ...], ...]
    """Words that all must be found, each in one of its spellings."""

MOST_WORDS: Final = 8
"""Words of one name that are looked for."""

_WORD: Final = re.compile(r"[^\W_]+")
_VECTOR: Final[Any] = literal_column("paper.words_vector")


def papers_with(
    connection: Connection, names: Sequence[str], one_of: Sequence[str], *, at_most: int
) -> Sequence[Row[Any]]:
    """The rows of papers that hold all words of one of the names, the most telling first.

    They hold those of `one_of` too, unless that is empty. Each word counts in any spelling that is known of
    it. Names without a word find nothing.
    """
    sought, beside = _unique(names), _unique(one_of)
    if not sought:
        return ()
    if connection.dialect.name == "postgresql":
        return _in_postgresql(connection, sought, beside, at_most)
    return _in_sqlite(connection, sought, beside, at_most)


def _in_sqlite(
    connection: Connection, sought: Sequence[_Name], beside: Sequence[_Name], at_most: int
) -> Sequence[Row[Any]]:
    """By bm25, which counts every word of the query."""
    found = " AND ".join(f"({' OR '.join(map(_matched, names))})" for names in (sought, beside) if names)
    matching = text(
        "SELECT rowid AS id, rank FROM paper_words WHERE paper_words MATCH :sought ORDER BY rank LIMIT :most"
    ).bindparams(sought=found, most=at_most)
    ranked = matching.columns(paper.c.id, literal_column("rank")).subquery()
    statement = select(paper).join(ranked, paper.c.id == ranked.c.id).order_by(ranked.c.rank, paper.c.id)
    return connection.execute(statement).all()


def _matched(name: _Name) -> str:
    """A name as FTS5 matches it: all its words, each in one of its spellings."""
    return " AND ".join(f"({' OR '.join(map(_quoted, each))})" for each in name)


def _in_postgresql(
    connection: Connection, sought: Sequence[_Name], beside: Sequence[_Name], at_most: int
) -> Sequence[Row[Any]]:
    """By `ts_rank`; the words go as a `tsquery`, quoted, through the same stemmer as the papers'."""
    found = " & ".join(f"({' | '.join(map(_joined, names))})" for names in (sought, beside) if names)
    matching = func.to_tsquery("english", found, type_=TSQUERY)
    statement = (
        select(paper)
        .where(_VECTOR.op("@@")(matching))
        .order_by(func.ts_rank(_VECTOR, matching).desc(), paper.c.id)
        .limit(at_most)
    )
    return connection.execute(statement).all()


def _joined(name: _Name) -> str:
    """A name as `to_tsquery` reads it."""
    words = (f"({' | '.join(map(_literal, each))})" for each in name)
    return f"({' & '.join(words)})"


def _unique(names: Sequence[str]) -> tuple[_Name, ...]:
    """The names as they are looked for, without those that find nothing more than a shorter one."""
    found = sorted({name for each in names if (name := _name(each))}, key=lambda name: (len(name), name))
    kept: list[_Name] = []
    for name in found:
        if not any(set(shorter) <= set(name) for shorter in kept):
            kept.append(name)
    return tuple(kept)


def _name(name: str) -> _Name:
    """The telling words of a name, in lower case, each in its spellings."""
    words = (word for word in _WORD.findall(name.lower()) if word not in stop_words())
    return tuple(tuple(sorted(spellings(word))) for word in tuple(dict.fromkeys(words))[:MOST_WORDS])


def _quoted(word: str) -> str:
    return f'"{word}"'


def _literal(word: str) -> str:
    return f"'{word}'"
