"""Muster's own files of records."""
