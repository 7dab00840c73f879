"""Microsoft School Data Sync rosters as CSV."""
