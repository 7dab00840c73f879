"""Remembers: tables, named queries, writes and migrations. No deciding and no wording here."""
