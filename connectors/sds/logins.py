"""User names: which are addresses, and ids that are addresses."""

from __future__ import annotations

from msgspec import Struct

from connectors.reading.ids import fit


class Logins(Struct, frozen=True):
    """How this customer's user names and ids are read."""

    id_key: bytes
    email_domain: str | None

    def email(self, written: str, username: str) -> str:
        """The address: the one written, else the user name that is one, or that the configured domain makes one."""
        if written or "@" in username or not username:
            return written or username
        return f"{username}@{self.email_domain.lstrip('@')}" if self.email_domain else ""

    def id(self, written: str) -> str:
        """The id; its hash where it is an address."""
        return fit(self.id_key, written)
