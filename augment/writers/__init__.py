"""Bytes out: one module a format, found by its name."""
