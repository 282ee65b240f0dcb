"""Draw the README's picture: ``python -m tests.picture``. Made data, the shipped recipe, nothing picked by hand."""

from __future__ import annotations

import json
import tarfile
import tempfile
from pathlib import Path

import cv2
import numpy as np

import augment
from augment import demo

ROOT = Path(__file__).parents[1]
SOURCES, COPIES, SIZE = 5, 10, 96


def main() -> None:
    """Grow the demo set and lay copies of some sources side by side, the original first."""
    found: dict[str, dict[int, np.ndarray]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        demo.draw(folder / "shapes", {"train": 4})
        augment.run(
            ROOT / "recipes/first-steps.yaml", input=folder / "shapes", output=folder / "grown", multiplier=COPIES
        )
        for shard in sorted((folder / "grown").rglob("*.tar")):
            with tarfile.open(shard) as archive:
                files = {member.name: archive.extractfile(member) for member in archive}
                data = {name: file.read() for name, file in files.items() if file is not None}
            for name in data:
                if name.endswith(".json"):
                    facts = json.loads(data[name])
                    image = cv2.imdecode(
                        np.frombuffer(data[name.replace(".json", ".jpg")], np.uint8), cv2.IMREAD_COLOR
                    )
                    found.setdefault(facts["source"], {})[facts["copy"]] = cv2.resize(
                        image, (SIZE, SIZE), interpolation=cv2.INTER_AREA
                    )
    chosen = sorted(found)[:: max(1, len(found) // SOURCES)][:SOURCES]
    rows = [np.hstack([found[source][copy] for copy in range(COPIES)]) for source in chosen]
    (ROOT / ".github").mkdir(exist_ok=True)
    cv2.imwrite(str(ROOT / ".github/grown.jpg"), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
