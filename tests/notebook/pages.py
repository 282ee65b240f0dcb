"""What is in a page of ``augment.show``."""

from __future__ import annotations

import base64
import io
import re
import wave
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import numpy as np
from PIL import Image

VOID = {"br", "img", "image", "rect", "circle", "polygon", "meta"}


class Texts(HTMLParser):
    """The texts of a page, each with the tags that it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, tuple[str, ...]]] = []
        self.feed(unwrapped(page))
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((data, tuple(self.open)))

    def without(self, *tags: str) -> str:
        return "".join(text for text, inside in self.texts if not set(tags) & set(inside))

    def within(self, tag: str) -> list[str]:
        return [text for text, inside in self.texts if tag in inside]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def unwrapped(page: str) -> str:
    """A page with what its SVG images draw in their place."""
    return re.sub(r'<img class="\w+" src="data:image/svg\+xml,([^"]+)"[^>]*>', lambda found: unquote(found[1]), page)


def pictures(page: str) -> list[np.ndarray]:
    """Those that are embedded, in their order."""
    found = re.findall(r"data:image/\w+;base64,([\w+/=]+)", unwrapped(page))
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))) for data in found]


def sounds(page: str) -> list[tuple[np.ndarray, int]]:
    """Those that are embedded, (channels, frames) int16 and their rate."""
    found = []
    for data in re.findall(r"data:audio/wav;base64,([\w+/=]+)", page):
        with wave.open(io.BytesIO(base64.b64decode(data))) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
            found.append((samples.reshape(-1, file.getnchannels()).T, file.getframerate()))
    return found
