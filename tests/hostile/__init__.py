"""Hostile input by the thousand: real samples, spoiled by chance, at every way in; `python -m tests.hostile`."""
