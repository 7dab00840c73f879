"""What health is told from: who asked for a run, the newest runs by their end, and the files of a rulebook in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three columns and an index; of what ran before nobody knows who asked for it."""
    op.add_column("run", sa.Column("asked_by", sa.String(), nullable=False, server_default=""))
    op.create_index("run_by_end", "run", ["customer", "direction", "status", "complete", "id"])
    op.add_column("rulebook", sa.Column("files", sa.LargeBinary(), nullable=True))
    op.add_column("rulebook", sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("rulebook", "in_force_at")
    op.drop_column("rulebook", "files")
    op.drop_index("run_by_end", "run")
    op.drop_column("run", "asked_by")
