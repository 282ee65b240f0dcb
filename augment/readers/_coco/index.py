"""What lies where in one of COCO's JSON files: some numbers an annotation, so that millions take little memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np

from augment.errors import InputError
from augment.readers._coco import items as coco
from augment.readers._coco.files import LISTS, Source, state
from augment.readers._coco.items import Id
from augment.readers._coco.json import items, parse
from augment.readers._places import RefusedError
from augment.sample import Category, Skip

NO_CATEGORY, CAPTION = -1, -2
"""What stands in place of the number of a category."""

MOST_FIELD = 1 << 16
"""Most bytes of an unknown top-level value that rides along."""

Numbers = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Image:
    """An image record: the file name, where the record is, and the class of the picture, if it has one."""

    name: str
    start: int
    length: int
    label: str | None


def _whole() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Index:
    """One file. Ids of pictures and of categories are numbered as they come, here or in an annotation.

    Args:
        source: The file.
        bytes: Its size when it was listed.
        mtime_ns: Its time of last change.
        images: Number of a picture -> its record.
        owner: For each annotation, the number of its picture; ``start``, ``length``, ``category`` and ``points`` (how
            many keypoints) go with it.
        categories: Id -> what the file says of that category.
        fields: The other top-level values.
        skips: Records of pictures and categories that can't be used.
    """

    source: Source
    bytes: int
    mtime_ns: int
    images: dict[int, Image] = field(default_factory=dict)
    owner: array[int] = field(default_factory=_whole)
    start: array[int] = field(default_factory=_whole)
    length: array[int] = field(default_factory=_whole)
    category: array[int] = field(default_factory=_whole)
    points: array[int] = field(default_factory=_whole)
    categories: dict[Id, Category] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    skips: list[Skip] = field(default_factory=list)
    numbers: dict[Id, int] = field(default_factory=dict)
    category_numbers: dict[Id, int] = field(default_factory=dict)
    refused: array[int] = field(default_factory=_whole)
    lacking: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, source: Source) -> Index:
        """Read a file from end to end. Raises InputError."""
        made = cls(source, *state(source))
        take = {"images": made._image, "annotations": made._annotation, "categories": made._category}
        seen = set()
        for item in items(source.path, LISTS):
            seen.add(item.key)
            if item.key not in LISTS:
                if item.length <= MOST_FIELD and item.value and coco.proper(item.value):
                    made.fields[item.key] = item.value
            elif item.place < 0 and item.value is not None:
                raise InputError(f"{source.path}: expected {item.key} to be a list, got {json.dumps(item.value)[:40]}")
            elif item.place >= 0:
                take[item.key](item.place, item.value, item.start, item.length)
        if "images" not in seen:
            held = ", ".join(sorted(seen)) or "nothing"
            raise InputError(f"{source.path}: expected COCO's list of images, found {held}; name another file")
        return made

    def located(self) -> bool:
        """Whether an annotation says where something is."""
        return any(category != CAPTION for category in self.category)

    def spans(self, places: Mapping[str, int]) -> tuple[Numbers, Numbers]:
        """The annotations that can be used, sorted by picture: rows (start, length, category), and where each begins.

        ``places`` tells a category's place in the data set by its name. The annotations of picture number n are the
        rows from ``begins[n]`` to ``begins[n + 1]``, in the order of the file.
        """
        rows = np.stack([_column(values) for values in (self.start, self.length, self.category)], axis=1)
        chosen = np.flatnonzero(self._usable())
        owner = _column(self.owner)[chosen]
        rows = rows[chosen[np.argsort(owner, kind="stable")]]
        listed = [self.categories.get(number) for number in self.category_numbers]
        table = np.array([NO_CATEGORY if one is None else places[one.name] for one in listed], np.int64)
        known = rows[:, 2] >= 0
        rows[known, 2] = table[rows[known, 2]]
        return rows, np.searchsorted(np.sort(owner), np.arange(len(self.numbers) + 1))

    def bad_annotations(self) -> Iterator[Skip]:
        """Each annotation that can't be used, and why; read again, for their reasons are not kept."""
        if not self.refused and self._usable().all():
            return
        with self.source.path.open("rb") as file:
            for index, start, length in zip(self.refused[0::3], self.refused[1::3], self.refused[2::3], strict=True):
                item = self._again(file, start, length)
                try:
                    coco.check(item)
                except RefusedError as refused:
                    yield Skip(self._called("annotation", item, index), refused.reason, refused.detail)
            for row in np.flatnonzero(~self._usable()).tolist():
                item = self._again(file, self.start[row], self.length[row])
                yield Skip(self._called("annotation", item, row), *self._reason(row, item))

    def _again(self, file: BinaryIO, start: int, length: int) -> Any:
        file.seek(start)
        try:
            return parse(file.read(length))
        except (ValueError, RecursionError):
            raise InputError(f"{self.source.path}: the file has changed while it was listed; start again") from None

    def _usable(self) -> Numbers:
        """For each annotation, whether its picture and its category are there."""
        category, points = _column(self.category), _column(self.points)
        there = np.array([n in self.images or n in self.lacking for n in range(len(self.numbers))], bool)
        listed = [self.categories.get(number) for number in self.category_numbers]
        known = np.array([*(one is not None for one in listed), True, not self.categories], bool)
        names = np.array([*(len(one.keypoints) if one else 0 for one in listed), 0, 0], np.int64)
        wanted = names[category]  # -1 and -2 take the last two
        fits = (points == 0) | (wanted == 0) | (points == wanted)
        usable: Numbers = there[_column(self.owner)] & known[category] & fits
        return usable

    def _reason(self, row: int, item: dict[str, Any]) -> tuple[str, str]:
        if self.owner[row] not in self.images and self.owner[row] not in self.lacking:
            return "no image", f"no image has the id {json.dumps(item.get('image_id'))}"
        number = coco.identity(item.get("category_id"))
        if number not in self.categories:
            return "no category", f"no category has the id {json.dumps(item.get('category_id'))}"
        wanted = len(self.categories[number].keypoints) if number is not None else 0
        return "bad annotation", f"{self.points[row]} keypoints, where its category has {wanted}"

    def _image(self, index: int, item: Any, start: int, length: int) -> None:
        number = coco.identity(item.get("id")) if isinstance(item, dict) else None
        place = None if number is None else self.numbers.setdefault(number, len(self.numbers))
        try:
            _, name = coco.check_image(item)
        except RefusedError as refused:
            called = self._called("image record", item, index)
            self.skips.append(Skip(refused.source or called, refused.reason, f"{called}: {refused.detail}"))
            if place is not None and place not in self.images:
                self.lacking.add(place)
            return
        assert place is not None  # noqa: S101 - check_image has seen to that
        before = self.images.get(place)
        if before is None:
            self.images[place] = Image(name, start, length, coco.class_of(item))
        elif before.name != name:
            called = self._called("image record", item, index)
            self.skips.append(Skip(name, "duplicate id", f"{called}: the id is that of {before.name}, too"))

    def _annotation(self, index: int, item: Any, start: int, length: int) -> None:
        try:
            owner = coco.check(item)
        except RefusedError:
            self.refused.extend((index, start, length))
            return
        kind = CAPTION if coco.is_caption(item) else NO_CATEGORY
        if kind == NO_CATEGORY and (number := coco.identity(item.get("category_id"))) is not None:
            kind = self.category_numbers.setdefault(number, len(self.category_numbers))
        self.owner.append(self.numbers.setdefault(owner, len(self.numbers)))
        self.start.append(start)
        self.length.append(length)
        self.category.append(kind)
        self.points.append(len(item.get("keypoints") or ()) // 3 if kind != CAPTION else 0)

    def _category(self, index: int, item: Any, start: int, length: int) -> None:
        number = coco.identity(item.get("id")) if isinstance(item, dict) else None
        if number is None or not coco.proper(item):
            called = self._called("category", item, index)
            self.skips.append(Skip(called, "bad category", "expected an object with an id and a name"))
            return
        made = coco.category(item)
        if number not in self.categories:
            self.categories[number] = made
        elif self.categories[number].name != made.name:
            detail = f"the id of {self.categories[number].name} again, for {made.name}"
            self.skips.append(Skip(self._called("category", item, index), "duplicate id", detail))

    def _called(self, what: str, item: Any, index: int) -> str:
        number = coco.identity(item.get("id")) if isinstance(item, dict) else None
        return f"{self.source.name}: {what} {json.dumps(number) if number is not None else f'[{index}]'}"


def _column(values: array[int]) -> Numbers:
    """Whole numbers as an array; a copy, for what is exported can't grow."""
    return np.array(values, np.int64)
