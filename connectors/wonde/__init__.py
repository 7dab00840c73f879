"""Wonde, which stands between a school's information system and whoever reads it."""
