"""From YAML nodes to the model, one module a part of a rule file."""
