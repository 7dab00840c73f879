"""What pages, routes and commands ask by name: feed, history, runs, held ones, sheets to enter, rulebooks, keys."""
