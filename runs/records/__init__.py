"""What a run makes of records over time: absent, archived, on their way up, seen by the platform."""
