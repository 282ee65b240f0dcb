"""The file ``data.yaml`` of a YOLO data set, as https://docs.ultralytics.com/datasets/detect describes it.

Names of classes are taken as they are written: YAML 1.1 would read a class called ``no`` as false, ``1.10`` as 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from augment.errors import InputError, SampleError
from augment.readers import _files

ENDINGS = (".yaml", ".yml")
LARGEST = 4_000_000
"""Most bytes of a data.yaml; one with a thousand classes has 30,000."""

MOST_CLASSES = 100_000
MOST_POINTS = 10_000
SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test", "minival": "minival"}
"""Keys that say where pictures are -> the split's name. Ultralytics renames ``validation`` too."""

RESERVED = frozenset({*SPLITS, "path", "names", "nc", "kpt_shape", "kpt_names", "download", "yaml_file"})
"""Keys that say how the files lie, and ``download``, which Ultralytics runs as code: they don't ride along."""


@dataclass(frozen=True, slots=True)
class Config:
    """What a data.yaml says.

    Args:
        file: Its path, for messages.
        lines: Key -> line, from 1.
        path: The root of the data set as written; empty where not said.
        splits: Name of a split -> key it stands under, and the folders or lists of pictures as written.
        names: Number of a class -> name; empty where not said.
        points: How many keypoints an instance has, and how many numbers (2 or 3) each has; None without keypoints.
        keypoints: Number of a class -> names of its keypoints.
        fields: All other keys, JSON values only.
    """

    file: Path
    lines: Mapping[str, int]
    path: str = ""
    splits: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    points: tuple[int, int] | None = None
    keypoints: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def place(self, key: str) -> str:
        """``file:line`` of a key."""
        return f"{self.file}:{self.lines.get(key, 1)}"


def resembles(file: Path) -> bool:
    """Whether a file is a data.yaml: it names classes and says where pictures are. Never raises."""
    try:
        _, data = _loaded(file)
    except InputError:
        return False
    return bool({"names", "nc"} & data.keys() and SPLITS.keys() & data.keys())


def parse(file: Path, named: bool) -> Config:
    """Read a data.yaml; ``named``: the recipe names the classes, so what the file says of them is passed over.

    Raises:
        InputError: It can't be read, is no YAML, or what it says can't be; with its line.
    """
    node, data = _loaded(file)
    nodes = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    lines = {name: key.start_mark.line + 1 for name, (key, _) in nodes.items()}
    config = Config(file, lines)
    names = {} if named or "names" not in nodes else _names(config, nodes["names"][1])
    points = _points(config, data.get("kpt_shape"))
    return Config(
        file=file,
        lines=lines,
        path=_text(config, "path", data.get("path")),
        splits=_splits(config, data),
        names=names if named else _counted(config, names, data.get("nc")),
        points=points,
        keypoints=_keypoints(config, data.get("kpt_names"), points),
        fields=_fields(config, data, points),
    )


def _loaded(file: Path) -> tuple[yaml.MappingNode, dict[Any, Any]]:
    """The file's mapping as nodes, which know their lines and texts, and as data. Raises InputError."""
    try:
        if file.stat().st_size > LARGEST:
            raise InputError(f"{file}: more than {LARGEST} bytes; expected a data.yaml")
        loader = yaml.SafeLoader(_files.read(str(file)).decode("utf-8-sig"))
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except OSError as error:
        raise InputError(f"{file}: can't be read ({error.strerror})") from None
    except SampleError as error:
        raise InputError(f"{file}: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text ({error.reason}); save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{file}:{line}: not YAML: {error.problem}") from None
    except RecursionError:
        raise InputError(f"{file}: nested too deep") from None
    except (yaml.YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        raise InputError(f"{file}: not YAML: {error}") from None  # PyYAML lets these out for odd dates and tags
    if not isinstance(node, yaml.MappingNode) or not isinstance(data, dict):
        raise InputError(f"{file}: expected keys such as train: and names:, as in a YOLO data.yaml")
    return node, data


def _names(config: Config, node: yaml.Node) -> dict[int, str]:
    """A list of names, or a mapping of number to name."""
    found: dict[int, str] = {}
    if isinstance(node, yaml.SequenceNode):
        pairs = [(str(number), value) for number, value in enumerate(node.value)]
    elif isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), value) for key, value in node.value]
    else:
        raise InputError(f"{config.place('names')}: names: expected a list of names, or number: name")
    for number, value in pairs:
        place = f"{config.file}:{value.start_mark.line + 1}: names: "
        if not re.fullmatch(r"0*[0-9]{1,9}", number) or int(number) >= MOST_CLASSES:
            raise InputError(f"{place}expected the number of a class below {MOST_CLASSES}, got {number[:40]!r}")
        if not isinstance(value, yaml.ScalarNode) or not value.value.strip():
            raise InputError(f"{place}expected a name for class {number}; quote it if it has odd characters")
        if int(number) in found:
            raise InputError(f"{place}class {int(number)} has two names: {found[int(number)]} and {value.value}")
        found[int(number)] = str(value.value)
    return found


def _counted(config: Config, names: dict[int, str], count: Any) -> dict[int, str]:
    """Names, checked against ``nc`` and for names that stand twice; the numbers themselves where there are none."""
    if count is not None and (not isinstance(count, int) or not 0 <= count < MOST_CLASSES):
        raise InputError(f"{config.place('nc')}: nc: expected a number of classes, got {str(count)[:40]!r}")
    if not names:
        return {number: str(number) for number in range(count or 0)}
    if count is not None and count != len(names):
        raise InputError(
            f"{config.place('nc')}: nc is {count}, but names has {len(names)}; mend one of them, or say "
            "input: {names: [...]}"
        )
    first: dict[str, int] = {}
    for number, name in names.items():
        if first.setdefault(name, number) != number:
            raise InputError(
                f"{config.place('names')}: classes {first[name]} and {number} are both called {name}; rename one. To "
                "make them one class, say input: {names: {number: name, ...}} with all of them"
            )
    return names


def _text(config: Config, key: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise InputError(f"{config.place(key)}: {key}: expected the path of a folder, got {str(value)[:40]!r}")
    return value.strip()


def _splits(config: Config, data: Mapping[Any, Any]) -> dict[str, tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for key, split in SPLITS.items():
        value = data.get(key)
        parts = value if isinstance(value, list) else [value]
        named = tuple(name for name in (_text(config, key, part) for part in parts) if name)
        if named and split in found:
            raise InputError(f"{config.place(key)}: both {found[split][0]} and {key} are there; leave one of them out")
        if named:
            found[split] = (key, named)
    return found


def _points(config: Config, shape: Any) -> tuple[int, int] | None:
    if shape is None:
        return None
    if isinstance(shape, list) and len(shape) == 2 and all(type(number) is int for number in shape):
        count, numbers = shape
        if 1 <= count <= MOST_POINTS and numbers in (2, 3):
            return count, numbers
    raise InputError(
        f"{config.place('kpt_shape')}: kpt_shape: expected [number of keypoints, 2 or 3], got {str(shape)[:40]}"
    )


def _keypoints(config: Config, named: Any, points: tuple[int, int] | None) -> dict[int, tuple[str, ...]]:
    """Names of keypoints by class; Ultralytics itself only prints them, so odd ones are passed over."""
    if not isinstance(named, dict) or points is None:
        return {}
    return {
        number: tuple(str(name) for name in names)
        for number, names in named.items()
        if type(number) is int and isinstance(names, list) and len(names) <= points[0]
    }


def _fields(config: Config, data: Mapping[Any, Any], points: tuple[int, int] | None) -> dict[str, Any]:
    """All keys that say nothing of how the files lie."""
    flip = data.get("flip_idx")
    if flip is not None and points is not None:
        whole = isinstance(flip, list) and all(type(place) is int for place in flip)
        if not whole or sorted(flip) != list(range(points[0])):
            raise InputError(
                f"{config.place('flip_idx')}: flip_idx: expected each number from 0 to {points[0] - 1} once, as many "
                f"as kpt_shape says, got {str(flip)[:60]}"
            )
    budget = [10_000]
    try:
        kept = {str(key): _plain(value, budget) for key, value in data.items() if str(key) not in RESERVED}
    except RecursionError:  # an alias in itself
        budget[0] = -1
    if budget[0] < 0:  # aliases of aliases grow without end
        raise InputError(f"{config.file}: too much in it; expected a data.yaml")
    return kept


def _plain(value: Any, budget: list[int]) -> Any:
    """As JSON values; what JSON does not have (dates) becomes its text."""
    budget[0] -= 1
    if budget[0] < 0:
        return None
    if isinstance(value, dict):
        return {str(key): _plain(inner, budget) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner, budget) for inner in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
