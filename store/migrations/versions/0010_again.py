"""What runs decide again, and the keys by which enrolments and contracts are found for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.lookup.later_keys import delete_later_keys, write_later_keys

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEYS = {"enrolment": "person", "contract": "learner"}


def upgrade() -> None:
    """A column, and a key for the person of each enrolment and contract: one that does not change has none else."""
    op.add_column("run", sa.Column("again", sa.JSON(), nullable=False, server_default="{}"))
    write_later_keys(op.get_bind(), _KEYS)


def downgrade() -> None:
    """Undo it."""
    delete_later_keys(op.get_bind(), _KEYS)
    op.drop_column("run", "again")
