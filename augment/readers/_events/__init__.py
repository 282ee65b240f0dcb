"""Timed labels: where they are, whose they are, what they say."""
