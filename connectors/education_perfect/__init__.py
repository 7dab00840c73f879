"""Education Perfect, as a platform, and the issues it reports."""
