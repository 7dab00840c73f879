"""What the store stands on: the database, its tables, the words they take and the cursors that page through them."""
