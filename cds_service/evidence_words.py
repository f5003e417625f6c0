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
    connection: Connection,
    names: Sequence[str],
    one_of: Sequence[str],
    better_with: Sequence[str],
    *,
    at_most: int,
) -> Sequence[Row[Any]]:
    """The rows of papers that hold all words of one of the names, the most telling first.

    They hold those of `one_of` too, unless that is empty. A paper that also holds words of `better_with`
    comes earlier. Each word counts in any spelling that is known of it. Names without a word find nothing.
    """
    wanted = [found for found in map(_unique, (names, one_of)) if found]
    if not _unique(names):
        return ()
    ask = _in_postgresql if connection.dialect.name == "postgresql" else _in_sqlite
    return ask(connection, wanted, _unique(better_with), at_most)


def _in_sqlite(
    connection: Connection, wanted: Sequence[Sequence[_Name]], better: Sequence[_Name], at_most: int
) -> Sequence[Row[Any]]:
    """By bm25, which counts every word of the query: the better ones stand where they change no match."""
    found = " AND ".join(f"({' OR '.join(map(_matched, names))})" for names in wanted)
    if better:
        found = f"({found}) OR (({found}) AND ({' OR '.join(map(_matched, better))}))"
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
    connection: Connection, wanted: Sequence[Sequence[_Name]], better: Sequence[_Name], at_most: int
) -> Sequence[Row[Any]]:
    """Those with the better words first, then by `ts_rank`, which does not know how telling a word is.

    The words go as a `tsquery`, quoted, through the same stemmer as the papers'.
    """
    found = " & ".join(f"({' | '.join(map(_joined, names))})" for names in wanted)
    matching = func.to_tsquery("english", found, type_=TSQUERY)
    first = func.to_tsquery("english", " | ".join(map(_joined, better)), type_=TSQUERY)
    statement = (
        select(paper)
        .where(_VECTOR.op("@@")(matching))
        .order_by(_VECTOR.op("@@")(first).desc(), func.ts_rank(_VECTOR, matching).desc(), paper.c.id)
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
