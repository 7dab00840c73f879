"""Taking data away: one person's on request, and what is older than may be kept."""
