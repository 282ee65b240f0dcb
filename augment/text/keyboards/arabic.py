"""Arabic (101); the key that gives two letters, lam and alif, is left out."""

DEFAULT = True
LAYERS = (("ذ1234567890", "ضصثقفغعهخحجد", "شسيبلاتنمكط", " ئءؤر ىةوزظ"),)
