"""What a run could not read as data: before, it was an English sentence and what that asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_RECOVERIES = {
    "try again later": "unavailable",
    "a person must act": "refused",
    "report it: the connector does not know this answer": "garbled",
}
_RUN = sa.table("run", sa.column("id"), sa.column("failures", sa.JSON()), sa.column("error"), sa.column("recovery"))


def upgrade() -> None:
    """A column for failures; a sentence that stands is kept as one."""
    op.add_column("run", sa.Column("failures", sa.JSON(), nullable=False, server_default="[]"))
    for number, error, recovery in (
        op.get_bind()
        .execute(sa.select(_RUN.c.id, _RUN.c.error, _RUN.c.recovery).where(_RUN.c.error.is_not(None)))
        .all()
    ):
        failure = {"code": "said", "recovery": _RECOVERIES.get(recovery), "values": {"said": error}}
        op.execute(sa.update(_RUN).where(_RUN.c.id == number).values(failures=[failure]))
    op.drop_column("run", "error")
    op.drop_column("run", "recovery")


def downgrade() -> None:
    """Undo it. Of failures that are data the code is kept."""
    for name in ("error", "recovery"):
        op.add_column("run", sa.Column(name, sa.String(), nullable=True))
    for number, failures in op.get_bind().execute(sa.select(_RUN.c.id, _RUN.c.failures)).all():
        if failures:
            first = failures[0]
            error = first.get("values", {}).get("said", first["code"])
            op.execute(sa.update(_RUN).where(_RUN.c.id == number).values(error=error))
    op.drop_column("run", "failures")
