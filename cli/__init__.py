"""The `muster` command: puts the terminal together."""
