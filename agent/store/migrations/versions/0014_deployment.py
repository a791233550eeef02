"""A name for each database."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the table and its row."""
    made = op.create_table("deployment", sa.Column("id", sa.Text, primary_key=True))
    op.bulk_insert(made, [{"id": uuid4().hex}])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("deployment")
