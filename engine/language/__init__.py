"""Words for people: conditions as sentences, messages rendered from templates and facts."""
