"""Who made accounts and sheets on the platform, so that they can be asked for by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.lookup import fingerprints

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_RECORD = sa.table("record", *(sa.column(name) for name in ("id", "kind", "data", "created_by")))
_AT_ONCE = 2_000


def upgrade() -> None:
    """A column with its index, filled in from the records: one that does not change is not written again."""
    op.add_column("record", sa.Column("created_by", sa.String(), nullable=True))
    connection = op.get_bind()
    fill = sa.update(_RECORD).where(_RECORD.c.id == sa.bindparam("of")).values(created_by=sa.bindparam("by"))
    wanted = sa.select(_RECORD.c.id, _RECORD.c.data).order_by(_RECORD.c.id).limit(_AT_ONCE)
    wanted = wanted.where(_RECORD.c.kind.in_(("account", "sheet")), _RECORD.c.data.is_not(None))
    last = 0
    while rows := connection.execute(wanted.where(_RECORD.c.id > last)).all():
        found = [{"of": row.id, "by": getattr(fingerprints.read(row.data), "created_by", None)} for row in rows]
        if told := [one for one in found if one["by"] is not None]:
            connection.execute(fill, told)
        last = rows[-1].id
    there = sa.text("created_by IS NOT NULL")
    columns = ["customer", "created_by", "verdict_at", "id"]
    op.create_index("record_creator", "record", columns, sqlite_where=there, postgresql_where=there)


def downgrade() -> None:
    """Undo it."""
    op.drop_index("record_creator", "record")
    op.drop_column("record", "created_by")
