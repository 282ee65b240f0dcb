"""``augment.explore``: sliders for a step's parameters, a live picture of what they do, and the YAML to copy.

Needs ``pip install 'augment[notebooks]'`` (ipywidgets).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import yaml

from augment import catalog
from augment.engine.items import Item
from augment.engine.recipe import AnyRecipe, Changes, Recipe, build, load
from augment.errors import AugmentError, RecipeError
from augment.notebook.given import at_hand, checked, streamed
from augment.notebook.preview import Preview
from augment.notebook.sections import Section, told
from augment.notebook.tree import Node, blocks

STORED = 500_000
"""Characters of HTML that a notebook keeps, to show where no kernel is; a bigger page is left out."""

PLAIN = 'style="line-height: 1.3; margin: 0 0 8px; white-space: pre-wrap; user-select: all; font-family: monospace"'
"""Of YAML: a click selects all of it."""


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


class Explorer:
    """The widgets of ``augment.explore``; all of them can be read and set from code too.

    Attributes:
        step: A dropdown of the recipe's steps, groups and policies, by their place (``image[0].Affine``), and of
            whole blocks (``image``). What is chosen always fires; of a block, steps fire as their p says.
        seed: The recipe's seed.
        copy: Which copy is drawn, from 1.
        again: A button that draws the next copy.
        picture: HTML: the original and what the step makes of it.
        problem: HTML: what is wrong and belongs to no parameter; empty where all is well.
        text: HTML: the YAML of what is chosen, and of the recipe.
        box: All of them as one widget.
    """

    def __init__(self, widgets: Any, recipe: Recipe, sample: Any) -> None:
        self._widgets = widgets
        self._text = replace(recipe.text, data=copy.deepcopy(recipe.text.data))
        self._recipe = recipe
        kind, item = at_hand(sample) if sample is not None else (None, None)
        self._item: Item | None = item
        self._previews: dict[tuple[str, bool], Preview] = {}
        self._wrong: dict[str, str] = {}
        self._blocks = blocks(self._text.data)
        self._nodes = {node.path: node for node in _offered(self._blocks) if kind in (None, node.kind)}
        if not self._nodes:
            kinds = {block.kind for block in self._blocks if block.steps}
            if isinstance(sample, str) and catalog.modality_of(Path(sample).suffix.lower()) in kinds:
                raise AugmentError(f"explore: {sample}: expected a file, there is none (in {Path.cwd()})")
            raise AugmentError(f"explore: expected a step to explore under `{kind or 'image'}:`, there is none")
        self._node = self._shown_first()
        self._section = Section(widgets, self._node, self._changed)
        self._placed()
        self.step.observe(self._chosen, "value")
        self.seed.observe(self._changed, "value")
        self.copy.observe(self._changed, "value")
        self.again.on_click(self._drawn_again)
        self._chosen()

    def _placed(self) -> None:
        """The widgets that stay, side by side where there is room."""
        widgets = self._widgets
        layout = widgets.Layout
        self.step = widgets.Dropdown(
            options=list(self._nodes),
            value=self._node.path,
            description="step",
            layout=layout(width="34em"),
            style={"description_width": "auto"},
        )
        narrow = {"layout": layout(width="auto"), "style": {"description_width": "auto"}}
        number, told_of = widgets.BoundedIntText, "Another seed, other draws."
        self.seed = number(self._recipe.frame.seed, min=0, max=2**53, description="seed", tooltip=told_of, **narrow)
        self.copy = number(1, min=1, max=10**6, description="copy", tooltip="Which copy is drawn.", **narrow)
        self.again = widgets.Button(description="draw again", tooltip="The next copy", layout=layout(width="auto"))
        self.problem, self.picture, self.text = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._sliders = widgets.VBox(
            layout=layout(width="37em", flex="none", max_height="46em", overflow="hidden auto")
        )
        seen = layout(flex="1 1 20em", min_width="0", padding="0 0 0 16px")
        right = widgets.VBox([self.problem, self.picture, self.text], layout=seen)
        wraps = layout(flex_flow="row wrap")
        above = widgets.HBox([self.step, self.seed, self.copy, self.again], layout=wraps)
        self.box = widgets.VBox([above, widgets.HBox([self._sliders, right], layout=wraps)])

    @property
    def controls(self) -> Mapping[str, Any]:
        """Parameter -> its widget, of what is chosen; of steps inside by their path (``steps[0].Affine.rotate``)."""
        return dict(self._section.controls())

    @property
    def wrong(self) -> Mapping[str, str]:
        """Path of a parameter -> what is wrong with it, as it is shown below it."""
        return dict(self._wrong)

    @property
    def recipe(self) -> Recipe:
        """The recipe as it is set now, checked. Raises RecipeError with what is wrong with it."""
        if unread := self._section.take():
            raise AugmentError("explore: " + "; ".join(f"{path}: {text}" for path, text in unread.items()))
        return build(replace(self._text, data=self._data()))

    @property
    def yaml(self) -> str:
        """The recipe as it is set now, also where a setting is wrong."""
        return _yaml(self._data())

    @property
    def step_yaml(self) -> str:
        """What is chosen, as a line of a recipe."""
        if self._node.parent is None:
            return _yaml({self._node.kind: self._node.data()})
        lines = _yaml(self._node.data()).removesuffix("\n...\n").strip().split("\n")
        return "- " + "\n  ".join(lines) + "\n"

    def __repr__(self) -> str:
        return f"<explore: {self._node.path}; .recipe and .yaml have what is set>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The widgets; where there are none (a stored notebook, a page made of it), the picture and YAML as now."""
        found = dict(self.box._repr_mimebundle_(**options))
        page = f"<div>{self.picture.value}{self.text.value}</div>"
        return {**found, "text/plain": repr(self), **({"text/html": page} if len(page) <= STORED else {})}

    def _drawn_again(self, button: Any = None) -> None:
        self.copy.value += 1

    def _chosen(self, change: Any = None) -> None:
        """Another step: its parameters, as they stand in the recipe."""
        before = self._section
        self._node = self._nodes[self.step.value]
        self._section = Section(self._widgets, self._node, self._changed)
        self._section.open()
        self._sliders.children = [self._section.box]
        before.close()
        self._changed()

    def _changed(self, change: Any = None) -> None:
        """A new setting: into the recipe, and onto the sample. What is wrong with it is shown, not raised."""
        problems = self._section.take()
        if not problems:
            try:
                self.picture.value = self._preview().html(self._node, self.seed.value, self.copy.value)
            except RecipeError as error:  # of the preview's recipe, whose paths are others
                problems = self._problems() or {"": "\n".join(map(str, error.problems))}
            except AugmentError as error:
                problems = {"": str(error)}
        self._wrong = problems
        rest = self._section.tell(problems)
        self.problem.value = told("\n".join(f"{path}\n  {text}" if path else text for path, text in rest.items()))
        shown = ((self._node.path, self.step_yaml), ("the recipe", self.yaml))
        self.text.value = "".join(f"<b>{escape(name)}</b><pre {PLAIN}>{escape(text)}</pre>" for name, text in shown)

    def _problems(self) -> dict[str, str]:
        """What is wrong with the recipe: path -> what was expected, and the fix."""
        try:
            build(replace(self._text, data=self._data()))
        except RecipeError as error:
            found: dict[str, str] = {}
            for one in error.problems:
                text = "\n".join(part for part in (one.expected, one.fix) if part)
                found[one.path] = f"{found[one.path]}\n{text}" if one.path in found else text
            return found
        return {}

    def _data(self) -> dict[str, Any]:
        """The recipe's data as it is set now."""
        data = dict(self._text.data)
        for block in self._blocks:
            if block.prepares:
                data["prepare"] = {**data["prepare"], block.kind: block.data()}
            else:
                data[block.kind] = block.data()
        if self.seed.value != self._recipe.frame.seed or "seed" in data:
            data["seed"] = self.seed.value
        return data

    def _shown_first(self) -> Node:
        """The first step that there is a sample for. Raises AugmentError where there is none for any."""
        problems: list[AugmentError] = []
        for node in self._nodes.values():
            self._node = node
            try:
                self._preview()
            except AugmentError as error:
                problems.append(error)
            else:
                if node.parent is not None:
                    return node
        raise problems[0]

    def _preview(self) -> Preview:
        """The sample, set up once for each modality."""
        key = (self._node.kind, not self._node.prepares)
        if key not in self._previews:
            self._previews[key] = Preview(self._recipe, key[0], self._item, key[1])
        return self._previews[key]


def _offered(found: list[Node]) -> list[Node]:
    """All that can be chosen: steps, groups and policies, and blocks of several."""
    return [
        node
        for block in found
        for node in block.walk()
        if node.parent is not None or (len(block.steps or ()) > 1 and not block.prepares)
    ]


def _yaml(data: Any) -> str:
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100))
