"""What became of records: left out for now or for good, waiting for others; and the accounts that they belong to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_WORDS = {"sync": "synced", "skip": "left_out", "flag": "to_fix"}
_NEW = ("later", "waiting", "related")
_RUN = sa.table("run", sa.column("id"), sa.column("counts", sa.JSON()))


def upgrade() -> None:
    """Two columns, which the next run fills in. Of what earlier runs counted, what was told apart since is not known:
    all that was skipped counts as left out, all that was flagged as to fix."""
    op.add_column("record", sa.Column("later", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("record", sa.Column("segments", sa.String(), nullable=False, server_default=""))
    _index(["customer", "left_at", "kind", "verdict", "later", "folded", "not_received_since"])
    _note("records")
    for number, counts in op.get_bind().execute(sa.select(_RUN.c.id, _RUN.c.counts)).all():
        if counts:
            op.execute(sa.update(_RUN).where(_RUN.c.id == number).values(counts=_renamed(counts)))


def downgrade() -> None:
    """Undo it."""
    for number, counts in op.get_bind().execute(sa.select(_RUN.c.id, _RUN.c.counts)).all():
        if counts:
            op.execute(sa.update(_RUN).where(_RUN.c.id == number).values(counts=_as_before(counts)))
    _note("verdicts")
    _index(["customer", "left_at", "kind", "verdict"])
    op.drop_column("record", "segments")
    op.drop_column("record", "later")


def _index(columns: list[str]) -> None:
    op.drop_index("record_standing", "record")
    op.create_index("record_standing", "record", columns)


def _note(first: str) -> None:
    """The table of notes anew: it is counted again when something is next written, and until then when it is read."""
    op.drop_table("standing")
    op.create_table(
        "standing",
        sa.Column("customer", sa.String(), nullable=False),
        sa.Column(first, sa.JSON(), nullable=False),
        sa.Column("issues", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("customer"),
    )


def _renamed(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind, before in counts.items():
        known = {new: before.get(old, 0) for old, new in _WORDS.items()}
        received = before.get("received", 0)
        related = received - sum(known.values())
        found[kind] = {"received": received, **known, **dict.fromkeys(_NEW, 0), "related": related}
    return found


def _as_before(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {
        kind: {
            "received": of.get("received", 0),
            "sync": of.get("synced", 0),
            "skip": of.get("left_out", 0) + of.get("later", 0),
            "flag": of.get("to_fix", 0) + of.get("waiting", 0),
        }
        for kind, of in counts.items()
    }
