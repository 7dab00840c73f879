"""Decides: records and a rulebook in, decisions out. No HTTP, no SQL, no clock."""
