"""French, as it has been on boards for Windows."""

DEFAULT = False
LAYERS = (("  é    è çà", "azertyuiop", "qsdfghjklmù", " wxcvbn"),)
