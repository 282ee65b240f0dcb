"""Tables of boxes: their columns, rows, index and items."""
