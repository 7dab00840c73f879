"""What a run writes of records, issues and their causes, and how a customer stands after it."""
