"""The tables of the evidence store.

Papers are public. A question holds the words of our own tables, or the allow-listed words of an order where
no table knows them (`model/evidence/question.py`); nothing else of a case is kept. `words` is what full-text
search looks through; its index is made by the migration, in the manner of each database.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cds_service.consults import metadata

paper: Final = Table(
    "paper",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pmid", Text, unique=True),
    Column("doi", Text, unique=True),
    Column("title", Text, nullable=False),
    Column("abstract", JSON, nullable=False),
    Column("journal", Text),
    Column("year", Integer),
    Column("authors", JSON, nullable=False),
    Column("publication_types", JSON, nullable=False),
    Column("mesh", JSON, nullable=False),
    Column("language", Text),
    Column("retracted", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    Column("fetched_at", DateTime(timezone=True), nullable=False),
)
evidence_question: Final = Table(
    "evidence_question",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("condition", Text, nullable=False),
    Column("procedure", String(128), nullable=False),
    Column("synonyms", JSON, nullable=False),
    Column("related", JSON, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("began_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("searched_on", Date),
    Column("found", JSON),
    Column("retracted", Integer),
)
literature_search: Final = Table(
    "literature_search",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("question", ForeignKey(evidence_question.c.key), nullable=False),
    Column("searched_on", Date, nullable=False),
    Column("place", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("query", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("translation", Text),
    Column("total", Integer, nullable=False),
    Column("ids", JSON, nullable=False),
    Column("notes", JSON, nullable=False),
    UniqueConstraint("question", "searched_on", "place"),
)
evidence_version: Final = Table(
    "evidence_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""One row, counted up by whoever writes evidence: writers take turns at it, readers see what is new."""
