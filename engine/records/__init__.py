"""What a record is: one typed struct a kind, and how raw objects become records or are told apart as unreadable."""
