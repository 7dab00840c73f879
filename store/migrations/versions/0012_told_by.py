"""Who told what became of a record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column; of what was told before nobody knows by whom."""
    op.add_column("outcome", sa.Column("told_by", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("outcome", "told_by")
