"""What `muster check` looks at beyond one rule's form: examples, messages, languages."""
