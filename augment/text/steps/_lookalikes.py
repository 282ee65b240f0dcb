"""Letters of different scripts that look alike, after the confusables of Unicode Technical Standard 39.

A subset, chosen by hand, of https://www.unicode.org/Public/security/latest/confusables.txt: letters of Latin, Greek,
Cyrillic and Armenian, and the full-width forms of ASCII. That file is © Unicode, Inc., under this licence:

    UNICODE LICENSE V3. COPYRIGHT AND PERMISSION NOTICE. Copyright © 1991-2025 Unicode, Inc. NOTICE TO USER: Carefully
    read the following legal agreement. BY DOWNLOADING, INSTALLING, COPYING OR OTHERWISE USING DATA FILES, AND/OR
    SOFTWARE, YOU UNEQUIVOCALLY ACCEPT, AND AGREE TO BE BOUND BY, ALL OF THE TERMS AND CONDITIONS OF THIS AGREEMENT.
    IF YOU DO NOT AGREE, DO NOT DOWNLOAD, INSTALL, COPY, DISTRIBUTE OR USE THE DATA FILES OR SOFTWARE.

    Permission is hereby granted, free of charge, to any person obtaining a copy of data files and any associated
    documentation (the "Data Files") or software and any associated documentation (the "Software") to deal in the Data
    Files or Software without restriction, including without limitation the rights to use, copy, modify, merge,
    publish, distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom the Data
    Files or Software are furnished to do so, provided that either (a) this copyright and permission notice appear
    with all copies of the Data Files or Software, or (b) this copyright and permission notice appear in associated
    Documentation.

    THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
    NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD
    PARTY RIGHTS.

    IN NO EVENT SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL
    INDIRECT OR CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER
    IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
    PERFORMANCE OF THE DATA FILES OR SOFTWARE.

    Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise
    to promote the sale, use or other dealings in these Data Files or Software without prior written authorization of
    the copyright holder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache

GROUPS = (
    "AΑА", "BΒВ", "CϹС", "EΕЕ", "FϜ", "GԌ", "HΗН", "lIΙІӀ", "JͿЈ", "KΚК", "MΜМ", "NΝ", "OΟОՕ", "PΡР", "SЅՏ", "TΤТ",
    "UՍ", "VѴ", "WԜ", "XΧХ", "YΥУҮ", "ZΖ", "aαа", "bЬ", "cϲс", "dԁ", "eеҽ", "fք", "gց", "hһհ", "iιі", "jϳј", "nո",
    "oοоօ", "pρр", "qԛզ", "rг", "sѕ", "uυս", "vνѵ", "wѡԝա", "xх", "yγуү", "ΓГ", "ΠП", "ΦФ", "ΨѰ", "ĸκк", "πп", "ψѱ",
    "ßβ", "þϸ", "əә", "ƏӘ", "ɸφф",
)  # fmt: skip
"""Each looks like each other."""

SCRIPTS: Mapping[str, tuple[str, str]] = {
    "latin": ("\0", "\u024f"),
    "greek": ("\u0370", "\u03ff"),
    "cyrillic": ("\u0400", "\u052f"),
    "armenian": ("\u0530", "\u058f"),
    "fullwidth": ("\uff01", "\uff5e"),
}
"""Name in recipes -> first and last character of it that stands here."""

_WIDE = 0xFEE0
"""From ASCII to the full-width forms."""


@cache
def lookalikes(scripts: Collection[str]) -> Mapping[str, str]:
    """Character -> those that look like it in the scripts named, where there are any; ``scripts`` must hash."""
    found: dict[str, list[str]] = {}
    for group in GROUPS:
        for char in group:
            found[char] = [other for other in group if other != char]
    for code in range(0x21, 0x7F):
        found.setdefault(chr(code), []).append(chr(code + _WIDE))
        found[chr(code + _WIDE)] = [chr(code)]
    bounds = [SCRIPTS[name] for name in SCRIPTS if name in scripts]
    kept = {
        char: "".join(other for other in others if any(first <= other <= last for first, last in bounds))
        for char, others in found.items()
    }
    return {char: others for char, others in kept.items() if others}
