"""Reviews by the language model, the worker that does them, and whose opinion a consultation gave."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

OPINION = (
    sa.Column("opinion", sa.String(32)),
    sa.Column("opinion_by", sa.String(32)),
    sa.Column("confidence", sa.Float),
    sa.Column("rater", sa.String(64)),
    sa.Column("model", sa.String(256)),
    sa.Column("adapter", sa.String(256)),
    sa.Column("prompt", sa.String(64)),
    sa.Column("evidence", sa.String(10)),
    sa.Column("seed", sa.Integer),
)


def upgrade() -> None:
    """Create the two tables and widen the consultation."""
    op.create_table(
        "review",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("order_key", sa.String(64), nullable=False, index=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("work", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True)),
        sa.Column("usual_seconds", sa.Float),
    )
    for column in OPINION:
        op.add_column("consult", column)


def downgrade() -> None:
    """Drop the tables and the columns."""
    for column in reversed(OPINION):
        op.drop_column("consult", column.name)
    for table in ("worker", "review"):
        op.drop_table(table)
