"""A pass over an epoch that can be cut: by a stream or by a Loader of torch, and in a process that kills itself.

``python -m tests.engine.passes JOB``: JOB is a JSON file with ``way`` and ``recipe``, ``input``, ``workers`` and
``batch_size``; ``state``, where to begin; ``most``, how many samples to take before SIGKILL; ``out``, a file that the
marks go to, a line each; ``then``, one for the state and the processes that were under it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

import augment
from tests.engine import samples

CUT = 37
"""Passes are cut after every so many samples."""


def begun(job: Mapping[str, Any]) -> Any:
    """A stream or loader at its beginning, as a fresh process would make it."""
    recipe, place = job["recipe"], job["input"]
    if job["way"] == "stream":
        return augment.stream(recipe, input=place, workers=job["workers"], batch_size=job["batch_size"])
    import augment.torch as live

    dataset = live.IterableDataset(recipe, input=place, convert=samples.mark)
    join = None if job["batch_size"] is None else list
    return live.Loader(dataset, job["batch_size"], num_workers=job["workers"], collate_fn=join)


def marks(live: Any) -> Iterator[list[Any]]:
    """What it gives, as lists of marks in JSON values."""
    for given in live:
        some = given if isinstance(given, list) else [given]
        yield json.loads(json.dumps([one if isinstance(one, tuple) else samples.mark(one) for one in some]))


def states(live: Any) -> tuple[list[Any], list[tuple[int, dict[str, Any]]]]:
    """All marks of a pass, and where it was after 0, 37, 74, … of them, or as soon as batches allow."""
    found: list[Any] = []
    cuts = [(0, live.state_dict())]
    for some in marks(live):
        found += some
        if len(found) // CUT > cuts[-1][0] // CUT:
            cuts.append((len(found), live.state_dict()))
    return found, json.loads(json.dumps(cuts))


def main(job: Mapping[str, Any]) -> None:
    """Take some samples, tell of them, and be killed; or come to the end."""
    live, taken = begun(job), 0
    if job["state"]:
        live.load_state_dict(job["state"])
    with Path(job["out"]).open("a", encoding="utf-8") as out:
        for some in marks(live):
            out.writelines(json.dumps(one) + "\n" for one in some)
            out.flush()
            taken += len(some)
            if taken >= job["most"]:
                under = [child.pid for child in psutil.Process().children(recursive=True)]
                Path(job["then"]).write_text(json.dumps({"state": live.state_dict(), "under": under}))
                os.kill(os.getpid(), signal.SIGKILL)
    Path(job["then"]).write_text(json.dumps({"state": live.state_dict(), "under": []}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
