"""How big the outputs will be: a few are made in memory and weighed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augment.engine.bench import Bench, Job, Made
from augment.engine.plan import Plan

PROBES = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes of all outputs together, and from how many trial outputs that was told."""

    bytes: int
    probes: int


def estimate(plan: Plan) -> Estimate:
    """Estimate the size of a plan's outputs. Untouched originals count exactly; nothing is written."""
    exact = copies = 0
    for batch in plan.batches:
        originals = int(0 in batch.copies and not plan.recipe.prepare)
        exact += int(plan.listing.numbers("size", batch.rows).sum()) * originals
        copies += len(batch.rows) * (len(batch.copies) - originals)
    growing = [batch for batch in plan.batches if batch.copies.stop > 1 or plan.recipe.prepare]
    if not copies or not growing:
        return Estimate(exact, 0)
    rows = growing[0].rows
    picked = [rows[place] for place in np.linspace(0, len(rows) - 1, min(PROBES, len(rows))).astype(int).tolist()]
    at = Bench(Job.of(plan, plan.output or Path()), plan.listing)
    made = [result for entry in plan.listing.entries(picked) for _, result in at.copies(entry, range(1, 2))]
    weights = [len(result.record.data) for result in made if isinstance(result, Made)]
    return Estimate(exact + int(np.mean(weights) * copies) if weights else exact, len(weights))
