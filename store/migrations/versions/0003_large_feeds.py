"""What large feeds and histories are read by: an index for each order, and a note of how a customer stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_FLAGGED = sa.text("verdict = 'flag'")
_BY_HAND = sa.text("at IS NOT NULL")


def upgrade() -> None:
    """Indexes and a table. The first run, settlement or purge after it writes the note."""
    op.create_table(
        "standing",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column("verdicts", sa.JSON(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("customer"),
    )
    for name, columns in (
        ("record_frees", ["customer", "waiting", "verdict_at", "id"]),
        ("record_soon", ["customer", "matters_at", "id"]),
    ):
        op.create_index(name, "record", columns, sqlite_where=_FLAGGED, postgresql_where=_FLAGGED)
    op.create_index("record_standing", "record", ["customer", "left_at", "kind", "verdict"])
    op.drop_index("change_of_run", "change")
    op.create_index("change_of_run", "change", ["run_id", "record_id"])
    op.create_index(
        "change_of_run_by_hand",
        "change",
        ["run_id", "record_id"],
        sqlite_where=_BY_HAND,
        postgresql_where=_BY_HAND,
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_index("change_of_run_by_hand", "change")
    op.drop_index("change_of_run", "change")
    op.create_index("change_of_run", "change", ["run_id", "id"])
    for name in ("record_standing", "record_soon", "record_frees"):
        op.drop_index(name, "record")
    op.drop_table("standing")
