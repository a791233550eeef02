"""The first schema: offsets, summaries, identities, calls, texts, rejects, incidents, revision."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "source_offset",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("topic_id", sa.Text),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "summary",
        sa.Column("analyzer", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hour", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "seen",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("observer", sa.BigInteger, nullable=False),
        sa.Column("observation", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "call",
        sa.Column("id", _serial, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("record", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("call_at", "call", ["at"])
    op.create_table(
        "segment",
        sa.Column("id", _serial, primary_key=True, autoincrement=True),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("segment_day", "segment", ["day"])
    op.create_table(
        "reject",
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("element", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("excerpt", sa.LargeBinary, nullable=False),
    )
    op.create_index("reject_at", "reject", ["at"])
    op.create_table(
        "incident",
        sa.Column("id", _serial, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("part", sa.Integer),
        sa.Column("start", sa.BigInteger),
        sa.Column("end", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False),
    )
    revision = op.create_table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.bulk_insert(revision, [{"id": 1, "number": 0, "at": 0.0}])
    if op.get_bind().dialect.name == "postgresql":
        # Segments arrive compressed; the server's own compression would only cost time.
        op.execute("ALTER TABLE segment ALTER COLUMN body SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("revision", "incident", "reject", "segment", "call", "seen", "summary", "source_offset"):
        op.drop_table(table)
