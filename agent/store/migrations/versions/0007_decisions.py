"""What the analyst found, what was decided about it, and what was sent to whom."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "analysis",
        _number(),
        _real("at"),
        _real("start", nullable=True),
        _real("end", nullable=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        _real("seconds"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("analysis_at", "analysis", ["at"])
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("status", "why", "who")),
        _real("changed_at"),
        _real("until", nullable=True),
        _real("first_at"),
        _real("seen_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "recommendation_change",
        _number(),
        sa.Column("recommendation", sa.Text, nullable=False),
        _real("at"),
        sa.Column("status", sa.Text),
        sa.Column("was", sa.Text),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("undone", sa.Boolean, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("recommendation_change_of", "recommendation_change", ["recommendation", "id"])
    op.create_table(
        "digest",
        sa.Column("period", sa.Text, primary_key=True),
        sa.Column("start", sa.Float, primary_key=True),
        _real("made_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("about", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        _real("next_at"),
        _real("sent_at", nullable=True),
        sa.Column("owner", sa.Text),
        sa.Column("error", sa.Text),
    )
    op.create_index("delivery_due", "delivery", ["state", "next_at"])
    op.create_table(
        "lease",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        _real("until"),
    )


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", kind, primary_key=True, autoincrement=True)


def _real(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=nullable)


def downgrade() -> None:
    """Drop them."""
    for table in ("lease", "delivery", "digest", "recommendation_change", "recommendation", "analysis"):
        op.drop_table(table)
