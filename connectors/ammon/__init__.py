"""Ammon, by a column map; nothing of it is public."""
