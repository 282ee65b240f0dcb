"""Which columns of a table of boxes say what: the file, the box and how it is written, its label, the split.

Names are compared without case, spaces, ``_`` and ``-``. A table that our own writer has made says so by its columns
(see writers/boxes); in it nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import pydantic

from augment.errors import InputError, nearest
from augment.options import Options as _Base
from augment.readers import _columns

Form = Literal["xyxy", "xywh", "cxcywh"]

OURS = ("file", "split", "label", "x_min", "y_min", "x_max", "y_max", "width", "height", "source", "copy")
"""What our writer's CSV begins with."""

CLASS = "picture"
"""The column in our writer's CSV with the class of the whole picture."""

OUR_LINES = ("file", "split", "width", "height", "source", "copy", "boxes")
"""What the objects in our writer's JSONL begin with."""

HEADLESS = ("file", "x_min", "y_min", "x_max", "y_max", "label")
"""The columns of a table without their names (keras-retinanet)."""

CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x1", "y1", "x2", "y2"),
    ("x0", "y0", "x1", "y1"),
    ("left", "top", "right", "bottom"),
    ("minx", "miny", "maxx", "maxy"),
    ("xtl", "ytl", "xbr", "ybr"),
    ("bboxxmin", "bboxymin", "bboxxmax", "bboxymax"),
    ("bboxx1", "bboxy1", "bboxx2", "bboxy2"),
)
CENTRES = (("xcenter", "ycenter"), ("xcentre", "ycentre"), ("centerx", "centery"), ("cx", "cy"), ("xc", "yc"))
ORIGINS = (("x", "y"), ("xmin", "ymin"), ("left", "top"), ("x1", "y1"), ("bboxx", "bboxy"))
SIDES = (("w", "h"), ("bboxwidth", "bboxheight"), ("boxwidth", "boxheight"), ("bboxw", "bboxh"), ("width", "height"))
LISTS = ("bbox", "box", "boundingbox")
SIZES = (("imagewidth", "imageheight"), ("imgwidth", "imgheight"), ("imwidth", "imheight"), ("width", "height"))
FILE = (*_columns.FILE, "imageid", "imagepath", "imagename", "imagefile", "imgpath", "imgname", "img", "photo")
LABEL = (*_columns.LABEL, "labelname", "classname", "categoryname", "objectclass", "cls", "labels", "categories")
CROWD = ("crowd", "iscrowd", "isgroupof")
NESTED = ("boxes", "annotations", "objects")
OPEN_IMAGES = frozenset({"imageid", "labelname", "xmin", "xmax", "ymin", "ymax"})


class Options(_Base):
    """Which column is what; found by usual names where not said.

    Args:
        file: The column with file names; without one of a usual name, the one whose value ends like a file.
        label: The column with the name of what is in the box.
        split: The column with the split.
        box: The four columns of a box, in the order that ``box_format`` says, or the one that holds a list of four.
        box_format: xyxy: two corners; xywh: upper left corner, width, height; cxcywh: middle, width, height. Must be
            said for a column of lists.
        unit: Whether coordinates are pixels or fractions of width and height.
        root: The folder that file names are relative to; the table's own by default.
        delimiter: What stands between the cells of a CSV.
        encoding: Of the table.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    box: tuple[str, ...] | None = None
    box_format: Form | None = None
    unit: Literal["pixel", "fraction"] | None = None
    root: str | None = None
    delimiter: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"]$')
    encoding: str = "utf-8-sig"


@dataclass(frozen=True, slots=True)
class Roles:
    """What the columns of one row are.

    Args:
        box: Four columns, or one with a list of four numbers; empty where there is none.
        form: How the four numbers are meant.
        fraction: Whether they are fractions of width and height.
        size: The columns with the picture's width and height.
        nested: The column with the list of all boxes of a picture.
        ours: Whether our own writer made it.
        taken: All columns that are not mere facts.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    box: tuple[str, ...] = ()
    form: Form = "xyxy"
    fraction: bool = False
    size: tuple[str, str] | None = None
    crowd: str | None = None
    nested: str | None = None
    ours: bool = False
    taken: frozenset[str] = frozenset()


OUR_BOX = Roles(label="label", box=OURS[3:7], crowd="crowd", taken=frozenset({"label", *OURS[3:7], "crowd"}))
"""Of a box in our JSONL."""


@lru_cache(4096)
def roles(columns: tuple[str, ...], options: Options) -> Roles:
    """What columns are. Raises InputError where boxes could be meant in more than one way."""
    own = _ours(columns)
    if own is not None:
        return own
    plain = {_plain(name): name for name in reversed(columns)}
    file = options.file or _usual(plain, FILE)
    box, form = _box(plain, columns, options)
    used = {_plain(name) for name in box}
    open_images = plain.keys() >= OPEN_IMAGES
    file = file if file in columns else None
    label = _named(options.label, columns) or _usual(plain, LABEL, file)
    split = _named(options.split, columns) or _usual(plain, _columns.SPLIT, file)
    crowd, nested = _usual(plain, CROWD), _usual(plain, NESTED)
    size = next((pair for pair in SIZES if plain.keys() >= set(pair) and not used & set(pair)), None)
    sides = (plain[size[0]], plain[size[1]]) if size else None
    known = (file, label, split, crowd, nested, *box, *(sides or ()))
    return Roles(
        file,
        label,
        split,
        box=box,
        form=form,
        fraction=options.unit == "fraction" or (open_images and options.unit is None),
        size=sides,
        crowd=crowd,
        nested=nested,
        taken=frozenset(name for name in known if name is not None),
    )


def check(table: str, header: Sequence[str], options: Options) -> None:
    """Raises InputError if a table lacks columns that the recipe names, or has none with boxes."""
    for what, name in (("file", options.file), ("label", options.label), ("split", options.split)):
        if name is not None and name not in header:
            raise InputError(
                f"{table}: no column {name!r} for the {what}; {nearest(name, sorted(header))} {_has(header)}"
            )
    for name in options.box or ():
        if name not in header:
            raise InputError(
                f"{table}: no column {name!r} for the box; {nearest(name, sorted(header))} {_has(header)}"
            )
    if not roles(tuple(header), options).box:
        raise InputError(f"{table}: which columns hold the boxes? {_has(header)}; say input: {{box: [A, B, C, D]}}")


def _ours(columns: tuple[str, ...]) -> Roles | None:
    if columns[: len(OURS)] == OURS:
        crowd = "crowd" if columns[len(OURS) : len(OURS) + 1] == ("crowd",) else None
        taken = frozenset({*OURS, CLASS, *([crowd] if crowd else [])})
        return Roles("file", "label", "split", OURS[3:7], "xyxy", False, ("width", "height"), crowd, None, True, taken)
    if columns[: len(OUR_LINES)] == OUR_LINES:
        taken = frozenset({*OUR_LINES, "label"})
        return Roles("file", None, "split", size=("width", "height"), nested="boxes", ours=True, taken=taken)
    return None


def _box(plain: dict[str, str], columns: tuple[str, ...], options: Options) -> tuple[tuple[str, ...], Form]:
    """The columns of a box and how they are meant. Raises InputError."""
    told = options.box_format
    if options.box is not None:
        if len(options.box) not in (1, 4):
            raise InputError(f"input.box: expected four columns, or one with lists of four, got {len(options.box)}")
        there = set(options.box) <= set(columns)
        return (options.box if there else ()), (told or "xyxy" if len(options.box) == 4 else _told(options, ""))
    for corners in CORNERS:
        if plain.keys() >= set(corners):
            if told not in (None, "xyxy"):
                names = ", ".join(plain[name] for name in corners)
                raise InputError(
                    f"input.box_format: {told}, but {names} are two corners; leave it out, or say box: too"
                )
            return tuple(plain[name] for name in corners), "xyxy"
    pairs = [(pair, "cxcywh") for pair in CENTRES] + [(pair, "xywh") for pair in ORIGINS]
    for pair, form in pairs:
        sides = next((sides for sides in SIDES if plain.keys() >= {*pair, *sides}), None)
        if sides is not None:
            return tuple(plain[name] for name in (*pair, *sides)), told or ("xywh" if form == "xywh" else "cxcywh")
    one = _usual(plain, LISTS)
    return ((one,), _told(options, one)) if one is not None else ((), "xyxy")


def _told(options: Options, column: str) -> Form:
    if options.box_format is None:
        raise InputError(
            f"input: a list of four numbers{f' in {column}' if column else ''} may mean three things; say which: "
            "box_format: xyxy (two corners), xywh (upper left corner, width, height; COCO's) or cxcywh (middle, …)"
        )
    return options.box_format


def _named(name: str | None, columns: tuple[str, ...]) -> str | None:
    return name if name in columns else None


def _usual(plain: dict[str, str], usual: Sequence[str], taken: str | None = None) -> str | None:
    names = (plain.get(_plain(name)) for name in usual)
    return next((name for name in names if name is not None and name != taken), None)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _has(names: Sequence[str]) -> str:
    return f"It has: {', '.join(name[:40] for name in names)}"
