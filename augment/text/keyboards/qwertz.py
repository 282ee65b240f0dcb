"""German and Austrian (DIN 2137)."""

DEFAULT = False
LAYERS = ((" 1234567890ß", "qwertzuiopü", "asdfghjklöä", " yxcvbnm"),)
