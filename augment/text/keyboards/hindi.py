"""Hindi, InScript (IS 13194): consonants, and with Shift the aspirated ones and the vowels that stand alone."""

DEFAULT = True
LAYERS = (
    ("", "     बहगदजड", "     परकतचट", "   मनवलस  य"),
    ("", "औऐआईऊभङघधझढञऑ", "ओएअइउफऱखथछठ", "   णऩऴळशष"),
)
