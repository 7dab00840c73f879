"""Reading what a system gave: files and their tables, times, roles, ids, parts, and the door to records."""
