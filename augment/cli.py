"""The command line: parse, call, print. No logic of its own; heavy imports wait for the verb that needs them."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import dataclasses
import json
import os
import signal
import sys
import traceback
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from augment import __version__
from augment.errors import AugmentError, RecipeError

app = typer.Typer(
    name="augment",
    help="Grow a small labelled data set into a bigger one: exactly, repeatably, resumably.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130


class OnError(str, Enum):
    """What a bad source or copy does."""

    skip = "skip"
    stop = "stop"


RecipeArgument = Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe (YAML), or a folder or table.")]
Input = Annotated[Path | None, typer.Option("--input", "-i", help="Folder or table with the sources.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Folder for the grown set.")]
Multiplier = Annotated[int | None, typer.Option("--multiplier", "-n", min=1, help="Outputs for each source of train.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="path.to.key=value, over the recipe; repeatable.")]
Append = Annotated[bool, typer.Option("--append", help="Add new sources, or more copies, to an output that stands.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Grow a small labelled data set into a bigger one: exactly, repeatably, resumably."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command(epilog="Example: augment run photos/ --output grown/ --multiplier 10")
def run(
    recipe: RecipeArgument,
    input: Input = None,
    output: Output = None,
    multiplier: Multiplier = None,
    set: Settings = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; all cores by default.")] = None,
    executor: Annotated[
        str, typer.Option(help="processes, or serial (in this process, for debugging).")
    ] = "processes",
    on_error: Annotated[OnError | None, typer.Option(help="What a bad source does; default skip.")] = None,
    append: Append = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a recipe over a folder or table. Stopped or killed, the same command resumes."""
    if dry_run:
        return plan(recipe, input, output, multiplier, set, append, as_json)
    if executor == "processes":
        _warm(recipe)
    from augment.engine.run import run as grow
    from augment.report import progress, tables

    with progress.shown() as watch:
        result = grow(
            recipe,
            workers=workers,
            executor=executor,
            append=append,
            watch=watch,
            input=input,
            output=output,
            multiplier=multiplier,
            on_error=on_error.value if on_error else None,
            settings=set,
        )
    if as_json:
        facts = {key: value for key, value in result.manifest.items() if key != "shards"}
        _print({"output": str(result.output), "made": result.made, "seconds": round(result.seconds, 3), **facts})
    else:
        tables.result(result)


@app.command(epilog="Example: augment plan recipe.yaml --input photos/ --multiplier 10")
def plan(
    recipe: RecipeArgument,
    input: Input = None,
    output: Output = None,
    multiplier: Multiplier = None,
    set: Settings = None,
    append: Append = False,
    as_json: AsJson = False,
) -> None:
    """Per split and class: before -> after, shards, size. Nothing is written."""
    from augment.engine.estimate import estimate
    from augment.engine.plan import plan as count
    from augment.report import tables

    planned = count(recipe, append=append, input=input, output=output, multiplier=multiplier, settings=set)
    size = estimate(planned)
    if as_json:
        _print(tables.plan_data(planned, size))
    else:
        tables.plan(planned, size)


@app.command()
def check(recipe: RecipeArgument, set: Settings = None, as_json: AsJson = False) -> None:
    """Find all mistakes of a recipe at once."""
    from augment.engine.recipe import load

    problems: list[dict[str, Any]] = []
    try:
        load(recipe, settings=set)
    except RecipeError as error:
        if not as_json:
            raise
        problems = [dataclasses.asdict(problem) for problem in error.problems]
    if as_json:
        _print({"ok": not problems, "problems": problems})
        raise typer.Exit(1 if problems else 0)
    print(f"{recipe}: no mistakes found")


@app.command("list")
def list_(
    modality: Annotated[str | None, typer.Argument(help="Only the steps of this modality.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every step by name, a line each."""
    from augment import catalog
    from augment.engine.groups import DESCRIBED
    from augment.report import tables

    found = {name: catalog.modality(name) for name in ([modality] if modality else catalog.names("modalities"))}
    described = {name: [kind.describe(step) for step in kind.names()] for name, kind in found.items()}
    if not modality:
        described["groups"] = list(DESCRIBED.values())
    if as_json:
        said = ("name", "labels", "summary")
        _print(
            {name: [{key: getattr(step, key) for key in said} for step in steps] for name, steps in described.items()}
        )
        return
    for steps in described.values():
        tables.steps(steps)


@app.command()
def describe(name: Annotated[str, typer.Argument(help="A step's name.")], as_json: AsJson = False) -> None:
    """A step's parameters, defaults, ranges, effect on labels, and where its docs are; of all that have the name."""
    from augment import catalog
    from augment.engine.groups import DESCRIBED
    from augment.errors import nearest
    from augment.report import tables

    names = {modality: catalog.modality(modality).names() for modality in catalog.names("modalities")}
    found = {kind: catalog.modality(kind).describe(name) for kind, known in names.items() if name in known}
    if name in DESCRIBED:
        found["groups"] = DESCRIBED[name]
    if not found:
        known = [*DESCRIBED, *(one for some in names.values() for one in some)]
        raise AugmentError(f"no step is called {name!r}; {nearest(name, known) or 'see augment list'}")
    if as_json:
        plain = {kind: dataclasses.asdict(step) for kind, step in found.items()}
        _print(plain if len(plain) > 1 else next(iter(plain.values())))
        return
    for kind, step in found.items():
        if len(found) > 1:
            typer.echo(f"{kind}:")
        tables.description(step)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A grown set.")],
    rederive: Annotated[int, typer.Option(min=0, help="Make this many outputs again and compare bytes.")] = 0,
    input: Input = None,
    as_json: AsJson = False,
) -> None:
    """Compare a grown set with its manifest, and with its sources."""
    from augment.engine.verify import verify as compare
    from augment.report import tables

    found = compare(folder, rederive=rederive, input=input)
    if as_json:
        _print(dataclasses.asdict(found))
    else:
        tables.verified(found)
    raise typer.Exit(1 if found.problems else 0)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Versions, a mixed OpenCV install, missing extras; each with the fix."""
    from augment.doctor import examine
    from augment.report import tables

    found = list(examine())
    if as_json:
        _print({"findings": [dataclasses.asdict(finding) for finding in found]})
    else:
        tables.findings(found)
    raise typer.Exit(1 if any(finding.status == "bad" for finding in found) else 0)


def _warm(recipe: str) -> None:
    """Let workers begin to import before we do: a quarter of a second on a short run."""
    from augment import catalog
    from augment.engine import source
    from augment.executors import processes

    path = Path(recipe)
    data = {} if source.is_data(path) else source.read(path).data
    processes.warm(catalog.preloads(catalog.used(data)))


def _print(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=codecs.lookup(sys.stdout.encoding).name != "utf-8"))


def main() -> None:
    """The console script: errors become exit codes. 1 the user's side, 2 usage, 3 our bug, 130 interrupted."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a pipe on Windows is not UTF-8
    code = 0
    try:
        _stand()
        app()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
        if code == INTERRUPTED:  # Typer makes this code of a KeyboardInterrupt
            print("stopped; run the same command again and it resumes", file=sys.stderr)
    except BrokenPipeError:  # the reader of our output has gone (augment list | head)
        os._exit(0)
    except AugmentError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 1
    except Exception:  # whatever else escapes is our bug: the traceback is for a report
        traceback.print_exc()
        print("this is a bug in augment; please report it with the lines above", file=sys.stderr)
        code = 3
    _leave(code)


def _stand() -> None:
    """Raise AugmentError where there is no working directory: Python's own word for it names no file."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise AugmentError("the working directory has been removed; cd to another and run the command again") from None


def _leave(code: int) -> None:
    """End the process without taking it apart: with the libraries that a run imports, that takes 0.4 s."""
    atexit._run_exitfuncs()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
