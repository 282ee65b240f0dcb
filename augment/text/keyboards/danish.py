"""Danish."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuiopå", "asdfghjklæø", " zxcvbnm"),)
