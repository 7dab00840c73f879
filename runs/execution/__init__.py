"""One pass, top-down: fetch, load, decide, persist."""
