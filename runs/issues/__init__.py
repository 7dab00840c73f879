"""The life of an issue: opened, followed, folded under its cause, settled by hand, closed with the reason."""
