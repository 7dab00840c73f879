"""What several routes and pages answer alike: the rulebook, the feed as CSV, words."""
