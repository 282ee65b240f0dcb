"""Draw small labelled data sets, the same pictures, sounds and sentences each time. For the demo, tests and notebooks.

``python -m augment.demo FOLDER``: three classes of shapes on soft backgrounds, in class folders with splits.
``python -m augment.demo FOLDER scenes``: up to four shapes a picture, with boxes, polygons and corners, as COCO.
``python -m augment.demo FOLDER sounds``: three classes of short sounds, WAV of 16 kHz, in class folders with splits.
``python -m augment.demo FOLDER soundscape``: ``backgrounds`` of 6 to 10 s to lay ``events`` over, in class folders.
``python -m augment.demo FOLDER texts``: ``requests.csv`` with an intent a row, ``people.conll`` with named entities,
``questions.jsonl`` with answers in a context, and ``reviews`` in class folders.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

SHAPES = ("circle", "square", "triangle")
SOUNDS = ("chirp", "noise", "tone")
RATE = 16_000
SPLITS = {"train": 12, "val": 3, "test": 3}
INTENTS = {
    "lost_card": ("I lost my {thing} in {city} and need a new one", "My {thing} is gone, please block it right away"),
    "transfer": ("When will the money I sent to {person} arrive?", 'Why is my transfer to {city} still "pending"?'),
    "weather": ("Will it rain in {city} this afternoon?", "Tell {person} how warm it is in {city},\nplease"),
}
WORDS = {
    "thing": ("card", "credit card", "phone", "key"),
    "city": ("Paris", "New York", "Oslo", "Buenos Aires", "Rome"),
    "person": ("Anna", "Ken Adams", "Ms Silva", "Omar", "Lena Berg"),
}
TAGS = {"city": "LOC", "person": "PER"}
CORNERS = ("first", "second", "third", "fourth")


def picture(shape: str, number: int, size: int = 192) -> np.ndarray:
    """One picture, (size, size, 3) uint8 RGB: a shape of random place, size, turn and colour on a soft background."""
    rng = np.random.default_rng([SHAPES.index(shape), number])
    canvas = _background(rng, size)
    colour = _colour(rng)
    middle = rng.uniform(0.35, 0.65, 2) * size
    _put(canvas, shape, colour, (middle, rng.uniform(0.15, 0.3) * size), rng)
    return canvas


def scene(number: int, size: int = 192) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """A picture as above with up to four shapes that don't overlap, and COCO's annotation of each, without ids."""
    rng = np.random.default_rng([len(SHAPES), number])
    canvas = _background(rng, size)
    found = []
    for cell in sorted(rng.permutation(4)[: number % 5].tolist()):
        shape = int(rng.integers(len(SHAPES)))
        middle = (np.array([cell % 2, cell // 2]) + rng.uniform(0.42, 0.58, 2)) * size / 2
        outline = _put(canvas, SHAPES[shape], _colour(rng), (middle, rng.uniform(0.1, 0.19) * size), rng)
        outline = np.round(outline, 2)
        low, high = outline.min(axis=0), outline.max(axis=0)
        corners = outline[:: max(1, len(outline) // 4)][:4]
        points = [[round(x - 0.5, 2), round(y - 0.5, 2), 2] for x, y in corners.tolist()] + [[0, 0, 0]] * 4
        found.append(
            {
                "category_id": shape + 1,
                "bbox": np.round([*low, *(high - low)], 2).tolist(),
                "segmentation": [outline.ravel().tolist()],
                "keypoints": [value for point in points[:4] for value in point],
                "num_keypoints": len(corners),
                "area": round(float(np.prod(high - low)), 2),
                "iscrowd": 0,
            }
        )
    return canvas, found


def sound(kind: str, number: int) -> np.ndarray:
    """One sound, (frames,) int16 at RATE: 0.5 to 1 s of a tone, a chirp or bursts of noise, of random pitch."""
    rng = np.random.default_rng([SOUNDS.index(kind), number, RATE])
    frames = int(rng.integers(RATE // 2, RATE))
    at = np.arange(frames) / RATE
    low, high = rng.uniform(200, 800), rng.uniform(1_500, 4_000)
    if kind == "noise":
        wave_form = rng.uniform(-1, 1, frames) * (np.sin(2 * np.pi * rng.uniform(3, 8) * at) > 0)
    else:
        sweep = (high - low) * at**2 / (2 * at[-1]) if kind == "chirp" else 0.0
        wave_form = np.sin(2 * np.pi * (low * at + sweep))
    fade = np.minimum(1, np.minimum(at, at[::-1]) / 0.02)  # over 20 ms, against clicks
    return np.asarray(np.rint(wave_form * fade * rng.uniform(8_000, 24_000)), np.int16)


def background(number: int) -> np.ndarray:
    """One background, (frames,) int16 at RATE: 6 to 10 s of soft brown noise that comes and goes like wind."""
    rng = np.random.default_rng([number, RATE, 1])
    frames = int(rng.integers(6 * RATE, 10 * RATE))
    spectrum = np.fft.rfft(rng.standard_normal(frames))
    spectrum /= np.maximum(np.fft.rfftfreq(frames, 1 / RATE), 40) / 40  # 6 dB less an octave, above 40 Hz
    wind = 1 + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.3) * np.arange(frames) / RATE + rng.uniform()))
    wave_form = np.fft.irfft(spectrum, frames) * wind
    return np.asarray(np.rint(wave_form / np.abs(wave_form).max() * 3_000), np.int16)


def sentence(intent: str, number: int) -> tuple[str, list[tuple[int, int, str]]]:
    """One request, and its named entities as start, end and label."""
    rng = np.random.default_rng([list(INTENTS).index(intent), number, len(WORDS)])
    text, spans = "", []
    for part in str(rng.choice(INTENTS[intent])).replace("}", "{").split("{"):
        word = str(rng.choice(WORDS[part])) if part in WORDS else part
        if part in TAGS:
            spans.append((len(text), len(text) + len(word), TAGS[part]))
        text += word
    return text, spans


def draw_texts(folder: Path, each: int = 12) -> int:
    """Write the four data sets of sentences below ``folder``; return how many samples they have.

    Args:
        folder: Made if missing; files of the same name are replaced.
        each: Sentences an intent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = [(intent, *sentence(intent, number)) for number in range(each) for intent in INTENTS]
    with (folder / "requests.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "intent"), *((text, intent) for intent, text, _ in drawn)])
    (folder / "people.conll").write_text(
        "\n".join(_tagged(text, spans) for _, text, spans in drawn), encoding="utf-8", newline="\n"
    )
    with (folder / "questions.jsonl").open("w", encoding="utf-8", newline="\n") as lines:
        for number, (_, text, spans) in enumerate(drawn):
            told = {"text": [text[start:end] for start, end, _ in spans], "answer_start": [one[0] for one in spans]}
            row = {"id": f"q{number}", "question": f"Who or what is named in request {number}?", "context": text}
            lines.write(json.dumps({**row, "answers": told}) + "\n")
    for number, (intent, text, _) in enumerate(drawn):
        path = folder / "reviews" / intent / f"{number:02d}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"{text} I have asked twice. Nobody answered, so I write again!", encoding="utf-8", newline="\n"
        )
    return 4 * len(drawn)


def _tagged(text: str, spans: list[tuple[int, int, str]]) -> str:
    """A sentence in CoNLL's columns: token and IOB2 tag."""
    lines, place = "", 0
    for word in re.findall(r"\w+|[^\w\s]", text):
        start = text.index(word, place)
        place = start + len(word)
        label = next((f"-{label}" for first, last, label in spans if first <= start < last), "")
        begins = any(first == start for first, _, _ in spans)
        lines += f"{word} {'B' if begins else 'I' if label else 'O'}{label}\n"
    return lines


def draw(folder: Path, splits: dict[str, int] | None = None) -> int:
    """Write ``split/shape/NN.jpg`` below ``folder`` and return how many were written.

    Args:
        folder: Made if missing; files of the same name are replaced.
        splits: Split -> pictures a class; 12, 3 and 3 by default.
    """
    count = 0
    for split, each in (splits or SPLITS).items():
        for shape in SHAPES:
            for _ in range(each):
                _write(folder / split / shape / f"{count:02d}.jpg", picture(shape, count))
                count += 1
    return count


def draw_sounds(folder: Path, splits: dict[str, int] | None = None) -> int:
    """Write ``split/kind/NN.wav`` below ``folder`` and return how many were written.

    Args:
        folder: Made if missing; files of the same name are replaced.
        splits: Split -> sounds a class; 12, 3 and 3 by default.
    """
    count = 0
    for split, each in (splits or SPLITS).items():
        for kind in SOUNDS:
            for _ in range(each):
                _write_sound(folder / split / kind / f"{count:02d}.wav", sound(kind, count))
                count += 1
    return count


def draw_soundscape(folder: Path, backgrounds: int = 12, events: int = 6) -> int:
    """Write ``backgrounds/NN.wav`` and ``events/kind/NN.wav`` below ``folder``; return how many of both.

    Args:
        folder: Made if missing; files of the same name are replaced.
        backgrounds: How many of them.
        events: How many of each kind.
    """
    for number in range(backgrounds):
        _write_sound(folder / "backgrounds" / f"{number:02d}.wav", background(number))
    for kind in SOUNDS:
        for number in range(events):
            _write_sound(folder / "events" / kind / f"{number:02d}.wav", sound(kind, number))
    return backgrounds + events * len(SOUNDS)


def draw_scenes(folder: Path, splits: dict[str, int] | None = None) -> int:
    """Write ``split/NN.jpg`` and ``annotations/instances_split.json`` below ``folder``; return how many pictures.

    Args:
        folder: Made if missing; files of the same name are replaced.
        splits: Split -> pictures; 12, 3 and 3 by default.
    """
    count = 0
    (folder / "annotations").mkdir(parents=True, exist_ok=True)
    for split, each in (splits or SPLITS).items():
        images: list[dict[str, Any]] = []
        annotations: list[dict[str, Any]] = []
        for _ in range(each):
            pixels, objects = scene(count)
            name = f"{count:02d}.jpg"
            _write(folder / split / name, pixels)
            height, width = pixels.shape[:2]
            images.append({"id": count + 1, "file_name": name, "width": width, "height": height})
            for found in objects:
                annotations.append({"id": len(annotations) + 1, "image_id": count + 1, **found})
            count += 1
        categories = [{"id": place + 1, "name": name, "keypoints": CORNERS} for place, name in enumerate(SHAPES)]
        whole = {"images": images, "annotations": annotations, "categories": categories}
        (folder / "annotations" / f"instances_{split}.json").write_text(json.dumps(whole), encoding="utf-8")
    return count


def _background(rng: np.random.Generator, size: int) -> np.ndarray:
    import cv2

    canvas = cv2.resize(rng.integers(60, 200, (4, 4, 3), np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.add(canvas, rng.integers(0, 12, canvas.shape, np.uint8)))


def _colour(rng: np.random.Generator) -> list[int]:
    return [int(value) for value in rng.choice([20, 235], 3)]


def _put(
    canvas: np.ndarray, shape: str, colour: list[int], spot: tuple[np.ndarray, float], rng: np.random.Generator
) -> np.ndarray:
    """Draw a shape round a middle, of a radius, into ``canvas``; return its outline, (P, 2) continuous coordinates."""
    import cv2

    middle, radius = spot
    if shape == "circle":
        cv2.circle(canvas, tuple(int(side) for side in middle), int(radius), colour, -1, cv2.LINE_AA)
        angles = np.arange(24) * 2 * np.pi / 24
        outline: np.ndarray = np.floor(middle) + 0.5 + int(radius) * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return outline
    corners = 4 if shape == "square" else 3
    angles = rng.uniform(0, np.pi) + np.arange(corners) * 2 * np.pi / corners
    points = (middle + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.int32)
    cv2.fillPoly(canvas, [points], colour, cv2.LINE_AA)
    return np.asarray(points, np.float64) + 0.5


def _write(path: Path, pixels: np.ndarray) -> None:
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes())


def _write_sound(path: Path, samples: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


DRAWS: dict[str, tuple[Callable[[Path], int], str]] = {
    "shapes": (draw, "pictures"),
    "scenes": (draw_scenes, "pictures"),
    "sounds": (draw_sounds, "sounds"),
    "soundscape": (draw_soundscape, "sounds"),
    "texts": (draw_texts, "texts"),
}
"""Kind of data set -> what draws it, and what it counts."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what the command line asks for, and say how many of what; ``sys.argv`` by default."""
    parser = argparse.ArgumentParser("python -m augment.demo", description="Draw a small labelled data set.")
    parser.add_argument("folder", type=Path, nargs="?", default=Path("shapes"), help="made if missing (shapes)")
    parser.add_argument("kind", nargs="?", choices=DRAWS, default="shapes", help="of data set (shapes)")
    asked = parser.parse_args(arguments)
    make, counted = DRAWS[asked.kind]
    print(f"{make(asked.folder)} {counted} in {asked.folder}")


if __name__ == "__main__":
    main()
