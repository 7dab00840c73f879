"""What the platform has not followed: a mark on its records, by which the feed finds them beside the flagged ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("record_frees", ["customer", "waiting", "verdict_at", "id"]),
    ("record_soon", ["customer", "matters_at", "id"]),
)
_NEWEST = ("record_newest", ["customer", "verdict_at", "id"])


def upgrade() -> None:
    """A column, and the feed's indexes on what it says too."""
    op.add_column("record", sa.Column("unfollowed", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name, columns in (*_INDEXES, _NEWEST):
        if name != _NEWEST[0]:
            op.drop_index(name, "record")
        op.create_index(
            name,
            "record",
            columns,
            sqlite_where=sa.text("verdict = 'flag' OR unfollowed IS 1"),
            postgresql_where=sa.text("verdict = 'flag' OR unfollowed IS true"),
        )


def downgrade() -> None:
    """Undo it."""
    op.drop_index(_NEWEST[0], "record")
    flagged = sa.text("verdict = 'flag'")
    for name, columns in _INDEXES:
        op.drop_index(name, "record")
        op.create_index(name, "record", columns, sqlite_where=flagged, postgresql_where=flagged)
    op.drop_column("record", "unfollowed")
