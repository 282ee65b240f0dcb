"""Steps of the user's own: ``@augment.step`` on a function, and it works in recipes and in worker processes.

    @augment.step("image", labels="keeps")
    def Sepia(image: np.ndarray, rng: np.random.Generator, *, strength: float = 0.5) -> np.ndarray:
        "Tints a picture brown."
        ...

    image: [{Sepia: {strength: 0.8, p: 0.3}}]

What moves the pixels of a picture gives the matrix by which it does, and all that is annotated follows:

    @augment.step("image", labels="matrix")
    def Mirror(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, list[list[float]]]:
        "Mirrors a picture."
        return image[:, ::-1], [[-1, 0, image.shape[1]], [0, 1, 0]]

A recipe finds steps that were defined in this process (a notebook's cell), in modules that it names
(``plugins: [my_package.steps]``), and in installed packages with an entry point in the group ``augment.steps``.
Workers import the function's module; a function that has none, as in a notebook, crosses to them by cloudpickle.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
import traceback
import typing
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pydantic

from augment import native
from augment.chance import Chance
from augment.contracts import Description, Effect, Step
from augment.errors import AugmentError, Problem, RecipeError, SampleError
from augment.failures import failed
from augment.fingerprints import code_sha256
from augment.options import Options
from augment.sample import Applied, Dataset, Sample

Says = Literal["keeps", "matrix", "moves", "may break"]
Function = TypeVar("Function", bound=Callable[..., Any])

Fields = Mapping[str, tuple[Any, Any]]
"""Parameter -> its type and default (``...``: it has none)."""

Change = Callable[[Any], Any]
"""What a step does to a plain value."""

Onto = Callable[["Definition", Change, Sample], Sample]
"""How a modality has a function of plain values done to a sample."""

GROUP = "augment.steps"
RESERVED = ("p", "allow_label_change")
FOLLOWS = "Boxes, masks and keypoints move with the pixels, by the matrix that it gives."


@dataclass(frozen=True, eq=False)
class Definition:
    """A function that was made a step.

    Args:
        name: Its own, as in recipes.
        modality: Whose values it works on.
        function: ``(value, rng, **parameters) -> value`` or ``(sample, chance, **parameters) -> Sample``; either may
            end with a mapping, which goes to the provenance.
        fields: Its parameters.
        effect: What it does to labels; ``note`` says so in a sentence.
        note: See there.
        p: Chance that it fires where a recipe doesn't say.
        whole: Whether it takes sample and chance.
        sha256: Of its code.
        matrix: Whether it gives the matrix by which it moves pixels: a pair of value and matrix.
    """

    name: str
    modality: str
    function: Callable[..., Any]
    fields: Fields
    effect: Effect
    note: str
    p: float
    whole: bool
    sha256: str
    matrix: bool = False

    @cached_property
    def options(self) -> type[Options]:
        """Its parameters as a model. Raises AugmentError where there can't be one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a parameter may be called as a method of the model is
            try:
                made: type[Options] = pydantic.create_model(self.name, __base__=Options, **self.fields)  # type: ignore[call-overload]
            except Exception as error:  # whatever pydantic says of a type that it doesn't know
                raise AugmentError(f"{self.name}: expected types of plain data for its parameters: {error}") from None
        return made

    def build(self, parameters: Mapping[str, Any], onto: Onto) -> OwnStep:
        """A step from its recipe. Raises RecipeError with every problem."""
        options, p = native.checked(self.name, self.options, parameters, self.p)
        return OwnStep(self, p, {name: getattr(options, name) for name in self.fields}, onto)

    def describe(self) -> Description:
        """What ``augment describe`` prints."""
        summary = " ".join((inspect.getdoc(self.function) or "A step of your own.").split("\n\n")[0].split())
        listed = native.listed(self.options, self.p)
        return Description(self.name, summary, self.effect, self.note, listed, "")

    def __reduce__(self) -> tuple[Any, ...]:
        """Cross to a worker: by its module, else as code."""
        return _restored, _carried(self)


@dataclass(frozen=True)
class OwnStep:
    """One step with its parameters fixed; see the Step contract."""

    definition: Definition
    p: float
    parameters: Mapping[str, Any]
    onto: Onto

    @property
    def name(self) -> str:
        """As in the recipe."""
        return self.definition.name

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it. Raises SampleError, which says where in the user's code whatever it raises was raised."""
        try:
            return self._applied(sample, chance)
        except SampleError:
            raise
        except Exception as error:  # it is somebody's code
            raise failed(self.name, error, self.definition.function) from error

    def _applied(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """The same; raises what the function raises."""
        told: dict[str, Any] = {}

        def result(made: Any) -> Any:
            if isinstance(made, tuple) and len(made) in (2, 3) and isinstance(made[-1], Mapping):
                told.update(made[-1])
                return made[0] if len(made) == 2 else made[:-1]
            return made

        function = self.definition.function
        if self.definition.whole:
            found = result(function(sample, chance, **self.parameters))
            if not isinstance(found, Sample):
                raise TypeError(f"{self.name} gave {type(found).__name__}, not a Sample")
        else:
            rng = chance.generator()  # one for all texts of a row, in their order

            def change(value: Any) -> Any:
                return result(function(value, rng, **self.parameters))

            found = self.onto(self.definition, change, sample)
        return found, Applied(self.name, json.loads(json.dumps(told, default=_listed)))


_STEPS: dict[tuple[str, str], Definition] = {}


def step(modality: str, *, labels: Says, note: str = "", p: float = native.P) -> Callable[[Function], Function]:
    """Make a function a step; it stays the function that it was.

    The function is ``(value, rng, *, parameters) -> value``: a picture (height, width, 3) uint8, or (height, width)
    where it is gray; a ``Clip``, to be given back as one or as its samples (channels, frames); a text, one after the
    other where a row has several. Or, where its second parameter is called ``chance``, it is ``(sample, chance, *,
    parameters) -> Sample`` and answers for annotations itself. Each may end its result with a mapping of numbers and
    texts for the provenance: ``value, mapping``. Parameters have types or defaults, which a recipe's values are
    checked against. All randomness must come from ``rng`` (a ``numpy.random.Generator``) or ``chance``.

    With ``labels="matrix"`` a function of pictures gives ``pixels, matrix`` or ``pixels, matrix, mapping``, and boxes,
    outlines, masks and keypoints follow by the matrix; the picture may get another size. It is 3x3, or 2x3 where it is
    affine, and moves a place (x, y, 1) of the picture as given to its place in the result. Places are continuous, in
    pixels: pixel (0, 0) covers [0, 1) x [0, 1), so a mirror is ``[[-1, 0, width], [0, 1, 0]]``. OpenCV counts from
    the middle of pixels: for cv2.warpAffine and cv2.warpPerspective it is ``inv(H) @ matrix @ H`` with ``H = [[1, 0,
    0.5], [0, 1, 0.5], [0, 0, 1]]``.

    Args:
        modality: ``image``, ``audio`` or ``text``.
        labels: ``keeps``: all labels stay true and where they are; ``matrix``: pixels of a picture go elsewhere, and
            labels with them, see above; ``moves``: pixels or moments go elsewhere, which only data whose labels say
            nothing of places may go through, unless the function takes sample and chance; ``may break``: a recipe
            must say ``allow_label_change: true``.
        note: The effect on labels in a sentence, for ``augment describe``.
        p: Chance that it fires where a recipe doesn't say.

    Raises:
        AugmentError: The modality is unknown or has no such labels, the function's signature can't be a step's, or its
            name is taken.
    """
    known = importlib.util.find_spec(f"augment.{modality}") is not None and modality.isidentifier()
    if not known and not list(entry_points(group="augment.modalities", name=modality)):
        raise AugmentError(f"step: expected a modality, such as image, audio or text, got {modality!r}")
    if labels not in typing.get_args(Says):
        raise AugmentError(f"step: labels: expected one of {', '.join(typing.get_args(Says))}, got {labels!r}")
    if labels == "matrix" and modality != "image":
        raise AugmentError(
            f"step: labels: expected keeps, moves or may break, got 'matrix', which is for pictures; {modality} has "
            "no places that a matrix could move"
        )
    if isinstance(p, bool) or not 0 <= p <= 1:
        raise AugmentError(f"step: p: expected a probability from 0 to 1, got {p!r}")

    def made(function: Function) -> Function:
        fields, whole = _signature(function)
        name, digest, matrix = function.__name__, code_sha256(function), labels == "matrix"
        if whole and matrix:
            raise AugmentError(
                f"step: {name}: expected (image, rng, *, parameters) with labels='matrix'; what takes sample and "
                "chance moves annotations itself: say labels='moves', or take a picture and give (pixels, matrix)"
            )
        effect: Effect = "moves" if labels == "matrix" else labels
        said = note or (FOLLOWS if matrix else "")
        _add(Definition(name, modality, function, fields, effect, said, float(p), whole, digest, matrix))
        return function

    return made


def find(modality: str, name: str, taken: Callable[[], Collection[str]]) -> Definition | None:
    """The definition of a step, or None. Raises RecipeError where its name is one of those that are ``taken``."""
    _installed()
    found = _STEPS.get((modality, name))
    if found is not None and name in taken():
        raise RecipeError([Problem("", f"{name} is a step of augment's, and of {_home(found)}", "rename your own")])
    return found


def names(modality: str) -> list[str]:
    """Names of all steps that are defined for a modality."""
    _installed()
    return sorted(name for kind, name in _STEPS if kind == modality)


def effect(step: Step) -> tuple[Effect, str] | None:
    """What a step does to labels, and that in a sentence; None for a step that is nobody's own."""
    return (step.definition.effect, step.definition.note) if isinstance(step, OwnStep) else None


def objections(step: Step, dataset: Dataset) -> Iterator[str]:
    """Why labels of a data set can't follow a step of the user's own."""
    if not isinstance(step, OwnStep) or not dataset.located:
        return
    found = step.definition
    if found.effect == "moves" and not found.whole and not found.matrix:
        matrix = "say labels='matrix' and give (pixels, matrix), or " if found.modality == "image" else ""
        yield (
            f"{step.name} moves what labels are for, and gives only a value; {matrix}write it as (sample, chance), to "
            "move sample.annotations too, or say labels='keeps' if nothing moves"
        )


def by_matrix(step: Step) -> bool:
    """Whether it is a step of the user's own that moves pixels by a matrix, which may be a mirror's."""
    return isinstance(step, OwnStep) and step.definition.matrix


def used(steps: Iterable[Step]) -> tuple[Definition, ...]:
    """The definitions behind some steps, each once."""
    return tuple({id(one.definition): one.definition for one in steps if isinstance(one, OwnStep)}.values())


def load(plugins: Sequence[str], problems: list[Problem]) -> None:
    """Import the modules that a recipe names, so that their steps are known."""
    for place, name in enumerate(plugins):
        path = f"plugins[{place}]"
        fix = f"write {Path(name).stem}, without .py, its folder on PYTHONPATH" if name.endswith(".py") else ""
        if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
            problems.append(Problem(path, f"expected a module, such as my_package.steps, got {name!r}", fix))
            continue
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            fix = fix or "install it, or put its folder on PYTHONPATH"
            problems.append(Problem(path, f"expected a module that can be imported, got {name!r}: {error}", fix))
        except Exception as error:  # it is somebody's code
            line = traceback.extract_tb(error.__traceback__)[-1]
            # A syntax error of the module itself says where; its last line here is the import machinery's.
            where = "" if line.filename.startswith("<frozen ") else f" ({line.filename}:{line.lineno})"
            problems.append(Problem(path, f"importing {name} fails: {type(error).__name__}: {error}{where}"))


@cache
def _installed() -> None:
    """Import the modules that installed packages name."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        try:
            point.load()
        except Exception as error:  # as above
            told = f"{point.value}, an entry point of {GROUP}, can't be loaded: {type(error).__name__}: {error}"
            raise AugmentError(f"{told}; mend or uninstall {point.dist.name if point.dist else 'it'}") from error


def _add(made: Definition) -> None:
    """Take a step in. A notebook's cell that runs again defines it anew."""
    before = _STEPS.get((made.modality, made.name))
    if before is not None and _home(before) != _home(made):
        raise AugmentError(f"step: {made.name} is defined in {_home(before)} and in {_home(made)}; rename one")
    _STEPS[made.modality, made.name] = made


def _home(found: Definition) -> str:
    return str(found.function.__module__)


def _signature(function: Callable[..., Any]) -> tuple[Fields, bool]:
    """The parameters of a function beside the first two, and whether these are sample and chance."""
    name = getattr(function, "__name__", "<lambda>")
    if not name.isidentifier():
        raise AugmentError("step: expected a function with a name, for recipes to call it by")
    given = list(inspect.signature(function).parameters.values())
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(given) < 2 or any(one.kind not in places for one in given[:2]):
        raise AugmentError(f"step: {name}: expected (value, rng, *, parameters) or (sample, chance, *, parameters)")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, SyntaxError) as error:
        raise AugmentError(f"step: {name}: expected types that are known here: {error}") from None
    fields: dict[str, tuple[Any, Any]] = {}
    for one in given[2:]:
        if one.kind not in (*places[1:], inspect.Parameter.KEYWORD_ONLY) or one.name in RESERVED:
            raise AugmentError(f"step: {name}: expected named parameters, other than p, got {one}")
        none = one.default is inspect.Parameter.empty
        if one.name not in hints and (none or one.default is None):
            raise AugmentError(f"step: {name}: expected a type or a default for {one.name}, as in {one.name}: float")
        try:
            default = ... if none else one.default
            json.dumps(None if none else default)
        except (TypeError, ValueError):
            raise AugmentError(f"step: {name}: expected plain data as the default of {one.name}") from None
        fields[one.name] = _strict(hints.get(one.name, type(one.default))), default
    return fields, given[1].name == "chance" or hints.get(given[1].name) is Chance


def _strict(kind: Any) -> Any:
    """A type of a parameter, such that no number is taken for a text, nor a truth for a number."""
    plain = typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind
    if plain is float:
        return Annotated[kind, pydantic.Strict(), pydantic.Field(allow_inf_nan=False)]
    return Annotated[kind, pydantic.Strict()] if plain in (int, bool, str) else kind


def _carried(found: Definition) -> tuple[Any, ...]:
    """How a definition crosses to another process."""
    function = found.function
    home: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        home = getattr(home, part, None)
    if home is function and function.__module__ != "__main__":
        return ("module", found.modality, found.name, found.sha256, function.__module__)
    try:
        import cloudpickle
    except ImportError:
        return ("here", found.modality, found.name, found.sha256, None)
    facts = {name: getattr(found, name) for name in Definition.__dataclass_fields__}
    return ("code", found.modality, found.name, found.sha256, cloudpickle.dumps(facts))


def _restored(how: str, modality: str, name: str, sha256: str, rest: Any) -> Definition:
    """The reverse. Raises AugmentError where it can't be had here, or is another by now."""
    known = _STEPS.get((modality, name))
    if how == "module" and known is None:
        importlib.import_module(rest)
        known = _STEPS.get((modality, name))
    if known is not None and known.sha256 == sha256:
        return known
    if how == "code":
        import pickle

        made = Definition(**pickle.loads(rest))  # noqa: S301 - our own parent wrote it
        _STEPS[modality, name] = made
        return made
    if how == "module":
        raise AugmentError(f"{name}: {rest} has changed since it was imported; start Python (or the kernel) anew")
    raise AugmentError(
        f"{name} is defined in a notebook or a script, where workers can't find it: move it into a module and name "
        f"that in the recipe, as in plugins: [my_steps], or pip install cloudpickle"
    )


def _listed(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON has them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"expected numbers and texts for the provenance, got {type(value).__name__}")
