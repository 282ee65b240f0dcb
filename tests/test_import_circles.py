"""Imports go one way: no module needs itself by way of others, not even by an import that waits within a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "augment"
FILES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
MODULES = {name.removesuffix(".__init__"): path for name, path in FILES.items()}


def nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """All below a node, less what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from nodes(node)


def imported(text: str) -> set[str]:
    """The modules of augment that a source imports anywhere."""
    found: set[str] = set()
    for node in nodes(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inner}
    return found & MODULES.keys()


def test_an_import_is_found_wherever_it_stands() -> None:
    lazy = "def f():\n    if 1:\n        from augment import chance\n        import augment.own as own\n"
    assert imported(lazy) == {"augment.chance", "augment.own"}
    assert imported("if TYPE_CHECKING:\n    from augment.own import step\n") == set()
    assert imported("from augment.own import step") == {"augment.own"}


def test_imports_go_one_way() -> None:
    assert len(MODULES) > 100
    graph = {name: imported(path.read_text(encoding="utf-8")) - {name} for name, path in MODULES.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError("a circle: " + " <- ".join(error.args[1])) from None
