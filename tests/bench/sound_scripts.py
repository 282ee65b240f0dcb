"""The script that people write instead: ``python -m tests.bench.sound_scripts CHAIN CLIPS OUTPUT COPIES PROCESSES``.

The smartest plain Pool: imports before the fork, one decode a source, all its copies in a row, big enough chunks.
``CHAIN`` is a JSON file of steps.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.bench.sound_setups import compose, listed

PIPELINE: Any = None


def start(chain: Any) -> None:
    """Once a process, as scripts do."""
    global PIPELINE
    warnings.simplefilter("ignore")
    PIPELINE = compose(chain)


def made(samples: np.ndarray, rate: int) -> np.ndarray:
    """One copy, (channels, frames) or (frames,); steps for mono take channels apart."""
    if samples.ndim == 1:
        return np.asarray(PIPELINE(samples=samples, sample_rate=rate))
    try:
        return np.asarray(PIPELINE(samples=samples, sample_rate=rate))
    except Exception:  # AddBackgroundNoise takes mono only
        return np.stack([PIPELINE(samples=channel.copy(), sample_rate=rate) for channel in samples])


def pool(output: Path, copies: int, path: Path) -> int:
    """All copies of one source."""
    samples, rate = soundfile.read(path, dtype="float32")
    samples = np.ascontiguousarray(samples.T)
    for copy in range(copies):
        soundfile.write(output / f"{path.stem}-{copy}.flac", made(samples, rate).T, rate)
    return copies


def main() -> None:
    chain, folder, output, copies, processes = sys.argv[1:]
    place = Path(output)
    place.mkdir(parents=True, exist_ok=True)
    paths = listed(Path(folder))
    chunk = max(1, min(32, len(paths) // (4 * int(processes))))
    context = multiprocessing.get_context("fork")  # after the imports: start-up is paid once
    given = (json.loads(Path(chain).read_text(encoding="utf-8")),)
    with context.Pool(int(processes), initializer=start, initargs=given) as workers:
        print(sum(workers.imap_unordered(partial(pool, place, int(copies)), paths, chunksize=chunk)))


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import audiomentations  # noqa: F401 - before the fork

    main()
