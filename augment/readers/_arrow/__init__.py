"""What Hugging Face's datasets write with ``save_to_disk``: where its tables are, and their rows."""
