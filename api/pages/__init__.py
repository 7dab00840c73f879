"""Pages: the feed as people read it, rendered on the server and whole without script."""
