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
from model.evidence.query_words import stop_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

MOST_WORDS: Final = 8
"""Words of one name that are looked for."""

_WORD: Final = re.compile(r"[^\W_]+")
_VECTOR: Final[Any] = literal_column("paper.words_vector")


def papers_with(
    connection: Connection, names: Sequence[str], better_with: Sequence[str], *, at_most: int
) -> Sequence[Row[Any]]:
    """The rows of papers that hold all words of one of the names, the most telling first.

    A paper that also holds words of `better_with` comes earlier. Names without a word find nothing.
    """
    sought = tuple(dict.fromkeys(words for name in names if (words := _words(name))))
    if not sought:
        return ()
    boost = tuple(dict.fromkeys(word for name in better_with for word in _words(name)))
    if connection.dialect.name == "postgresql":
        return _in_postgresql(connection, sought, boost, at_most)
    return _in_sqlite(connection, sought, boost, at_most)


def _in_sqlite(
    connection: Connection, sought: Sequence[tuple[str, ...]], boost: Sequence[str], at_most: int
) -> Sequence[Row[Any]]:
    """By bm25, which counts every word of the query: the boosting words stand where they change no match."""
    found = " OR ".join(f"({' AND '.join(map(_quoted, words))})" for words in sought)
    if boost:
        found = f"({found}) OR (({found}) AND ({' OR '.join(map(_quoted, boost))}))"
    matching = text(
        "SELECT rowid AS id, rank FROM paper_words WHERE paper_words MATCH :sought ORDER BY rank LIMIT :most"
    ).bindparams(sought=found, most=at_most)
    ranked = matching.columns(paper.c.id, literal_column("rank")).subquery()
    statement = select(paper).join(ranked, paper.c.id == ranked.c.id).order_by(ranked.c.rank, paper.c.id)
    return connection.execute(statement).all()


def _in_postgresql(
    connection: Connection, sought: Sequence[tuple[str, ...]], boost: Sequence[str], at_most: int
) -> Sequence[Row[Any]]:
    matching = _either([" ".join(words) for words in sought])
    ranking = matching.op("||", return_type=TSQUERY)(_either(boost)) if boost else matching
    statement = (
        select(paper)
        .where(_VECTOR.op("@@")(matching))
        .order_by(func.ts_rank(_VECTOR, ranking).desc(), paper.c.id)
        .limit(at_most)
    )
    return connection.execute(statement).all()


def _either(texts: Sequence[str]) -> Any:
    """The query that is satisfied by all the words of any of the texts."""
    first, *others = (func.plainto_tsquery("english", each, type_=TSQUERY) for each in texts)
    joined: Any = first
    for other in others:
        joined = joined.op("||", return_type=TSQUERY)(other)
    return joined


def _words(name: str) -> tuple[str, ...]:
    """The telling words of a name, in lower case."""
    words = (word for word in _WORD.findall(name.lower()) if word not in stop_words())
    return tuple(dict.fromkeys(words))[:MOST_WORDS]


def _quoted(word: str) -> str:
    return f'"{word}"'
