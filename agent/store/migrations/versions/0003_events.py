"""Events: raised once, resolved by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("raised_at", sa.Float, nullable=False),
        sa.Column("resolved_at", sa.Float),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    still_open = sa.text("resolved_at IS NULL")
    op.create_index(
        "event_open",
        "event",
        ["kind", "subject"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("event")
