"""API keys: made once, shown once, kept as a digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import get_args

from sqlmodel import Session, col, select

from store.base.enums import Scope
from store.base.run_tables import ApiKeyRow

PREFIX = "muster"
"""Begins every key, so that a key in the wrong place is recognised by scanners and people."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
EVERY_CUSTOMER = "*"


def new_key(
    session: Session,
    customers: Collection[str],
    scopes: Collection[Scope],
    created_at: datetime,
    label: str = "",
) -> tuple[str, ApiKeyRow]:
    """Make a key; the text returned is to be shown now and is never known again.

    ``customers`` are ids, or `*` for all. Raises ValueError for no customer, no scope or an unknown scope.
    """
    if not customers:
        raise ValueError("A key opens no customer; wanted at least one id, or * for all.")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ValueError(f"A key needs scopes out of {', '.join(SCOPES)}.")
    key_id = secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    row = ApiKeyRow(
        id=key_id,
        label=label,
        digest=_digest(secret),
        customers=sorted(set(customers)),
        scopes=[scope for scope in SCOPES if scope in scopes],
        created_at=created_at,
    )
    session.add(row)
    session.flush()
    return f"{PREFIX}_{key_id}_{secret}", row


def find_key(session: Session, presented: str) -> ApiKeyRow | None:
    """The key that somebody presents, None when there is none or it was revoked."""
    prefix, _, rest = presented.partition("_")
    key_id, _, secret = rest.partition("_")
    row = session.get(ApiKeyRow, key_id) if prefix == PREFIX and key_id.isalnum() else None
    known = row.digest if row is not None else _digest("")
    same = hmac.compare_digest(known, _digest(secret))
    return row if row is not None and same and row.revoked_at is None else None


def revoke_key(session: Session, key_id: str, revoked_at: datetime) -> bool:
    """Revoke a key; False when there is none of that id. Revoking twice keeps the first time."""
    row = session.get(ApiKeyRow, key_id)
    if row is None:
        return False
    row.revoked_at = row.revoked_at or revoked_at
    session.add(row)
    return True


def keys(session: Session) -> Sequence[ApiKeyRow]:
    """Every key, newest first, the revoked too."""
    return session.exec(select(ApiKeyRow).order_by(col(ApiKeyRow.created_at).desc(), col(ApiKeyRow.id))).all()


def _digest(secret: str) -> bytes:
    # The secret is 32 random bytes: nothing to guess, so that a slow hash would only slow each request.
    return hashlib.sha256(secret.encode()).digest()
