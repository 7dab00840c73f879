"""What a run makes of records over time: absent, archived, on their way up, on the platform, not there, refused."""
