"""Judgements: what the owner said about pairs of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "judgement",
        sa.Column("key", sa.LargeBinary, primary_key=True, nullable=False),
        sa.Column("same", sa.Boolean, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("app", sa.Text),
        sa.Column("compared", sa.Boolean),
        sa.Column("compared_by", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("judgement")
