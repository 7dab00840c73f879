"""Deciding: conditions bound to a rulebook, matched by durable-rules, weighed into a verdict."""
