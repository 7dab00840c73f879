"""Any system, by a configured column map."""
