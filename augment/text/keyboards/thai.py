"""Thai, Kedmanee (TIS 820): what stands on the line; marks above and below go with their letters."""

DEFAULT = True
LAYERS = (
    ("    ภถ  คตจขช", " ไ พะ  รนยบล", "ฟหกดเ  าสวง", " ผปแอ  ทมใฝ"),
    ("", "  ฎฑธ  ณ ญฐ", "ฤฆฏโฌ  ษศซ", "   ฉฮ   ฒฬฦ"),
)
