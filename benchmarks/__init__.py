"""Measured, never asserted on time: Muster against named rivals in the same run, as ratios."""
