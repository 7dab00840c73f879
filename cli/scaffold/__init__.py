"""Writes the frame of a new rule, customer or connector, so that the author only fills it."""
