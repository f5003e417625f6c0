"""One paper's way into the evidence store: each is there once, under all the ids that it is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from cds_service.evidence_rows import paper_row, words_of
from cds_service.evidence_tables import paper

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Row, RowMapping

    from model.evidence.paper import Paper


def write_paper(connection: Connection, given: Paper, now: datetime) -> None:
    """Insert a paper, or complete the row or the two rows that it turns out to be the paper of.

    A paper is known by its PMID, or by its DOI where one of the two has no PMID. What only an older record
    says is kept, and a retraction is never taken back. Nobody else may write meanwhile.
    """
    new = {**paper_row(given), "fetched_at": now}
    by_pmid = _row_with(connection, "pmid", new["pmid"])
    by_doi = _row_with(connection, "doi", new["doi"])
    if by_doi is not None and by_doi.pmid is not None and new["pmid"] not in {None, by_doi.pmid}:
        new, by_doi = {**new, "doi": None}, None  # two PMIDs are two papers, whatever DOI they both give
    known = {row.id: row._mapping for row in (by_pmid, by_doi) if row is not None}  # noqa: SLF001 - its public way
    for old in known.values():
        new = _completed(new, old)
    new["words"] = words_of(new)
    kept, *doubles = known or [None]
    connection.execute(delete(paper).where(paper.c.id.in_(doubles)))
    connection.execute(
        insert(paper).values(new) if kept is None else update(paper).where(paper.c.id == kept).values(new)
    )


def _row_with(connection: Connection, column: str, value: str | None) -> Row[Any] | None:
    if value is None:
        return None
    return connection.execute(select(paper).where(paper.c[column] == value)).first()


def _completed(new: Mapping[str, Any], old: RowMapping) -> dict[str, Any]:
    """The new row, with what only the old one says; a retraction is never taken back."""
    kept = {name: old[name] for name, value in new.items() if value in (None, [])}
    return {**new, **kept, "retracted": new["retracted"] or old["retracted"]}
