"""From YAML to a rulebook, with every problem at its place: read, parsed, layered, checked; and the editors' schema."""
