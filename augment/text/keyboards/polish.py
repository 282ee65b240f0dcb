"""Polish for programmers: the letters with marks are with AltGr on those without."""

DEFAULT = False
LAYERS = (
    (" 1234567890", "qwertyuiop", "asdfghjkl", " zxcvbnm"),
    ("", "  ę     ó", "ąś      ł", " żźć  ń"),
)
