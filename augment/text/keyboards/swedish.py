"""Swedish and Finnish."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuiopå", "asdfghjklöä", " zxcvbnm"),)
