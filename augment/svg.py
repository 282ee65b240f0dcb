"""SVG as an image of an HTML page."""

from __future__ import annotations

from urllib.parse import quote

SAFE = " ='/:;,+()@!*~?.-_"
"""Characters that a data URI in double quotes holds as they are; those of base64 among them."""


def image(inside: str, size: tuple[int, int], units: tuple[int, int], name: str) -> str:
    """An ``<img>`` with SVG in it, which tools leave where they take SVG itself out of pages that they don't trust.

    Nothing of the page reaches into it, neither style nor colour.

    Args:
        inside: The elements of the SVG.
        size: Width and height on the page, CSS pixels.
        units: Width and height in the SVG's own units, stretched to that size.
        name: Its class in the page.
    """
    place = f'width="{size[0]}" height="{size[1]}"'
    box = f'viewBox="0 0 {units[0]} {units[1]}" preserveAspectRatio="none"'
    drawn = f'<svg xmlns="http://www.w3.org/2000/svg" {place} {box}>{inside}</svg>'
    return f'<img class="{name}" src="data:image/svg+xml,{quote(drawn, safe=SAFE)}" alt="" {place}>'
