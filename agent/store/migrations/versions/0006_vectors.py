"""Vectors of texts, so that none is computed twice."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "vector",
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("text", sa.LargeBinary, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("vector_day", "vector", ["day"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("vector")
