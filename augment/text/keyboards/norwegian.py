"""Norwegian."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuiopå", "asdfghjkløæ", " zxcvbnm"),)
