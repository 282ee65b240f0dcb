"""What stands beside pictures and sounds: lists of boxes, masks, annotations as our Parquet tables have them, sizes.

Masks go back as PNG in the mode in which they came. Columns ``width`` and ``height`` that are true of a picture are so
of its copies.
"""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from augment.annotations import INDEX, Annotations, plain
from augment.engine.recipe import Recipe
from augment.errors import SampleError
from augment.hf.beside import FIX, Beside, Given, Row, moving, refused
from augment.hf.library import inside
from augment.hf.objects import Objects
from augment.readers import parquet
from augment.readers._masks import png
from augment.readers._shards.columns import BOXES, Layout, annotating, layout_of
from augment.readers._shards.whole import Seen
from augment.sample import Category, Dataset, Sample
from augment.writers import _annotations

ROWS = 100
"""Rows that are looked into at once, to see what is in them."""

REMOVE = "remove it first, or write allow_label_change: true at the step"

_TIMES = re.compile(
    r"((time_?)?stamps?_?)?((start|end|begin|stop|onset|offset)s?|(time_?)?stamps?)(_?(times?|s|secs?|seconds?|ms))?",
    re.IGNORECASE,
)
"""Names of numbers that say when something is."""

_UNITS = re.compile(r"time|sec|ms|onset", re.IGNORECASE)

SIZES = (("width", "height"), ("image_width", "image_height"))
"""Columns with the size of a picture."""


@dataclass(kw_only=True)
class Pictures(Beside):
    """See the module.

    Args:
        layout: What is read, as the reader of such tables has it.
        objects: The column with boxes, or None.
        sizes: The columns with width and height; empty where there are none.
    """

    layout: Layout
    objects: Objects | None
    sizes: Sequence[str]

    def read(self, row: Row, number: int) -> Annotations | None:
        """Objects and masks, or whatever our own tables hold."""
        found = parquet.annotations_of(row, self.layout)
        if found is None or self.objects is None:
            return found
        if self.sizes and not self.layout.ours and all(row[name] for name in self.sizes):
            found = replace(found, size=tuple(row[name] for name in self.sizes))  # tells which way up a photo was
        return replace(found, instances=self.objects.marked(found.instances, row[self.objects.column], number))

    def cells(self, sample: Sample, number: int, given: Given) -> dict[str, Any]:
        """Of objects, masks and sizes."""
        found, own = sample.annotations, given(number)
        made: dict[str, Any] = dict(zip(self.sizes, sample.value.shape[1::-1], strict=True)) if self.sizes else {}
        if found is None:
            return made
        if self.objects is not None:
            made[self.objects.column] = self.objects.cell(found, number, given)
        if self.layout.ours:
            made.update(self._ours(found))
        elif self.layout.masks is not None and (mask := own[self.layout.masks]) is not None:
            made[self.layout.masks] = {"bytes": _in_mode(found.masks[INDEX], mask["bytes"]), "path": None}
        return made

    def _ours(self, found: Annotations) -> dict[str, Any]:
        """As our tables have annotations."""
        masks = [{"name": name, "bytes": data} for name, data in found.masks.items()]
        told = {"annotations": _annotations.as_text(plain(found)), "masks": masks}
        return {name: told[name] for name in self.layout.annotated()}


def of(dataset: Any, value: str, label: str | None, recipe: Recipe, kind: str) -> Beside:
    """What stands beside a column of pictures or sounds.

    Args:
        dataset: A ``datasets.Dataset`` with its values as they are stored.
        value: The column of the values.
        label: The column of the class, or None.
        recipe: What is done.
        kind: The modality.

    Raises:
        AugmentError: Steps move what columns say the place of, and these can't be read, or not be written back.
    """
    features = dataset.features
    told = {"value": value, "label": label, "split": None, "masks": None}
    layout = layout_of(features.arrow_schema, told, "dataset")
    columns = [name for name in layout.annotated() if (kind == "image" or layout.ours) and _any(dataset, name)]
    objects = None
    if layout.objects in columns:
        objects = Objects(str(layout.objects), features[layout.objects], layout.categories)
    odd = [f"{layout.objects}.{key}" for key in objects.unread()] if objects else []
    if step := moving(recipe, kind):
        _refuse_unread(dataset, value, kind, columns, odd, step)
    elif odd:  # they stay, or may go untrue
        objects, columns = None, [name for name in columns if name != layout.objects]
    layout = replace(
        layout,
        objects=layout.objects if objects else None,
        masks=layout.masks if layout.masks in columns else None,
        told=layout.told if layout.told in columns else None,
    )
    files = (layout.masks,) if layout.masks and not layout.ours else ()
    sizes = _sizes(dataset, value) if kind == "image" else ()
    about = _about(dataset, layout)
    return Pictures((*columns, *sizes), files, about, layout=layout, objects=objects, sizes=sizes)


def _refuse_unread(dataset: Any, value: str, kind: str, known: Sequence[str], odd: Sequence[str], step: str) -> None:
    """Raises AugmentError for what says where something is and can't follow."""
    timed = [name for name, feature in dataset.features.items() if kind == "audio" and _is_timed(name, feature)]
    if timed:
        raise refused(step, timed, [value], f"nothing follows it; {REMOVE}")
    if odd:
        told = f"nothing knows how; {REMOVE}"
        raise refused(step, odd, [value], told)
    listed = annotating(dataset.features.arrow_schema, value)
    lost = [name for name in listed if name not in known and _any(dataset, name)]
    if lost:
        raise refused(step, lost, [value], f"map can't tell which of them is what; {FIX}")
    flat = [name for name, feature in dataset.features.items() if _is_flat(name, feature)]
    if flat:
        fix = "make it a column objects with lists bbox and category; or write allow_label_change: true at the step"
        raise refused(step, flat, [value], f"tells no categories with it; {fix}")


def _any(dataset: Any, name: str) -> bool:
    """Whether there is anything in a column."""
    batches = dataset.with_format("arrow").select_columns([name]).iter(ROWS)
    return any(batch.column(name).null_count < len(batch) for batch in batches)


def _is_flat(name: str, feature: Any) -> bool:
    """Whether a column has boxes, which no reader takes for some without their categories."""
    return name.lower().rpartition(".")[2] in BOXES and inside(feature) is not None


def _is_timed(name: str, feature: Any) -> bool:
    """Whether a column has lists of times: of words, turns or events."""
    kind = inside(feature)
    if isinstance(kind, dict):
        return any(_is_time(key, item) for key, item in kind.items())
    if isinstance(feature, dict):
        return any((item := inside(one)) is not None and _is_time(key, item) for key, one in feature.items())
    return kind is not None and _is_time(name, kind)


def _is_time(key: str, kind: Any) -> bool:
    """Whether a number, or a list of some, is a time; whole ones may be places in a transcript."""
    while (inner := inside(kind)) is not None:
        kind = inner
    dtype = str(getattr(kind, "dtype", ""))
    counted = "float" in dtype or ("int" in dtype and _UNITS.search(key) is not None)
    return counted and _TIMES.fullmatch(key) is not None


def _about(dataset: Any, layout: Layout) -> Dataset:
    """What is true of the rows as a whole, as the reader of such tables tells it."""
    if layout.objects and layout.categories:
        return Dataset(tuple(map(Category, layout.categories)), spatial=True)
    columns = [name for name in layout.annotated() if layout.ours or name == layout.objects]
    seen = Seen(spatial=bool(layout.masks and not layout.ours))
    for row in dataset.select_columns(columns) if columns else ():
        with contextlib.suppress(SampleError):
            found = parquet.annotations_of({**dict.fromkeys(layout.annotated()), **row}, layout)
            seen.look({} if found is None else plain(found), bool(found and found.masks))
    return seen.dataset()


def _sizes(dataset: Any, value: str) -> tuple[str, ...]:
    """The columns with width and height, going by the first rows."""
    features = dataset.features
    for pair in SIZES:
        if all("int" in getattr(features.get(name), "dtype", "") for name in pair):
            rows = dataset.select_columns([value, *pair]).select(range(min(ROWS, len(dataset))))
            told = ((_size(row[value]), tuple(row[name] for name in pair)) for row in rows)
            if all(size is None or own in (size, size[::-1]) for size, own in told):
                return pair
    return ()


def _size(cell: Any) -> tuple[int, int] | None:
    """Width and height of an encoded picture; None where they can't be told."""
    try:
        with Image.open(io.BytesIO(cell["bytes"]) if cell["bytes"] is not None else cell["path"]) as picture:
            found: tuple[int, int] = picture.size
            return found
    except (OSError, TypeError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def _in_mode(mask: bytes, given: bytes) -> bytes:
    """The PNG of a mask in the mode of the given one, where that can hold its values."""
    with Image.open(io.BytesIO(given)) as before, Image.open(io.BytesIO(mask)) as now:
        if now.mode == "L" and (before.mode == "P" or before.mode.startswith("I")):  # of a GIF, or a TIFF
            return _deeper(now, before)
        bits = 1 if before.mode == "1" else png.few_bits(given)
        if now.mode != "L" or not (bits or before.mode in ("LA", "RGB", "RGBA")):
            return mask
        if max(now.histogram()[2**bits if bits else 256 :], default=0):
            return mask
        most = 2**bits - 1 if bits else 255
        shown = now.point([value * 255 // most if value <= most else 255 for value in range(256)])  # as Pillow has it
        out = io.BytesIO()
        shown.convert(before.mode).save(out, "PNG")
        return out.getvalue()


def _deeper(now: Image.Image, before: Image.Image) -> bytes:
    """The PNG of an 8-bit mask with the palette of another one, or in 16 bits where that has more than 8."""
    if before.mode == "P":
        now.putpalette(before.getpalette() or [])
    out = io.BytesIO()
    (now if now.mode == "P" else now.convert("I").convert("I;16")).save(out, "PNG")
    return out.getvalue()
