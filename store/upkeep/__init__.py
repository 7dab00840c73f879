"""What takes data away or elsewhere: retention, forgetting a person, copying the whole."""
