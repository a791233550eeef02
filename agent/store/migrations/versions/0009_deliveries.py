"""A delivery knows which message it goes with, so that a try that is repeated sends the same one, and since when it waits."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add two columns; nothing was ever delivered before them."""
    op.add_column("delivery", sa.Column("message", sa.Text))
    op.add_column("delivery", sa.Column("queued_at", sa.Float, nullable=False, server_default="0"))
