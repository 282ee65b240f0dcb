"""Does it help? A small model on 200 real samples, without and with copies: ``python -m tests.bench.train --data DIR``

``DIR`` holds ``fashion-mnist``, ``fsdd`` and ``trec_qc`` in the layouts in which they are given away; what is not
there is told and left out. For each seed 200 training samples are drawn (fsdd has fewer here: all clips of all
speakers but two), a model is trained on them twice, and both are scored on the same real test set, which neither has
seen: the test files of fashion-mnist and trec_qc, the two speakers of fsdd. Shown are mean and standard deviation over
the seeds, and those of the difference, whichever wins.

Neither side is favoured. Networks: the same initial weights, batches of 40, the same number of gradient steps with the
same schedule; an epoch has one sample a source, for one side as it is, for the other a new copy by ``augment.torch``.
Texts: TF-IDF of words and pairs of words, and logistic regression trained to its end; the rows that come of one text
by ``augment.arrays`` weigh together as much as the text alone does.

``--tune`` scores on training samples that were left out, by other seeds: recipes and models were chosen by that.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader

import augment
import augment.torch

COUNT = 200
BATCH = 40
EPOCHS = {"fashion-mnist": 100, "fsdd": 150}
Array = np.ndarray[Any, Any]

FASHION: dict[str, Any] = {
    "image": [
        {"HorizontalFlip": {"p": 0.5}},
        {"Affine": {"rotate": [-8, 8], "scale": [0.9, 1.1], "translate_percent": [-0.08, 0.08], "p": 0.8}},
        {"RandomBrightnessContrast": {"brightness_limit": 0.1, "contrast_limit": 0.2, "p": 0.5}},
        {"CoarseDropout": {"num_holes_range": [1, 1], "hole_height_range": [4, 10], "hole_width_range": [4, 10]}},
    ],
}
"""Clothes are worn either way; none is turned far or upside down."""

DIGITS: dict[str, Any] = {
    "input": {"pattern": "{label}_{speaker}_{take}.wav"},
    "prepare": {"audio": ["ToMono", {"FixedLength": {"seconds": 0.8, "position": "center"}}, "NormalizeLoudness"]},
    "audio": [
        {"SpeedPerturb": {"factors": [0.8, 0.9, 1.0, 1.1, 1.2], "p": 1.0}},
        {"FixedLength": {"seconds": 0.8, "position": "random"}},
        {"AddColorNoise": {"min_snr_db": 10, "max_snr_db": 40, "p": 0.5}},
        {"SpecAugment": {"p": 0.5}},
    ],
}
"""Another speaker is mostly another pitch and another pace."""


QUESTIONS: dict[str, Any] = {
    "expand": {"duplicates": "keep"},
    "text": [{"RandomInsertion": {"rate": 0.2, "p": 1.0}}],
}
"""Synonyms are put in and nothing is taken away: which word asks says most of the class."""


def network(channels: Sequence[int], seed: int) -> nn.Module:
    """A CNN of three blocks (3 x 3 convolution, batch norm, ReLU, pooling by 2) for 10 classes."""
    torch.manual_seed(seed)
    blocks: list[nn.Module] = []
    before = 1
    for width in channels:
        blocks += [nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)]
        before = width
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Dropout(0.3), nn.Linear(before * 4, 10))


def trained(model: nn.Module, dataset: Any, epochs: int, view: Callable[[Any], Any]) -> None:
    """Adam with a one-cycle schedule (Smith and Topin, 2018) over so many epochs of a dataset."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
    loader = DataLoader(dataset, BATCH, collate_fn=augment.torch.collate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, epochs * len(loader))
    model.train()
    for epoch in range(epochs):
        dataset.set_epoch(epoch)
        for values, labels in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(view(values)), labels).backward()
            optimizer.step()
            schedule.step()


def scored(model: nn.Module, values: Any, labels: Any, view: Callable[[Any], Any]) -> float:
    """Accuracy in percent."""
    model.eval()
    with torch.no_grad():
        found = torch.cat([model(view(part)).argmax(1) for part in values.split(500)])
    return 100 * float((found == labels).float().mean())


def live(recipe: dict[str, Any], folder: Path, grown: bool, seed: int) -> Any:
    """A dataset of one sample a source and epoch: a new copy, or the source as it is, prepared."""
    expand = {"multiplier": 1, "keep_originals": not grown}
    return augment.torch.IterableDataset({**recipe, "expand": expand}, input=folder, seed=seed)


def idx(path: Path) -> Array:
    """An array of an IDX file of bytes (LeCun's MNIST page)."""
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, ">i4", data[3], 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def fashion(data: Path, seed: int, tune: bool, place: Path) -> tuple[float, float]:
    """Accuracy without and with copies, on the test file; 20 pictures a class."""
    train = idx(data / "train-images-idx3-ubyte.gz"), idx(data / "train-labels-idx1-ubyte.gz")
    order = np.random.default_rng(seed).permutation(len(train[1]))
    drawn = np.concatenate([order[train[1][order] == label][: COUNT // 10] for label in range(10)])
    for number in drawn:
        file = place / f"{train[1][number]}/{number}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(train[0][number]).save(file)
    left = np.setdiff1d(order, drawn)
    test = (
        (train[0][left], train[1][left])
        if tune
        else (
            idx(data / "t10k-images-idx3-ubyte.gz"),
            idx(data / "t10k-labels-idx1-ubyte.gz"),
        )
    )
    pictures, labels = torch.tensor(test[0])[:, None], torch.tensor(test[1]).long()

    def view(values: Any) -> Any:
        return values.float() / 127.5 - 1

    found = []
    for grown in (False, True):
        model = network((16, 32, 64), seed)
        trained(model, live(FASHION, place, grown, seed), EPOCHS["fashion-mnist"], view)
        found.append(scored(model, pictures, labels, view))
    return found[0], found[1]


def spectrogram(values: Any, bands: Any) -> Any:
    """Log-mel pictures (N, 1, bands, frames) of sounds (N, 1, frames) at 8 kHz."""
    power = torch.stft(values[:, 0], 256, 128, window=torch.hann_window(256), return_complex=True).abs() ** 2
    return ((bands @ power + 1e-6).log()[:, None] + 6) / 4


def mel(count: int) -> Any:
    """Triangular bands on the mel scale (O'Shaughnessy, 1987), (count, 129), of a 256-point FFT at 8 kHz."""
    edges = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), count + 2) / 2595) - 1)
    hertz = np.linspace(0, 4000, 129)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rise, fall = (hertz - low) / (middle - low), (high - hertz) / (high - middle)
    return torch.tensor(np.maximum(0, np.minimum(rise, fall)), dtype=torch.float32)


def digits(data: Path, seed: int, tune: bool, place: Path) -> tuple[float, float]:
    """Accuracy without and with copies, on speakers that were left out: two, or to tune one of the other four."""
    files = sorted((data / "recordings").glob("*.wav"))
    speakers = sorted({file.stem.split("_")[1] for file in files})
    order = [speakers[place] for place in np.random.default_rng(seed).permutation(len(speakers))]
    test, rest = (order[2:3], order[3:]) if tune else (order[:2], order[2:])
    for name, those in (("train", rest), ("test", test)):
        chosen = [file for file in files if file.stem.split("_")[1] in those]
        if name == "train":
            chosen = [chosen[at] for at in np.random.default_rng(seed).permutation(len(chosen))[:COUNT]]
        (place / name).mkdir()
        for file in chosen:
            shutil.copy(file, place / name)
    bands = mel(32)

    def view(values: Any) -> Any:
        return spectrogram(values, bands)

    sounds = list(live(DIGITS, place / "test", False, 0))
    values, labels = augment.torch.collate(sounds)
    found = []
    for grown in (False, True):
        model = network((16, 32, 64), seed)
        trained(model, live(DIGITS, place / "train", grown, seed), EPOCHS["fsdd"], view)
        found.append(scored(model, values, labels, view))
    return found[0], found[1]


def questions(data: Path, seed: int, tune: bool, place: Path) -> tuple[float, float]:
    """Accuracy without and with copies, on the test file; six coarse classes."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    def read(name: str) -> tuple[list[str], list[str]]:
        lines = (data / name).read_text(encoding="latin-1").splitlines()
        pairs = [line.split(" ", 1) for line in lines if line.strip()]
        return [text for _, text in pairs], [label.split(":")[0] for label, _ in pairs]

    texts, labels = read("train.txt")
    order = np.random.default_rng(seed).permutation(len(texts))
    chosen, left = order[:COUNT], order[COUNT : COUNT + 2000]
    test = ([texts[at] for at in left], [labels[at] for at in left]) if tune else read("test.txt")
    few = [texts[at] for at in chosen], [labels[at] for at in chosen]
    found = []
    for many in (1, 10):
        rows, classes = augment.arrays(QUESTIONS, *few, multiplier=many, seed=seed)
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=30, max_iter=2000)
        )
        model.fit(rows, classes, logisticregression__sample_weight=np.full(len(rows), 1 / many))
        found.append(100 * float(model.score(*test)))
    return found[0], found[1]


CASES: dict[str, tuple[str, Callable[[Path, int, bool, Path], tuple[float, float]]]] = {
    "fashion-mnist": ("CNN, 200 pictures of 10 kinds of clothes", fashion),
    "fsdd": ("CNN on log-mel spectrograms, 80 spoken digits of 4 speakers; tested on 2 others", digits),
    "trec_qc": ("TF-IDF and logistic regression, 200 questions of 6 classes", questions),
}


def told(found: Sequence[float], sign: str = "") -> str:
    """Mean and standard deviation."""
    return f"{mean(found):{sign}.1f} ± {stdev(found) if len(found) > 1 else 0.0:.1f}"


def compare(name: str, options: argparse.Namespace) -> None:
    """One set, all seeds."""
    about, case = CASES[name]
    folder = options.data / name
    if not folder.is_dir():
        print(f"{name}: left out, there is no {folder}", flush=True)
        return
    start = time.perf_counter()
    pairs = []
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            pairs.append(case(folder, seed + (1000 if options.tune else 0), options.tune, Path(place)))
    without, grown = zip(*pairs, strict=True)
    gains = [two - one for one, two in pairs]
    wins = sum(gain > 0 for gain in gains)
    print(f"{name}: {about} ({time.perf_counter() - start:.0f} s)")
    print(
        f"  accuracy, %: without {told(without)}   with copies {told(grown)}   difference {told(gains, '+')}", end=""
    )
    print(f", better for {wins} of {len(gains)} seeds", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder that the sets lie in")
    parser.add_argument("--only", choices=sorted(CASES), action="append")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--tune", action="store_true", help="score on training samples that were left out")
    options = parser.parse_args()
    torch.set_num_threads(1)  # small as these are, more wait for one another
    for name in options.only or CASES:
        compare(name, options)


if __name__ == "__main__":
    main()
