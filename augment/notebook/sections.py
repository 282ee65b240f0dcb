"""The widgets of a step, group or policy: a row a parameter, what is wrong below it, and folds for steps inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any

from augment.errors import AugmentError
from augment.notebook.controls import Control, control
from augment.notebook.tree import Node

WRONG = "border-left: 4px solid #d55e00; padding: 2px 6px; margin: 0 0 4px; line-height: 1.35; white-space: pre-wrap"


class Section:
    """The widgets of a node; those of the nodes inside are made when their fold is opened.

    Args:
        widgets: The module ipywidgets.
        node: What they set.
        changed: Called after each change.
    """

    def __init__(self, widgets: Any, node: Node, changed: Callable[[Any], None]) -> None:
        self.node = node
        self.box = widgets.VBox()
        self._widgets = widgets
        self._changed = changed
        self._controls: list[Control] = []
        self._given: dict[str, Any] = {}
        self._inside: list[Section] = []
        self._folds: Any = None
        self._rows: dict[str, Any] = {}
        self._made = False

    def open(self) -> None:
        """Make the widgets, once."""
        if self._made:
            return
        self._made = True
        self._given = dict(self.node.now)
        self._controls = [control(self._widgets, one, self._given) for one in self.node.parameters()]
        for one in self._controls:
            one.widget.observe(self._changed, "value")
            self._rows[one.name] = self._widgets.VBox([one.widget], layout={"flex": "none"})
        self._inside = [Section(self._widgets, one, self._changed) for one in self.node.steps or ()]
        if self._inside:
            titles = [f"[{one.node.number}] {one.node.name}" for one in self._inside]
            boxes = [one.box for one in self._inside]
            self._folds = self._widgets.Accordion(children=boxes, titles=titles, selected_index=None)
            self._folds.observe(self._unfolded, "selected_index")
        self.box.children = (*self._rows.values(), *([self._folds] if self._folds is not None else []))

    def controls(self) -> Iterator[tuple[str, Any]]:
        """Parameter -> its widget; those inside by their path from here. All of them are made for it."""
        self.open()
        for one in self._controls:
            yield one.name, one.widget
        for section in self._inside:
            place = section.node.path.removeprefix(self.node.path).removeprefix(".")
            yield from ((f"{place}.{name}", widget) for name, widget in section.controls())

    def take(self) -> dict[str, str]:
        """Write what the widgets say into the nodes; what is as it was, and was not written, is left out.

        Returns:
            Path of a parameter -> what is wrong with what was written for it.
        """
        now, wrong = dict(self._given) if self._made else dict(self.node.now), {}
        for one in self._controls:
            try:
                value = one.value
            except AugmentError as error:
                wrong[one.name] = str(error)
                continue
            if value != one.first:
                now[one.name] = value
        self.node.now = now
        found = {f"{self.node.path}.{name}": text for name, text in wrong.items()}  # its path is of what is written
        for section in self._inside:
            found.update(section.take())
        return found

    def tell(self, problems: Mapping[str, str]) -> dict[str, str]:
        """Show each problem below the parameter that its path names; those that belong to none are given back."""
        rest, own = dict(problems), {}
        for path, text in problems.items():
            for one in self._controls:
                here = f"{self.node.path}.{one.name}"
                if path == here or path.startswith((f"{here}.", f"{here}[")):
                    own[one.name] = text
                    del rest[path]
                    break
        for section in self._inside:
            rest = section.tell(rest)
        for name, row in self._rows.items():
            self._note(row, told(own.get(name, "")))
        return rest

    def close(self) -> None:
        """Let go of all widgets."""
        for section in self._inside:
            section.close()
        for row in self._rows.values():
            for widget in row.children:
                _closed(widget)
            _closed(row)
        for widget in (self._folds, self.box):
            if widget is not None:
                _closed(widget)

    def _unfolded(self, change: Any) -> None:
        if change["new"] is not None:
            self._inside[change["new"]].open()

    def _note(self, row: Any, text: str) -> None:
        """Below a control only, so that those after it stay as they are, with the cursor in them."""
        before = row.children[1].value if len(row.children) > 1 else ""
        if text == before:
            return
        if text and before:
            row.children[1].value = text
            return
        old = row.children[1:]
        row.children = (row.children[0], *([self._widgets.HTML(text)] if text else []))
        for note in old:
            _closed(note)


def _closed(widget: Any) -> None:
    """Let go of a widget, and of what it is laid out by, which are widgets of their own."""
    widget.unobserve_all()
    for one in (widget, widget.layout, getattr(widget, "style", None)):
        if one is not None:
            one.close()


def told(problem: str) -> str:
    """A problem in HTML; nothing where there is none."""
    return f'<div style="{WRONG}">{escape(problem, quote=False)}</div>' if problem else ""
