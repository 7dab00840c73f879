"""Ids for what a source gives no fit id: a keyed hash, so that no name or address ever stands in an id or a URL."""

from __future__ import annotations

import hashlib

from engine.records.folding import normal


def hashed(key: bytes, *natural: str) -> str:
    """A stable id of a natural key such as (name, birth date): 20 letters and digits, blind to case and spaces.

    The key is `MUSTER_ID_KEY`, else the customer's id: with a secret key the hash cannot be searched for.
    """
    folded = "\x1f".join(" ".join(normal("NFKC", part).casefold().split()) for part in natural)
    return "h" + hashlib.blake2b(folded.encode(), key=key[:64], digest_size=10).hexdigest()[:19]


def fit(key: bytes, source_id: str) -> str:
    """The source's id, or its hash where the source uses an email address for one."""
    return hashed(key, source_id) if "@" in source_id else source_id
