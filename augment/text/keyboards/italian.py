"""Italian."""

DEFAULT = False
LAYERS = ((" 1234567890 ì", "qwertyuiopè", "asdfghjklòàù", " zxcvbnm"),)
