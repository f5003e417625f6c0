"""Topics of imported guidelines, whose ids are made of whole titles, are kept whole."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the limit from the column; SQLite counts no characters."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("consult", "topic", type_=sa.Text)


def downgrade() -> None:
    """Leave the column as wide as it is, for its content may need that."""
