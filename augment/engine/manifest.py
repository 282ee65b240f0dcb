"""Stage 8 of 8, second half: receipts -> manifest.json, provenance.parquet, skipped.jsonl; none tells the time.

The manifest tells the hashes of the other two. Its own and that of recipe.yaml, which names folders and so differs
between runs that make the same, stand in ``.augment/sealed.json``.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from augment import catalog, durable
from augment.contracts import STATE, Written
from augment.engine.assemble import PROVENANCE, notes_of
from augment.engine.history import LOTS
from augment.engine.plan import Plan
from augment.errors import OutputError
from augment.sample import Skip

MANIFEST = "manifest.json"
PROVENANCE_FILE = "provenance.parquet"
SKIPPED = "skipped.jsonl"
RECIPE = "recipe.yaml"

KEYS = frozenset({"outputs", "splits", "files", "sharded", "format", "shards"})
"""What a manifest must have to be checked."""

SEALED = f"{STATE}/sealed.json"
"""Size and SHA-256 of the manifest and of the recipe as run."""


@dataclass(slots=True)
class _Sum:
    """What the receipts add up to."""

    outputs: int = 0
    skipped: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    counts: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)


def write(plan: Plan, output: Path, described: Sequence[Written]) -> dict[str, Any]:
    """Gather all receipts of an output folder, old and new, and write what describes it; manifest.json comes last.

    Args:
        plan: What was made.
        output: The folder.
        described: Files that the writer made of the whole.

    Returns:
        The manifest.
    """
    total = _Sum()
    receipts = sorted((output / LOTS).glob("*.parquet"))
    with durable.writing(output / SKIPPED) as skipped:
        for path in receipts:
            notes = notes_of(path)
            total.files += notes["files"]
            total.counts.update({(split, label): count for split, label, count in notes["counts"]})
            total.mended.update(notes["mended"])
            _skips(skipped, (Skip(**skip) for skip in notes["skipped"]), total)
        _skips(skipped, plan.listing.skips(), total)
    _provenance(receipts, output / PROVENANCE_FILE)
    total.outputs = sum(total.counts.values())
    apart = getattr(catalog.writer(plan.recipe.output.format), "APART", "")
    if apart and plan.dataset.located:
        total.mended[apart] = total.outputs
    manifest = _manifest(plan, total)
    manifest["files"] = [asdict(file) for file in described]
    manifest["beside"] = [_fact(output, PROVENANCE_FILE, total.outputs), _fact(output, SKIPPED)]
    data = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    own = asdict(Written(MANIFEST, len(data), hashlib.sha256(data).hexdigest(), 0))
    durable.write(output / SEALED, json.dumps([own, _fact(output, RECIPE)], indent=1).encode())
    durable.write(output / MANIFEST, data)
    return manifest


def _fact(output: Path, name: str, samples: int = 0) -> dict[str, Any]:
    path = output / name
    return asdict(Written(name, path.stat().st_size, durable.sha256(path), samples))


def sealed(output: Path) -> list[dict[str, Any]]:
    """Name, size and SHA-256 of the manifest and the recipe as run; nothing where that was never noted, or is lost."""
    try:
        found: list[dict[str, Any]] = json.loads((output / SEALED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return found


def read(output: Path) -> dict[str, Any]:
    """The manifest of a finished output. Raises OutputError."""
    try:
        found: dict[str, Any] = json.loads((output / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        unfinished = (output / STATE).is_dir()
        hint = "its run has not finished; run it again to resume" if unfinished else "was it made by augment?"
        raise OutputError(f"{output}: no {MANIFEST} in it; {hint}") from None
    except (OSError, ValueError) as error:
        raise OutputError(f"{output / MANIFEST}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not found.keys() >= KEYS:
        raise OutputError(f"{output / MANIFEST}: cannot be read: it is not what a run writes; run it again")
    return found


def _skips(file: Any, skips: Iterable[Skip], total: _Sum) -> None:
    for skip in skips:
        line = {key: value for key, value in asdict(skip).items() if value not in (None, "")}
        file.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n")
        total.skipped += 1
        total.reasons[skip.reason] += 1


def _provenance(receipts: list[Path], path: Path) -> None:
    """All rows in the order of their lots, batch by batch."""
    with durable.writing(path) as file, pq.ParquetWriter(file, PROVENANCE, compression="zstd") as out:
        for receipt in receipts:
            with pq.ParquetFile(receipt, pre_buffer=False) as rows:
                for batch in rows.iter_batches(batch_size=16_384, use_threads=False):
                    out.write_batch(batch)


def _manifest(plan: Plan, total: _Sum) -> dict[str, Any]:
    """Plain data; the same for the same recipe, input and versions."""
    before: dict[str, dict[str, int]] = {}
    for row in plan.table_of_sources():
        before.setdefault(row.split, {})[row.label or ""] = row.before
    counts: dict[str, Any] = {}
    for split in sorted({*before, *(split for split, _ in total.counts)}):
        labels = sorted({*before.get(split, {}), *(label or "" for s, label in total.counts if s == split)})
        classes = {
            label: {"sources": before.get(split, {}).get(label, 0), "outputs": total.counts[(split, label or None)]}
            for label in labels
        }
        counts[split] = {
            "sources": sum(entry["sources"] for entry in classes.values()),
            "outputs": sum(entry["outputs"] for entry in classes.values()),
            "classes": {label: entry for label, entry in classes.items() if label},
        }
    return {
        "format": plan.recipe.output.format,
        "sharded": catalog.writer(plan.recipe.output.format).SHARDED,
        "outputs": total.outputs,
        "skipped": {"lines": total.skipped, "reasons": dict(sorted(total.reasons.items()))},
        "splits": counts,
        "classes": list(plan.dataset.classes),
        "categories": [category.name for category in plan.dataset.categories],
        "notes": dict(sorted(total.mended.items())),
        "recipe": {"fingerprint": plan.generation.fingerprint, "expand": dict(plan.generation.expand)},
        "input": {
            "fingerprint": plan.generation.listing,
            "sources": len(plan.listing),
            "reader": plan.reader,
            "read_as": dict(plan.read_as),
        },
        "versions": dict(plan.generation.versions),
        "shards": total.files,
    }
