"""Hyperplanning by its CSV exports."""
