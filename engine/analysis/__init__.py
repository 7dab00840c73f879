"""What a rulebook means before any record is seen: what it reads, what it is given, which rule waits for which."""
