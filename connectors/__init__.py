"""Reads a source or a platform and renames what it says into records. Decides nothing."""
