"""The nouns that everything else speaks of: conditions, rulebooks, decisions, problems, moments. Data only."""
