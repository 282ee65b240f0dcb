"""English, US and UK, and what is typed on their boards elsewhere."""

DEFAULT = True
LAYERS = ((" 1234567890", "qwertyuiop", "asdfghjkl", " zxcvbnm"),)
