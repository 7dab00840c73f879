"""The nouns of a run: what was found, what is answered, what can go wrong. Data only."""
