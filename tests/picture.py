"""Draw the README's pictures: ``python -m tests.picture``. Made data, shipped recipes, nothing picked by hand."""

from __future__ import annotations

import csv
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import soundfile

import augment
from augment import demo

ROOT = Path(__file__).parents[1]
SOURCES, COPIES, SIZE = 5, 10, 96
COLOURS = [(60, 60, 255), (60, 255, 60), (255, 120, 60)]


def main() -> None:
    """All pictures."""
    copies()
    objects()
    sounds()


def objects() -> None:
    """Grow the demo scenes, and draw what the labels say into the first copies of some sources."""
    cells = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        demo.draw_scenes(folder / "coco", {"train": 12})
        augment.run(ROOT / "recipes/mosaic.yaml", input=folder / "coco", output=folder / "grown", multiplier=4)
        whole = json.loads((folder / "grown/annotations/person_keypoints_train.json").read_text())
        for record in sorted(whole["images"], key=lambda image: (image["copy"], image["source"]))[24:40]:
            image = cv2.imread(str(folder / "grown/train" / record["file_name"]))
            for found in (one for one in whole["annotations"] if one["image_id"] == record["id"]):
                label(image, found)
            cells.append(image)
    framed = [cv2.copyMakeBorder(cell, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=[255] * 3) for cell in cells]
    rows = [np.hstack(framed[start : start + 8]) for start in (0, 8)]
    cv2.imwrite(str(ROOT / ".github/objects.jpg"), cv2.resize(np.vstack(rows), None, fx=0.6, fy=0.6, interpolation=3))


def sounds() -> None:
    """Make soundscapes, grow them, and draw the spectrograms of one and of its copies with what the labels say."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        demo.draw_soundscape(folder, backgrounds=2)
        events = [f"audio[0].Soundscape.events={folder}/events"]
        recipe = ROOT / "recipes/soundscape.yaml"
        augment.run(recipe, input=folder / "backgrounds", output=folder / "scapes", multiplier=1, settings=events)
        recipe = ROOT / "recipes/timed-events.yaml"
        augment.run(recipe, input=folder / "scapes", output=folder / "grown", multiplier=8)
        found: dict[str, list[dict[str, str]]] = {}
        with open(folder / "grown/train.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found.setdefault(row["filename"], []).append(row)
        cells = [spectrogram(folder / "grown" / name, found[name]) for name in sorted(found)[:8]]
    width = max(cell.shape[1] for cell in cells)
    padded = [cv2.copyMakeBorder(cell, 2, 2, 2, 2 + width - cell.shape[1], 0, value=[255] * 3) for cell in cells]
    columns = [np.vstack(padded[start : start + 4]) for start in (0, 4)]
    cv2.imwrite(str(ROOT / ".github/sounds.jpg"), np.hstack(columns), [cv2.IMWRITE_JPEG_QUALITY, 88])


def spectrogram(path: Path, events: list[dict[str, str]]) -> np.ndarray:
    """A sound in dB over 60 dB, 48 px a second and up to 8 kHz, with the names and times of its events."""
    samples, rate = soundfile.read(path)
    hop, size = rate // 48, 512
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, size // 2), size)[::hop] * np.hanning(size)
    power = 20 * np.log10(np.abs(np.fft.rfft(frames)).T[::-1] + 1e-6)
    shades = np.clip((power - power.max() + 60) / 60 * 255, 0, 255).astype(np.uint8)
    cell = cv2.applyColorMap(
        cv2.resize(shades, (shades.shape[1], 84), interpolation=cv2.INTER_AREA), cv2.COLORMAP_MAGMA
    )
    for event in events:
        onset, offset = (round(float(event[edge]) * 48) for edge in ("onset", "offset"))
        colour = COLOURS[demo.SOUNDS.index(event["event_label"])]
        cv2.rectangle(cell, (onset, 1), (offset, 82), colour, 1)
        cv2.putText(cell, event["event_label"], (onset + 2, 11), cv2.FONT_HERSHEY_PLAIN, 0.75, colour, 1, cv2.LINE_AA)
    return cell


def label(image: np.ndarray, found: dict[str, Any]) -> None:
    """Draw one object's outline, box and corners."""
    colour = COLOURS[found["category_id"] - 1]
    rings = found["segmentation"] if isinstance(found["segmentation"], list) else []
    for ring in rings:
        cv2.polylines(image, [np.round(np.array(ring).reshape(-1, 1, 2)).astype(np.int32)], True, (255, 255, 255), 1)
    x, y, width, height = (round(side) for side in found["bbox"])
    cv2.rectangle(image, (x, y), (x + width, y + height), colour, 2)
    for x, y, seen in np.array(found.get("keypoints", [])).reshape(-1, 3):
        if seen:
            cv2.circle(image, (round(x), round(y)), 3, (255, 255, 255) if seen == 2 else (0, 0, 0), -1, cv2.LINE_AA)


def copies() -> None:
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
