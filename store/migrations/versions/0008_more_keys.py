"""Keys by which accounts are found by name, of what is stored already."""

from __future__ import annotations

from alembic import op

from store.lookup.later_keys import delete_later_keys, write_later_keys

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_KEYS = {"account": "name"}


def upgrade() -> None:
    """Write them: a record that does not change any more would else never get its own."""
    write_later_keys(op.get_bind(), _KEYS)


def downgrade() -> None:
    """Take them away."""
    delete_later_keys(op.get_bind(), _KEYS)
