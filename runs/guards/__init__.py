"""Looks at what a run is about to write, as a whole, and holds it back before it does harm."""
