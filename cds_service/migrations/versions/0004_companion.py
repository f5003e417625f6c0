"""What companion pages show beyond the consultations, and the key that signs the links to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the two tables; make room for the version of a library with an imported one beside it."""
    op.create_table(
        "companion_page",
        sa.Column("card", sa.String(36), primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    op.create_table(
        "companion_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite counts no characters
        op.alter_column("consult", "criteria_version", type_=sa.String(64))


def downgrade() -> None:
    """Drop the tables; the column stays as wide as it is, for its content may need that."""
    for table in ("companion_key", "companion_page"):
        op.drop_table(table)
