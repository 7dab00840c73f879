"""Apprenticeship contracts in the shape that Campus Skills takes."""
