"""Routes: the calls of the API, a module per area."""
