"""Campus Skills, as a platform."""
