"""Spanish."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuiop", "asdfghjklñ ç", " zxcvbnm"),)
