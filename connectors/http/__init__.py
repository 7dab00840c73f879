"""Asking a system over HTTP: one client, who it says it is, how long it waits, and where it may not go."""
