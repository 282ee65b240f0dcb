"""Tables whose rows are the samples: which files there are, how each is laid out, and one row fetched again."""
