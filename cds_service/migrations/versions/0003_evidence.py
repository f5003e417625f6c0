"""The evidence store: papers with full-text search, searches, and the questions that they belong to."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SQLITE = (
    (
        "CREATE VIRTUAL TABLE paper_words USING fts5("
        "words, content='paper', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')"
    ),
    (
        "CREATE TRIGGER paper_inserted AFTER INSERT ON paper BEGIN "
        "INSERT INTO paper_words(rowid, words) VALUES (new.id, new.words); END"
    ),
    (
        "CREATE TRIGGER paper_deleted AFTER DELETE ON paper BEGIN "
        "INSERT INTO paper_words(paper_words, rowid, words) VALUES ('delete', old.id, old.words); END"
    ),
    (
        "CREATE TRIGGER paper_updated AFTER UPDATE ON paper BEGIN "
        "INSERT INTO paper_words(paper_words, rowid, words) VALUES ('delete', old.id, old.words); "
        "INSERT INTO paper_words(rowid, words) VALUES (new.id, new.words); END"
    ),
)
POSTGRESQL = (
    (
        "ALTER TABLE paper ADD COLUMN words_vector tsvector "
        "GENERATED ALWAYS AS (to_tsvector('english', words)) STORED"
    ),
    "CREATE INDEX paper_words_vector ON paper USING gin (words_vector)",
)


def upgrade() -> None:
    """Create the tables and their full-text index; widen the worker and the consultation."""
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pmid", sa.Text, unique=True),
        sa.Column("doi", sa.Text, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("abstract", sa.JSON, nullable=False),
        sa.Column("journal", sa.Text),
        sa.Column("year", sa.Integer),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("publication_types", sa.JSON, nullable=False),
        sa.Column("mesh", sa.JSON, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("retracted", sa.Boolean, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "evidence_question",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("procedure", sa.String(128), nullable=False),
        sa.Column("synonyms", sa.JSON, nullable=False),
        sa.Column("related", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("searched_on", sa.Date),
        sa.Column("found", sa.JSON),
        sa.Column("retracted", sa.Integer),
    )
    op.create_table(
        "literature_search",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("question", sa.String(64), sa.ForeignKey("evidence_question.key"), nullable=False),
        sa.Column("searched_on", sa.Date, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("translation", sa.Text),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("ids", sa.JSON, nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.UniqueConstraint("question", "searched_on", "place"),
    )
    version = op.create_table(
        "evidence_version",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.bulk_insert(version, [{"id": 1, "version": 0}])
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
    op.add_column("worker", sa.Column("searches_paused_until", sa.DateTime(timezone=True)))
    op.add_column("consult", sa.Column("papers", sa.JSON))


def downgrade() -> None:
    """Drop the tables and the columns."""
    op.drop_column("consult", "papers")
    op.drop_column("worker", "searches_paused_until")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE paper_words")
    for table in ("evidence_version", "literature_search", "evidence_question", "paper"):
        op.drop_table(table)
