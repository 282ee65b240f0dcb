"""What becomes of a text's labels."""
