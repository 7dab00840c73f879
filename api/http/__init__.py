"""HTTP itself: who may ask, bodies and their limits, problems, logs, languages."""
