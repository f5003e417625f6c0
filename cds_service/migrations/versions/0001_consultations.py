"""Consultations with their cards, and what became of the cards."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the two tables."""
    op.create_table(
        "consult",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("consult_id", sa.String(45), nullable=False, index=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hook", sa.String(32), nullable=False),
        sa.Column("hook_instance", sa.String(256), nullable=False),
        sa.Column("order_hash", sa.String(64), nullable=False),
        sa.Column("procedure", sa.String(128), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("rating", sa.String(32)),
        sa.Column("topic", sa.String(64)),
        sa.Column("variant", sa.String(64)),
        sa.Column("criteria_version", sa.String(32), nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("card", sa.String(36), unique=True),
    )
    op.create_table(
        "feedback",
        sa.Column("card", sa.String(256), primary_key=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("accepted_suggestions", sa.String(4096)),
        sa.Column("reason_system", sa.String(256)),
        sa.Column("reason_code", sa.String(256)),
        sa.Column("commented", sa.Boolean, nullable=False),
        sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop the two tables."""
    for table in ("feedback", "consult"):
        op.drop_table(table)
