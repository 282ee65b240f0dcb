"""One live sample as NumPy arrays: what PyTorch's, Keras' and TensorFlow's data sets have in common.

Labels stand for the same things in all of them. What has channels has them last here, as Keras and tf.data take it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from augment import catalog, masks
from augment.annotations import INDEX, Annotations, Instance, bounds
from augment.engine.items import Item, Made
from augment.engine.plan import Plan
from augment.engine.stream import Stream, Streaming
from augment.errors import AugmentError, SampleError
from augment.sample import Skip

UNLABELLED = -1
"""The label of a sample that has none: ``ignore_class=-1`` of Keras' losses ignores it."""

PER_OBJECT = ("area", "boxes", "iscrowd", "keypoints", "labels", "masks")
"""What ``objects`` has a row of for each object."""

LOOKED_AT = 8
"""Sources with objects that say whether objects of their data set have masks; at most four times as many are read."""

MOST_TRIED = 1000
"""Sources that are tried for one that stands in for a sample which can't be made."""


@dataclass(frozen=True)
class Form:
    """How items become what a dataset gives; must pickle where workers are spawned.

    Args:
        dtype: Of pictures: ``uint8`` in [0, 255], or ``float``, float32 in [0, 1]. Pictures of which a step such as
            Normalize or ToFloat has made floats stay float32, as the step left them.
        mapping: Give mappings of all that is known instead of pairs (value, target).
        masks: Whether targets have objects' masks; None: where objects of the data set have some, see Kinds.
        convert: What makes a sample of an Item instead of all this.
    """

    dtype: Literal["uint8", "float"] = "uint8"
    mapping: bool = False
    masks: bool | None = None
    convert: Callable[[Item], Any] | None = None

    def __post_init__(self) -> None:
        """Raises AugmentError."""
        if self.dtype not in ("uint8", "float"):
            raise AugmentError(f"dtype: expected uint8 or float, got {self.dtype!r}")


@dataclass(frozen=True)
class Labelled(Form):
    """A Form whose labels can be had in more than one way.

    Args:
        labels: ``int``: the place of the class, UNLABELLED where there is none; of data sets with objects a mapping,
            see ``objects``. ``one-hot``: weights of the classes, which samples of mixed classes need; 0 throughout
            where there is no class. ``mask``: the mask whose values are the classes, (height, width) uint8.
    """

    labels: Literal["int", "one-hot", "mask"] = "int"

    def __post_init__(self) -> None:
        """Raises AugmentError."""
        super().__post_init__()
        if self.labels not in ("int", "one-hot", "mask"):
            raise AugmentError(f"labels: expected int, one-hot or mask, got {self.labels!r}")

    @classmethod
    def parted(cls, options: Mapping[str, Any]) -> tuple[Labelled, dict[str, Any]]:
        """The form that some options say, and the options that say something else. Raises AugmentError."""
        own = {name: value for name, value in options.items() if name in cls.__dataclass_fields__}
        return cls(**own), {name: value for name, value in options.items() if name not in own}


class Options(Streaming, total=False):
    """What a call for samples in a Form may say: all of Streaming, and what Labelled says."""

    dtype: Literal["uint8", "float"]
    mapping: bool
    masks: bool | None
    convert: Callable[[Any], Any] | None
    labels: Literal["int", "one-hot", "mask"]


@dataclass(frozen=True)
class Kinds:
    """What labels stand for: places of ``classes``, and of ``categories`` from 1 on, 0 being the background.

    ``outlined`` says whether objects have masks, if a form leaves that open: so it is where some of the first
    LOOKED_AT sources with objects have, of those that are looked at all over the data set.
    """

    classes: tuple[str, ...]
    categories: tuple[str, ...]
    keypoints: int
    objects: bool
    outlined: bool = False

    @classmethod
    def of(cls, planned: Plan, form: Labelled) -> Kinds:
        """Those of a data set."""
        dataset = planned.dataset
        names = tuple(category.name for category in dataset.categories)
        points = max((len(category.keypoints) for category in dataset.categories), default=0)
        open_ = dataset.spatial and form.masks is None and form.labels != "mask" and form.convert is None
        outlined = open_ and _outlined(planned)
        return cls(dataset.classes, names, points, dataset.spatial or bool(names), outlined)


class Told:
    """What a data set says of its labels."""

    _kinds: Kinds

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a label is a place in it."""
        return self._kinds.classes

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the kinds of objects; 1 in ``labels`` is the first, 0 the background and what fills up."""
        return self._kinds.categories


def sample(item: Any, form: Labelled, kinds: Kinds) -> Any:
    """A pair (value, target), the value alone where nothing is labelled, or a mapping. Raises AugmentError.

    The value: pictures (height, width, channels), one channel for gray, see Form.dtype; sounds (frames, channels)
    float32; texts as they are. The target: see Labelled; of data sets with objects the mapping of ``objects``, with
    the sample's class as ``label`` where there are classes. A mapping has ``value``, ``label``, ``source``, ``copy``,
    and where they are, ``rate`` (Hz) and ``objects``. Of a tuple of views it is a tuple of values and one of targets,
    or a tuple of mappings.
    """
    if isinstance(item, tuple):
        views = [sample(one, form, kinds) for one in item]
        paired = isinstance(views[0], tuple) and form.convert is None
        return tuple(zip(*views, strict=True)) if paired else tuple(views)
    if form.convert is not None:
        return form.convert(item)
    value = array(item, form.dtype)
    found = None
    if kinds.objects and form.labels != "mask":
        found = objects(item.annotations, item.value, kinds, form.masks)
    if form.mapping:
        told = {"value": value, "label": target(item, form, kinds), "source": item.source, "copy": item.copy}
        return {**told, **item.facts, **({} if found is None else {"objects": found})}
    if form.labels == "mask" or (found is None and kinds.classes):
        return value, target(item, form, kinds)
    if found is None:
        return value
    return value, ({**found, "label": target(item, form, kinds)} if kinds.classes else found)


def is_sound(item: Item) -> bool:
    """Whether its value is a sound, for a picture may be of floats too."""
    return "rate" in item.facts


def array(item: Item, dtype: str) -> Any:
    """An item's value with channels last; texts stay texts."""
    value = item.value
    if isinstance(value, str | Mapping):
        return value
    if is_sound(item):
        return np.ascontiguousarray(value.T, np.float32)
    pixels = value[..., None] if value.ndim == 2 else value
    if value.dtype != np.uint8:
        return np.ascontiguousarray(pixels, np.float32)
    return np.divide(pixels, 255, dtype=np.float32) if dtype == "float" else pixels


def target(item: Item, form: Labelled, kinds: Kinds) -> Any:
    """What is labelled on the sample as a whole, see Labelled. Raises AugmentError."""
    if form.labels == "mask":
        found = item.annotations.masks.get(INDEX) if item.annotations is not None else None
        if found is None:
            raise AugmentError(f"{item.source}: labels='mask' needs a mask whose values are classes, and it has none")
        return pixels(found)
    soft = weights(item, kinds)
    if form.labels == "int":
        if soft is not None:
            raise AugmentError(f"{item.source}: a step mixes classes, and one number can't say so; labels='one-hot'")
        return UNLABELLED if item.label_index is None else item.label_index
    if soft is None:
        soft = np.zeros(len(kinds.classes), np.float32)
        if item.label_index is not None:
            soft[item.label_index] = 1
    return soft


def weights(item: Item, kinds: Kinds) -> Any:
    """The weights of the classes of a mixed sample, (classes,) float32; None where one label says it all."""
    soft = item.annotations.classes if item.annotations is not None else None
    return np.array([soft.get(name, 0.0) for name in kinds.classes], np.float32) if soft else None


def objects(found: Annotations | None, value: Any, kinds: Kinds, with_masks: bool | None) -> dict[str, Any]:
    """Objects as torchvision's detection models take them, N of them in the order of the source.

    Returns:
        ``boxes`` (N, 4) float32, x_min, y_min, x_max, y_max in pixels; ``labels`` (N,) int64, from 1 on; ``area`` (N,)
        float32, pixels of the mask or the box; ``iscrowd`` (N,) int64; where the data set has them ``masks`` (N,
        height, width) uint8, 0 or 1; ``keypoints`` (N, K, 3) float32, x, y, and 0 for not there, 1 for hidden, 2 for
        visible, those of categories with fewer filled with 0; ``mask`` (height, width) uint8 whose values are classes,
        and ``class_masks``, such with 0 or 1 by class.
    """
    found = found or Annotations()
    size = (int(value.shape[1]), int(value.shape[0]))
    pairs = [(one, box) for one in found.instances if (box := _box(one)) is not None]
    places = {name: place for place, name in enumerate(kinds.categories, 1)}
    kept = [one for one, _ in pairs]
    told: dict[str, Any] = {
        "boxes": np.array([box for _, box in pairs], np.float32).reshape(-1, 4),
        "labels": np.array([places.get(one.label or "", 0) for one in kept], np.int64),
        "area": np.array([masks.area(one, size) for one in kept], np.float32),
        "iscrowd": np.array([int(one.crowd) for one in kept], np.int64),
    }
    if with_masks or (with_masks is None and (kinds.outlined or _has_outlines(found))):
        told["masks"] = _bitmaps(kept, size)
    if kinds.keypoints:
        told["keypoints"] = _points(kept, kinds.keypoints)
    if INDEX in found.masks:
        told["mask"] = pixels(found.masks[INDEX])
    by_class = {name: (pixels(data) != 0).astype(np.uint8) for name, data in sorted(found.masks.items()) if name}
    return {**told, "class_masks": by_class} if by_class else told


def stand_in(live: Stream, number: int) -> Made:
    """What stands in for a sample of an epoch that can't be made: the same copy of the next source that is good.

    Raises AugmentError where none of the next MOST_TRIED sources is.
    """
    sources = len(live.plan.listing.rows(live.split))
    each, tried = live.total // sources, min(sources, MOST_TRIED)
    found: Made | Skip = live.made(number)
    for step in range(1, tried):
        if not isinstance(found, Skip):
            break
        found = live.made((number + step * each) % live.total)
    if isinstance(found, Skip):
        raise AugmentError(f"none of {tried} sources could be made; the last one: {why(found)}")
    return found


def why(skip: Skip) -> str:
    """Which source can't be made, and why, in a line."""
    return f"{skip.source}: {skip.reason}, {skip.detail}"


def one_kind(values: Sequence[Any]) -> None:
    """Refuse values of several modalities in a batch. Raises AugmentError."""
    kinds = list(dict.fromkeys(_kind(value) for value in values))
    if len(kinds) > 1:
        raise AugmentError(
            f"a batch mixes {' and '.join(kinds)}; make a dataset of each kind, with an input of its own"
        )


def _kind(value: Any) -> str:
    """What a value is, an array or a tensor of this package's data sets."""
    if isinstance(value, str | bytes):
        return "texts"
    if isinstance(value, Mapping):
        return "texts" if all(isinstance(one, str | bytes) for one in value.values()) else "mappings"
    dimensions = getattr(value, "ndim", 0)
    if dimensions == 2 and "float" in str(value.dtype):
        return "sounds"
    return "pictures" if dimensions == 3 else "numbers"


def alike(shapes: Sequence[tuple[int, ...]], channels: int, otherwise: str) -> None:
    """Refuse values of different shapes in a batch, and say what mends it.

    Args:
        shapes: Of pictures (three numbers) or sounds (two).
        channels: Which of the numbers says how many channels there are.
        otherwise: What else would help a picture.

    Raises:
        AugmentError: They differ.
    """
    first = shapes[0]
    other = next((shape for shape in shapes if shape != first), None)
    if other is None:
        return
    differ = f"a batch has values of different shapes, such as {first} and {other}"
    recoloured = first[channels] != other[channels]
    if len(first) != 2:
        fix = "ToGray to the recipe, or ToRGB" if recoloured else "Resize or RandomCrop to the recipe"
        raise AugmentError(f"{differ}; add {fix}, best under prepare.image, which originals pass too, or {otherwise}")
    axes = "(channels, frames)" if channels == 0 else "(frames, channels)"
    fix = "ToMono under prepare.audio" if recoloured else f"FixedLength under prepare.audio, or pad them: {otherwise}"
    raise AugmentError(f"{differ} {axes}; add {fix}")


def pixels(data: bytes) -> Any:
    """An encoded mask as (height, width) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return np.array(image, np.uint8)


def _outlined(planned: Plan) -> bool:
    """Whether objects of a data set have masks."""
    read, listing = catalog.reader(planned.reader).read, planned.listing
    places = np.unique(np.linspace(0, len(listing) - 1, min(4 * LOOKED_AT, len(listing))).astype(np.int64))
    seen = 0
    for entry in listing.entries(places):
        try:
            found = read(planned.input, entry, planned.dataset).annotations
        except SampleError:  # told when its turn comes
            continue
        if found is not None and _has_outlines(found):
            return True
        seen += found is not None and bool(found.instances)
        if seen == LOOKED_AT:
            break
    return False


def _has_outlines(found: Annotations) -> bool:
    return any(one.polygons or one.rle for one in found.instances)


def _box(one: Instance) -> Any:
    """Its box, or the one round its mask; None where it has neither."""
    if one.box is not None:
        return one.box
    if one.polygons:
        return bounds(one.polygons)
    return masks.box(one.rle) if one.rle is not None else None


def _bitmaps(found: Sequence[Instance], size: tuple[int, int]) -> Any:
    """Masks, empty where an object has none."""
    width, height = size
    stack = np.zeros((len(found), height, width), np.uint8)
    for place, one in enumerate(found):
        bitmap = masks.bitmap(one, size)
        if bitmap is not None:
            stack[place] = bitmap
    return stack


def _points(found: Sequence[Instance], most: int) -> Any:
    filled = np.zeros((len(found), most, 3), np.float32)
    for place, one in enumerate(found):
        if one.keypoints:
            filled[place, : len(one.keypoints)] = one.keypoints
    return filled
