"""Bytes in: one module a layout, found by its name."""
