"""``augment.explore``: sliders for a step's parameters, a live picture of what they do, and the YAML to copy.

Needs ``pip install 'augment[notebooks]'`` (ipywidgets).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import yaml

from augment import catalog
from augment.contracts import Description
from augment.engine.draw import GROUPS
from augment.engine.items import Item
from augment.engine.recipe import AnyRecipe, Changes, Recipe, build, load
from augment.engine.source import KeyPath
from augment.errors import AugmentError, RecipeError
from augment.notebook.controls import Control, control
from augment.notebook.given import at_hand, checked, streamed
from augment.notebook.preview import Preview


def explore(recipe: AnyRecipe, sample: Any = None, **changes: Any) -> Explorer:
    """Try out a recipe's steps on one sample.

    Args:
        recipe: As for ``augment.run``, or a Plan, a Stream or one of our data sets for PyTorch and Keras, whose recipe
            is meant; it is not changed.
        sample: What is shown: a file; an Item; a picture, of Pillow or as an array or tensor (height, width[, 3])
            uint8, also (3, height, width) or floats from 0 to 1, with or without its class beside it; a pair of
            samples (channels, frames) float32 and their rate in Hz; or a text. None: the first source of the recipe's
            input.
        changes: As for ``augment.load`` (``input``, ``seed``, ``settings`` …).

    Returns:
        What Jupyter shows by itself; ``.recipe`` and ``.yaml`` are the recipe with what was set.

    Raises:
        AugmentError: ipywidgets is missing, or its kind says whether recipe or input is at fault; there is no step to
            explore, or the sample can't be had.
    """
    try:
        import ipywidgets
    except ImportError as error:
        missing = getattr(error, "name", None) or error
        told = f"augment.explore needs ipywidgets, which is not here ({missing})"
        raise AugmentError(f"{told}: pip install 'augment[notebooks]'") from None
    checked("explore", changes, Changes, "sample")
    made = streamed(recipe)
    return Explorer(ipywidgets, load(recipe if made is None else made.plan.recipe, **changes), sample)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a step stands in a recipe's data, whose it is, and how it is written there."""

    path: KeyPath
    kind: str
    name: str
    given: Mapping[str, Any]

    @property
    def prepares(self) -> bool:
        """Whether it is a step that every source takes once."""
        return self.path[0] == "prepare"

    def __str__(self) -> str:
        head, *rest = (*self.path, self.name)
        return str(head) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)


class Explorer:
    """The widgets of ``augment.explore``; all of them can be read and set from code too.

    Attributes:
        step: A dropdown of the recipe's steps, by their place (``image[0].Affine``).
        seed: The recipe's seed.
        controls: Parameter -> its widget, ``p`` among them; those of the step that is chosen.
        picture: HTML: the original and what the step makes of it.
        problem: HTML: what is wrong with a setting; empty where all is well.
        text: HTML: the YAML of the step, and of the recipe.
        box: All of them as one widget.
    """

    def __init__(self, widgets: Any, recipe: Recipe, sample: Any) -> None:
        self._widgets = widgets
        self._text = replace(recipe.text, data=copy.deepcopy(recipe.text.data))
        self._recipe = recipe
        kind, item = at_hand(sample) if sample is not None else (None, None)
        self._item: Item | None = item
        self._previews: dict[tuple[str, bool], Preview] = {}
        self._controls: list[Control] = []
        self._step: dict[str, Any] = {}
        self._seed = recipe.frame.seed
        places = {str(place): place for place in _places(self._text.data)}
        self._places = {name: place for name, place in places.items() if kind in (None, place.kind)}
        if not self._places:
            if isinstance(sample, str) and catalog.modality_of(Path(sample).suffix.lower()) in _kinds(places.values()):
                raise AugmentError(f"explore: {sample}: expected a file, there is none (in {Path.cwd()})")
            raise AugmentError(f"explore: expected a step to explore under `{kind or 'image'}:`, outside of policies")
        self._place = self._shown_first()
        first = str(self._place)
        self.step = widgets.Dropdown(
            options=list(self._places), value=first, description="step", layout=_wide(widgets)
        )
        self.seed = widgets.BoundedIntText(
            value=recipe.frame.seed, min=0, max=2**53, description="seed", tooltip="Another seed, other draws."
        )
        self.problem, self.picture, self.text = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._sliders = widgets.VBox()
        left = widgets.VBox([self._sliders, self.text])
        right = widgets.VBox([self.problem, self.picture])
        self.box = widgets.VBox([widgets.HBox([self.step, self.seed]), widgets.HBox([left, right])])
        self.step.observe(self._chosen, "value")
        self.seed.observe(self._changed, "value")
        self._chosen()

    @property
    def controls(self) -> Mapping[str, Any]:
        """Parameter -> its widget, of the step that is chosen."""
        return {one.name: one.widget for one in self._controls}

    @property
    def recipe(self) -> Recipe:
        """The recipe as it is set now, checked. Raises RecipeError with what is wrong with it."""
        self._take()
        return build(self._text)

    @property
    def yaml(self) -> str:
        """The recipe as it is set now, also where a setting is wrong."""
        return _yaml(self._text.data)

    @property
    def step_yaml(self) -> str:
        """The step that is chosen, as a line of a recipe."""
        return _yaml([self._step])

    def __repr__(self) -> str:
        return f"<explore: {self._place}; .recipe and .yaml have what is set>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.box._repr_mimebundle_(**options)

    def _chosen(self, change: Any = None) -> None:
        """Another step: its parameters, as they stand in the recipe."""
        for one in self._controls:
            one.widget.unobserve_all()
        self._place = self._places[self.step.value]
        item = _at(self._text.data, self._place.path)
        given = _body(item)[1]
        described = catalog.modality(self._place.kind).describe(self._place.name)
        self._controls = list(_controls(self._widgets, described, given))
        self._given = given
        for one in self._controls:
            one.widget.observe(self._changed, "value")
        self._sliders.children = [one.widget for one in self._controls]
        self._changed()

    def _changed(self, change: Any = None) -> None:
        """A new setting: into the recipe, and onto the sample. What is wrong with it is shown, not raised."""
        problem = ""
        try:
            self._take()
            self.picture.value = self._preview().html(self._step, self.seed.value)
        except RecipeError as error:  # the preview's recipe has this step only
            here = f"{self._place.kind}[0].{self._place.name}"
            moved = [
                replace(one, path=one.path.replace(here, str(self._place), 1), place="") for one in error.problems
            ]
            problem = "<br>".join(escape(str(one)) for one in moved)
        except AugmentError as error:
            problem = escape(str(error))
        self.problem.value = f'<div style="border-left: 4px solid #d55e00; padding: 4px">{problem}</div>' * bool(
            problem
        )
        shown = f"<b>this step</b><pre>{escape(self.step_yaml)}</pre><b>the recipe</b><pre>{escape(self.yaml)}</pre>"
        self.text.value = f'<div style="line-height: 1.3">{shown}</div>'

    def _take(self) -> None:
        """Write what the widgets say into the recipe; what is as it was, and was not written, is left out."""
        body = dict(self._given)
        for one in self._controls:
            if one.value != one.first or one.name in self._given:
                body[one.name] = self._given[one.name] if one.value == one.first else one.value
        self._step = {self._place.name: body}
        *above, last = self._place.path
        _at(self._text.data, tuple(above))[last] = self._step
        if self.seed.value != self._seed or "seed" in self._text.data:
            self._text.data["seed"] = self.seed.value

    def _shown_first(self) -> Place:
        """The first step that there is a sample for. Raises AugmentError where there is none for any."""
        problems: list[AugmentError] = []
        for place in self._places.values():
            self._place = place
            try:
                self._preview()
            except AugmentError as error:
                problems.append(error)
            else:
                return place
        raise problems[0]

    def _preview(self) -> Preview:
        """The sample, set up once for each modality."""
        key = (self._place.kind, not self._place.prepares)
        if key not in self._previews:
            self._previews[key] = Preview(self._recipe, key[0], self._item, key[1])
        return self._previews[key]


def _kinds(places: Iterable[Place]) -> set[str | None]:
    return {place.kind for place in places}


def _wide(widgets: Any) -> Any:
    return widgets.Layout(width="34em")


def _controls(widgets: Any, described: Description, given: Mapping[str, Any]) -> Iterator[Control]:
    """Those that the recipe gives first, then the others; what has to be given and is not has none."""
    listed = sorted(described.parameters, key=lambda one: one.name not in given)
    for parameter in listed:
        if parameter.name in given or parameter.default != "required":
            yield control(widgets, parameter, given)


def _places(data: Mapping[str, Any]) -> Iterator[Place]:
    """Every step of a recipe that stands by itself or in groups; policies vary the values of those inside."""
    known = catalog.names("modalities")
    prepare = data.get("prepare") or {}
    for kind in (name for name in data if name in known):
        yield from _inside(data[kind], (kind,), kind)
    for kind in (name for name in prepare if name in known):
        yield from _inside(prepare[kind], ("prepare", kind), kind)


def _inside(block: Any, path: KeyPath, kind: str) -> Iterator[Place]:
    if isinstance(block, Mapping):
        block, path = block.get("steps"), (*path, "steps")
    for number, item in enumerate(block or ()):
        name, body = _body(item)
        here = (*path, number)
        if name in GROUPS:
            yield from _inside(item[name], (*here, name), kind)
        elif name in catalog.modality(kind).names():
            yield Place(here, kind, name, body)


def _body(item: Any) -> tuple[str, dict[str, Any]]:
    """The name of a step, and its parameters; of a group only its name counts."""
    if isinstance(item, str):
        return item, {}
    name, body = next(iter(item.items()))
    return str(name), dict(body) if isinstance(body, Mapping) else {}


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data


def _yaml(data: Any) -> str:
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100))
