"""What stands around a record: which records a relation leads to, how they are joined, merged and looked up."""
