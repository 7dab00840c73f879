"""Questions about what is stored, answered in the reader's words: feed, history, explanation, impact."""
