"""OneRoster rosters as CSV."""
