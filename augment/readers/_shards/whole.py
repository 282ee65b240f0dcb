"""What our own outputs say of the whole in ``dataset.json``, and annotations in their neutral form, read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from augment import masks
from augment.annotations import Annotations, Instance, restored
from augment.errors import InputError, SampleError
from augment.readers import _shards
from augment.sample import Category, Dataset, Rows

FILE = "dataset.json"
MOST_BYTES = 2**28
"""Of ``dataset.json``."""


def described(path: Path) -> tuple[Dataset, Mapping[str, Any]] | None:
    """What ``dataset.json`` says: the data set, and all its keys; None where none of ours is there.

    It is looked for in the folder itself and, for a shard or the folder of a split, above it.

    Raises:
        InputError: It is there, and broken.
    """
    root = _shards.root_of(path)
    for folder in (root, root.parent):
        file = folder / FILE
        try:
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                continue
            whole = _shards.parsed(file.read_bytes())
            if isinstance(whole, dict) and "augment" in whole:
                return _dataset(whole), whole
        except OSError as error:
            if folder == root:
                raise InputError(f"{file}: the file can't be read ({error.strerror}); mend its rights") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            if folder == root:
                raise InputError(
                    f"{file}: expected what a run of ours writes, with categories and fields ({error}); put the file "
                    "back as it was, or remove it"
                ) from None
    return None


KEYS = frozenset(
    {
        "instances",
        "events",
        "spans",
        "transcript",
        "captions",
        "size",
        "unit",
        "duration",
        "classes",
        "fields",
        "masks",
    }
)


def ours(facts: Any) -> bool:
    """Whether some JSON may be annotations in their neutral form."""
    return isinstance(facts, dict) and facts.keys() <= KEYS


def rebuilt(facts: Any, bitmaps: Mapping[str, bytes]) -> Annotations:
    """Annotations from their neutral form in JSON; what comes from outside is checked. Raises SampleError."""
    try:
        found = restored(facts, bitmaps)
        return replace(found, instances=tuple(map(_checked, found.instances)))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise SampleError("bad annotations", f"expected them as our writers write them ({error})") from None


@dataclass(slots=True)
class Seen:
    """What a data set without ``dataset.json`` turns out to hold, annotation by annotation."""

    names: set[str] = field(default_factory=set)
    spatial: bool = False
    timed: bool = False
    transcribed: bool = False
    spanned: bool = False

    def look(self, facts: Mapping[str, Any], masks: bool) -> None:
        """Take in one sample: its annotations in their neutral form, as JSON values, and whether it has masks."""
        listed = facts.get("instances")
        instances = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        self.names.update(item["label"] for item in instances if isinstance(item.get("label"), str))
        self.spatial = self.spatial or masks or bool(instances)
        self.timed = self.timed or bool(facts.get("events"))
        self.transcribed = self.transcribed or isinstance(facts.get("transcript"), str)
        self.spanned = self.spanned or bool(facts.get("spans"))

    def dataset(self) -> Dataset:
        """Categories sorted by name."""
        categories = tuple(Category(name) for name in sorted(self.names))
        return Dataset(
            categories,
            spatial=self.spatial,
            timed=self.timed,
            transcribed=self.transcribed,
            spanned=self.spanned,
        )


def _checked(instance: Instance) -> Instance:
    """Raises ValueError, TypeError or KeyError."""
    if instance.label is not None and not isinstance(instance.label, str):
        raise TypeError(f"expected a name as label, got {instance.label!r}")
    if any(len(ring) % 2 for ring in instance.polygons):
        raise ValueError("a ring with half a point")
    if instance.rle is None:
        return instance
    if instance.polygons:
        raise ValueError("both polygons and run lengths")
    # damaged ones would make pycocotools write outside of its memory
    return replace(instance, rle=masks.compressed(instance.rle))


def _dataset(whole: Mapping[str, Any]) -> Dataset:
    categories = tuple(
        Category(_text(item["name"]), tuple(map(_text, item.get("keypoints", ()))), dict(item.get("fields", {})))
        for item in whole.get("categories", ())
    )
    if len({category.name for category in categories}) != len(categories):
        raise ValueError("two categories of one name")
    return Dataset(
        categories,
        tuple(dict.fromkeys(map(_text, whole.get("classes", ())))),
        spatial=bool(whole.get("spatial")),
        timed=bool(whole.get("timed")),
        transcribed=bool(whole.get("transcribed")),
        spanned=bool(whole.get("spanned")),
        rows=None if whole.get("rows") is None else _rows(whole["rows"]),
        fields=dict(whole.get("fields", {})),
    )


def _rows(told: Mapping[str, Any]) -> Rows:
    """How rows were laid out. Raises KeyError, TypeError, ValueError."""
    if not isinstance(told["texts"], list) or not told["texts"]:
        raise ValueError("rows without texts")
    texts = tuple(map(_text, told["texts"]))
    label, split = (None if told.get(name) is None else _text(told[name]) for name in ("label", "split"))
    return Rows(
        texts,
        tuple(map(_text, told.get("columns", ()))),
        label,
        split,
        _text(told.get("shape", "")),
        {_text(name): _text(kind) for name, kind in told.get("types", {}).items()},
        dict(told.get("dialect", {})),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a name, got {value!r}")
    return value
