"""Images: decode, steps, encode."""
