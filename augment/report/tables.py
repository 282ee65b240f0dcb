"""Plans, results, steps and findings as tables for a person."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from augment.sample import TRAINING

if TYPE_CHECKING:
    from pathlib import Path

    from augment.contracts import Description, Finding
    from augment.engine.estimate import Estimate
    from augment.engine.plan import Plan
    from augment.engine.run import Result
    from augment.engine.verify import Verified

MOST_SAID = 300
"""Characters of a line about what was left out."""

MOST_CLASSES = 30
"""Classes of a split that are shown one by one."""


def plan(planned: Plan, size: Estimate | None) -> None:
    """Per split and class: before -> after; then shards and size."""
    table = Table("split", "class", box=None, pad_edge=False)
    table.add_column("before", justify="right")
    table.add_column("after", justify="right")
    rows = planned.table()
    for split in dict.fromkeys(row.split for row in rows):
        inside = [row for row in rows if row.split == split]
        if len(inside) > 1:
            for row in inside[:MOST_CLASSES]:
                table.add_row(escape(split), escape(row.label or "(none)"), f"{row.before:,}", f"{row.after:,}")
            if len(inside) > MOST_CLASSES:
                table.add_row(escape(split), f"… {len(inside) - MOST_CLASSES} more", "", "")
        before, after = sum(row.before for row in inside), sum(row.after for row in inside)
        table.add_row(f"[bold]{escape(split)}", "[bold]all", f"[bold]{before:,}", f"[bold]{after:,}")
    console = Console()
    console.print(table)
    parts = f"{planned.shards:,} shard{'s' if planned.shards > 1 else ''}"
    shards = f"{parts} of {planned.shard_size:,}" if planned.shards else "no shards"
    about = f", about {bytes_text(size.bytes)} (from {size.probes} trial outputs)" if size else ""
    console.print(f"{planned.outputs:,} outputs, {shards}{about}", highlight=False)
    _read_as(console, planned.read_as)
    if not any(split.lower() in TRAINING for split in planned.listing.splits):
        console.print(NOTHING_GROWS, highlight=False, soft_wrap=True)
    if planned.listing.unusable():
        reasons = Counter(skip.reason for skip in planned.listing.skips())
        told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
        console.print(f"{planned.listing.unusable():,} listed sources can't be used ({escape(told)})", highlight=False)


NOTHING_GROWS = "nothing grows: only a split called train does, and there is none; a single file given as input is one"
"""What a user wants to know whose data set came through as it was."""


def result(done: Result) -> None:
    """The summary at the end of a run."""
    from augment.engine.manifest import SKIPPED

    console = Console()
    facts = done.manifest
    _read_as(console, facts["input"].get("read_as", {}))
    for split, counts in facts["splits"].items():
        console.print(
            f"{escape(split)}: {counts['sources']:,} sources -> {counts['outputs']:,} outputs", highlight=False
        )
    if not any(split.lower() in TRAINING for split in facts["splits"]):
        console.print(NOTHING_GROWS, highlight=False, soft_wrap=True)
    for split, counts in facts["splits"].items():
        if counts["sources"] and not counts["outputs"]:
            console.print(f"[bold]nothing came of {escape(split)}[/bold]; see below", highlight=False)
    if done.skipped:
        console.print(f"skipped: {done.skipped:,}, see {done.output / SKIPPED}", highlight=False, soft_wrap=True)
        for reason, told in _first_of(done.output / SKIPPED, facts["skipped"]["reasons"]).items():
            line = f"  {reason} ({facts['skipped']['reasons'][reason]:,}), such as {told}"
            console.print(escape(line[:MOST_SAID]), highlight=False, soft_wrap=True)
    if facts["notes"]:
        noted = ", ".join(f"{reason} ({count:,})" for reason, count in facts["notes"].items())
        console.print(f"noted: {escape(noted)}", highlight=False, soft_wrap=True)
    rate = f", {done.made / done.seconds:.0f}/s" if done.seconds and done.made else ""
    console.print(f"made {done.made:,} outputs in {done.seconds:.1f} s{rate}", highlight=False)
    console.print(f"grown set: {done.output}", highlight=False, soft_wrap=True)
    console.print(f"manifest:  {done.output / 'manifest.json'}", highlight=False, soft_wrap=True)


def _first_of(file: Path, reasons: Mapping[str, int]) -> dict[str, str]:
    """The first that was left out for each reason, with what there is to say of it."""
    found: dict[str, str] = {}
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            skip = json.loads(line)
            if skip["reason"] not in found:
                found[skip["reason"]] = ": ".join(filter(None, (skip["source"], skip.get("detail"))))
            if len(found) == len(reasons):
                break
    return found


def _read_as(console: Console, told: Mapping[str, str]) -> None:
    """How the input was understood, in a line, so that a wrong guess is seen."""
    if told:
        line = "; ".join(f"{what}: {how}" for what, how in told.items())
        console.print(f"read as: {escape(line)}", highlight=False, soft_wrap=True)


def steps(found: Iterable[Description]) -> None:
    """One line a step, cut where the terminal ends."""
    console = Console() if Console().is_terminal else Console(width=160)
    listed = list(found)
    table = Table(box=None, pad_edge=False)
    table.add_column("step", no_wrap=True, min_width=max(len(step.name) for step in listed))
    table.add_column("labels", no_wrap=True, min_width=len("may break"))
    table.add_column("what it does", no_wrap=True, overflow="ellipsis", max_width=console.width - 45)
    for step in listed:
        table.add_row(f"[bold]{step.name}", step.labels, escape(step.summary))
    console.print(table)


def description(step: Description) -> None:
    """All about one step."""
    console = Console()
    console.print(f"[bold]{step.name}[/bold]: {escape(step.summary)}\n")
    table = Table("parameter", "default", "type and range", "what it is", box=None, pad_edge=False)
    for parameter in step.parameters:
        table.add_row(
            f"[bold]{parameter.name}", escape(parameter.default), escape(parameter.kind), escape(parameter.about)
        )
    console.print(table)
    console.print(f"\nlabels: {step.labels}. {escape(step.labels_note)}", highlight=False)
    if step.docs:
        console.print(f"docs: {step.docs}", highlight=False, soft_wrap=True)


def findings(found: Iterable[Finding]) -> None:
    """What the doctor found."""
    console = Console()
    for finding in found:
        mark = {"ok": "[green]ok  ", "note": "[yellow]note", "bad": "[red]bad "}[finding.status]
        console.print(f"{mark}[/] {escape(finding.about)}", highlight=False, soft_wrap=True)
        if finding.fix:
            console.print(f"     {escape(finding.fix)}", highlight=False, soft_wrap=True)


def verified(found: Verified) -> None:
    """What verify found."""
    console = Console()
    for problem in [*found.problems[:20], *found.notes]:
        console.print(escape(problem), highlight=False, soft_wrap=True)
    if len(found.problems) > 20:
        console.print(f"… and {len(found.problems) - 20} more")
    word = f"{len(found.problems)} problems" if found.problems else "all is well"
    again = f", {found.rederived} outputs made again with the same bytes" if found.rederived else ""
    console.print(f"{word}: {found.files} files, {found.outputs} outputs{again}", highlight=False)


def bytes_text(count: float) -> str:
    """A size for a person: 4.1 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def plan_data(planned: Plan, size: Estimate | None) -> Mapping[str, Any]:
    """The plan as JSON values."""
    return {
        "outputs": planned.outputs,
        "shards": planned.shards,
        "shard_size": planned.shard_size if planned.shards else None,
        "estimated_bytes": size.bytes if size else None,
        "sources": len(planned.listing),
        "unusable": planned.listing.unusable(),
        "read_as": dict(planned.read_as),
        "classes": [
            {"split": row.split, "class": row.label, "before": row.before, "after": row.after}
            for row in planned.table()
        ],
    }
