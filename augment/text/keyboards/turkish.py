"""Turkish Q: dotless ı where others have i."""

DEFAULT = False
LAYERS = ((" 1234567890", "qwertyuıopğü", "asdfghjklşi", " zxcvbnmöç"),)
UPPER = {"i": "İ", "ı": "I"}
"""Capitals that ``str.upper`` does not know."""
