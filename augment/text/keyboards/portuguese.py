"""Portuguese, of Portugal and, as to letters, of Brazil (ABNT2)."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuiop", "asdfghjklç", " zxcvbnm"),)
