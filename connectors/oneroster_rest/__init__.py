"""OneRoster rosters by REST."""
