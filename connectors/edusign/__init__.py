"""Edusign, as a platform."""
