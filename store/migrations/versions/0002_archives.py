"""What runs remember of archived sheets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table for archived sheets."""
    op.create_table(
        "archive",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("sheet_id", sa.String(), nullable=False),
        sa.Column("first_archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times_archived", sa.Integer(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("attendance", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("customer", "sheet_id"),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("archive")
