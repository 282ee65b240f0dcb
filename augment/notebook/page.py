"""HTML for a notebook's cell or a file of its own: figures in rows, each with its caption."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from augment import catalog, durable
from augment.contracts import View

STYLE = """
.augment-show {font: 13px/1.35 system-ui, sans-serif; overflow-x: auto; max-width: 100%}
.augment-show .row {display: flex; gap: 10px; margin: 0 0 12px}
.augment-show .row.lines {flex-direction: column; gap: 6px; padding-bottom: 8px; border-bottom: 1px solid #8885}
.augment-show figure {margin: 0; flex: 0 1 auto}
.augment-show .lines figure {flex: none}
.augment-show figcaption {overflow-wrap: anywhere; margin-top: 3px; font-size: 12px}
.augment-show figcaption span {opacity: .75}
.augment-show .wrong {border: 1px solid #d55e00; padding: 6px; overflow-wrap: anywhere}
"""

SMALLEST = 0.6
"""To what part of its width a figure shrinks before a row has to be scrolled."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One sample with what is said below it: a title in bold and lines of text. ``wrong``: why there is none."""

    view: View | None
    title: str
    lines: Sequence[str] = ()
    wrong: str = ""


class Shown:
    """HTML that Jupyter shows by itself; ``save`` writes it to a file for a browser.

    Args:
        html: What is shown.
        told: What it is, in a few words.
    """

    def __init__(self, html: str, told: str) -> None:
        self.html = html
        self.told = told

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<{self.told}; .save('page.html') writes it for a browser>"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a page that stands by itself, in the colours, light or dark, that its reader prefers."""
        head = '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Augment</title>'
        style = "<style>:root {color-scheme: light dark} body {margin: 16px}</style>"
        file = Path(path)
        durable.write(file, f"{head}{style}</head>\n<body>{self.html}</body></html>\n".encode())
        return file


def page(rows: Sequence[Sequence[Figure]]) -> str:
    """Rows of figures; those of one modality are drawn together, so that colours and scales are the same."""
    views = [figure.view for row in rows for figure in row if figure.view is not None]
    kinds = [catalog.modality_of_value(view.value, view.facts) for view in views]
    pictures: dict[int, tuple[str, int]] = {}
    styles = [STYLE]
    for kind in dict.fromkeys(kinds):
        one = catalog.drawing(kind) if kind is not None else None
        own = [view for view, its in zip(views, kinds, strict=True) if its == kind]
        drawn = one.draw(own) if one is not None else [f"<pre>{escape(repr(view.value)[:500])}</pre>" for view in own]
        width = one.WIDTH if one is not None else 0
        styles.append(one.STYLE if one is not None else "")
        pictures.update({id(view): (html, width) for view, html in zip(own, drawn, strict=True)})
    inside = "".join(_row(row, pictures) for row in rows)
    return f'<div class="augment-show"><style>{"".join(styles)}</style>{inside}</div>'


def _row(row: Sequence[Figure], pictures: Mapping[int, tuple[str, int]]) -> str:
    drawn = [pictures[id(figure.view)] if figure.view is not None else None for figure in row]
    width = max((one[1] for one in drawn if one is not None), default=0)
    figures = "".join(
        _figure(figure, one[0] if one is not None else "", width) for figure, one in zip(row, drawn, strict=True)
    )
    return f'<div class="row{"" if width else " lines"}">{figures}</div>'


def _figure(figure: Figure, drawn: str, width: int) -> str:
    """What is drawn with its caption below; where it takes a line of its own, the caption is one too, above it."""
    body = f'<div class="wrong">{escape(figure.wrong)}</div>' if figure.wrong else drawn
    told = [f"<b>{escape(figure.title)}</b>", *(f"<span>{escape(line)}</span>" for line in figure.lines if line)]
    if width:
        size = f"width: {width}px; min-width: {width * SMALLEST:.0f}px"
        return f'<figure style="{size}">{body}<figcaption>{"<br>".join(told)}</figcaption></figure>'
    return f"<figure><figcaption>{' · '.join(told)}</figcaption>{body}</figure>"
