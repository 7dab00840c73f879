"""What is known of records before a run decides, asked for in bulk: by key, by digest, or all of a customer."""
