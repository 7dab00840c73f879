"""The commands, one module each. Importing one loads nothing heavier than typer: each imports what it runs on."""
