"""Ypareo, as a source."""
