"""Text: our steps against nlpaug's, one core, one run: ``python -m tests.bench.texts [--file F] [--count 400]``.

Both get the same sentences, in turn, ``--repeat`` times; medians of sentences a second of processor time are shown.
Ours are samples as the engine has them, decoded but new: what a step finds out about a text (words, what is guarded)
is in its time. Each contestant has its own defaults; ``edits`` is the mean number of words that differ afterwards:
nlpaug's is three in ten, more than people would take for slips; ``--rate 0.07`` has ours change as many. ``--nltk
DIR`` is a folder of NLTK data with WordNet and its tagger, without which nlpaug has no synonyms.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import starmap
from pathlib import Path
from statistics import mean, median
from typing import Any

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text.value import Document, Passage

STEPS = "augment.text.steps"

Way = Callable[[list[str]], Iterator[Any]]
"""Texts -> what is then timed: an iterator that changes one after the other."""

Peer = tuple[str, str, dict[str, Any]]
PAIRS: Sequence[tuple[str, dict[str, Any], Peer]] = (
    ("Typos", {"swap": 0, "drop": 0, "double": 0, "insert": 0, "space": 0}, ("char", "KeyboardAug", {})),
    ("Typos", {}, ("char", "KeyboardAug", {})),
    ("OcrErrors", {}, ("char", "OcrAug", {})),
    (
        "Typos",
        {"neighbor": 0, "drop": 0, "double": 0, "insert": 0, "space": 0},
        ("char", "RandomCharAug", {"action": "swap"}),
    ),
    ("RandomSwap", {}, ("word", "RandomWordAug", {"action": "swap"})),
    ("RandomDeletion", {}, ("word", "RandomWordAug", {"action": "delete"})),
    ("Aeda", {}, ("word", "RandomWordAug", {"action": "swap"})),
    ("SynonymReplacement", {}, ("word", "SynonymAug", {})),
    ("RandomInsertion", {}, ("word", "SynonymAug", {})),
    ("Eda", {}, ("word", "SynonymAug", {})),
    ("Antonyms", {}, ("word", "AntonymAug", {})),
)
"""Ours, how it is called, and nlpaug's nearest."""

SPELL = 0.02
"""Seconds that each has at a time at least: the quicker one would else be measured while it still warms up."""

NEED_DATA = frozenset({"SynonymAug", "AntonymAug"})

WORDS = """
    the a my our this that new old small good bad happy sad quick slow card account money bank order flight hotel music
    movie weather city street people children teacher doctor river mountain window garden morning evening payment is
    was has will can should want need like find make take give buy sell show tell ask help please about with from to in
    on at for and but because while after before without through really never often always today tomorrow
""".split()  # noqa: SIM905 - a list of strings is harder to read
"""Of which sentences are made where no file is given."""

MARKED = ("{},",) * 8 + ("{}'s",) * 4 + ('"{}"', '"{}', '{},"', "({}", "{})", "({})", "{};", "{}:") + ("{}-{}",) * 3
MARKS = 0.13
"""How words stand that are not by themselves, and the share of those: as in IMDB's reviews."""


def sentences(count: int) -> list[str]:
    """Drawn ones of 17 words, 95 characters on average, the same each time."""
    found = []
    for number in range(count):
        random = Chance.of(5, "bench", number).draws().random
        words = [WORDS[int(random() * len(WORDS))] for _ in range(17)]
        words = [
            MARKED[int(random() * len(MARKED))].format(word, "made") if random() < MARKS else word for word in words
        ]
        text = " ".join(words) + ".?!."[int(random() * 4)]
        found.append(text[0].upper() + text[1:])
    return found


def ours(name: str, parameters: dict[str, Any]) -> Way:
    """One of our steps, over fresh samples of some texts."""
    step = native.build(STEPS, name, parameters, Path())

    def prepared(texts: list[str]) -> Iterator[Any]:
        samples = [Sample(Document({"text": Passage(text)})) for text in texts]
        chances = [Chance.of(7, text, number) for number, text in enumerate(texts)]
        return starmap(step.apply, zip(samples, chances, strict=True))

    return prepared


def theirs(peer: Peer) -> Way:
    """One of nlpaug's augmenters."""
    folder, name, parameters = peer
    step = getattr(importlib.import_module(f"nlpaug.augmenter.{folder}"), name)(**parameters)
    return lambda texts: map(step.augment, texts)


def timed(way: Way, texts: list[str]) -> float:
    """Texts a second of processor time; what comes of them is dropped, as it is once written."""
    done, spent = 0, 0.0
    while spent < SPELL:
        run = way(texts)
        start = time.process_time()
        deque(run, maxlen=0)
        spent += time.process_time() - start
        done += len(texts)
    return done / spent


def text_of(made: Any) -> str:
    """What came of a text: a sample and what was drawn for it, or a list of nlpaug's."""
    if isinstance(made, tuple):
        return str(made[0].value.texts["text"])
    return str((made or [""])[0])


def differing(texts: list[str], made: list[str]) -> float:
    """Mean number of words that were changed, put in or taken away."""

    def edits(old: str, new: str) -> Iterator[int]:
        for kind, start, end, new_start, new_end in SequenceMatcher(
            None, old.split(), new.split(), False
        ).get_opcodes():
            yield 0 if kind == "equal" else max(end - start, new_end - new_start)

    return mean(sum(edits(old, new)) for old, new in zip(texts[:100], made[:100], strict=True))


def compare(pair: tuple[str, dict[str, Any], Peer], texts: list[str], options: argparse.Namespace) -> None:
    """One step against its counterpart, in turn."""
    name, parameters, peer = pair
    if options.rate is not None:
        parameters = {**parameters, "rate": options.rate}
    ways = {"ours": ours(name, parameters), "theirs": theirs(peer)}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    changed = {name: differing(texts, [text_of(made) for made in way(texts)]) for name, way in ways.items()}
    for _ in range(options.repeat):
        for which, way in ways.items():
            rates[which].append(timed(way, texts))
    mine, other = median(rates["ours"]), median(rates["theirs"])
    called = name + (" " + "+".join(key for key in parameters if parameters[key] != 0) if parameters else "")
    print(
        f"{called:24} {mine:9,.0f} /s {1e6 / mine:6.1f} us {changed['ours']:5.1f} edits   "
        f"{peer[1] + ' ' + ' '.join(peer[2].values()):22} {other:7,.0f} /s {changed['theirs']:5.1f} edits   "
        f"{mine / other:6.1f} x",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, help="sentences, one a line; drawn if not given")
    parser.add_argument("--count", type=int, default=400, help="how many sentences")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--rate", type=float, help="of our steps, in place of their defaults")
    parser.add_argument("--nltk", type=Path, help="a folder of NLTK data, for synonyms and antonyms by nlpaug")
    parser.add_argument("--only", action="append", help="names of our steps")
    options = parser.parse_args()
    texts = options.file.read_text(encoding="utf-8").splitlines()[: options.count] if options.file else []
    texts = [text for text in texts if text.strip()] or sentences(options.count)
    print(f"{len(texts)} sentences of {mean(map(len, texts)):.0f} characters")
    if options.nltk is not None:
        importlib.import_module("nltk").data.path.insert(0, str(options.nltk))
    here = native.modules(STEPS)
    for pair in PAIRS:
        name, _, peer = pair
        if name not in here or (options.only and name not in options.only):
            continue
        if peer[1] in NEED_DATA and options.nltk is None:
            print(f"{name}: no --nltk, so nothing to compare with")
            continue
        compare(pair, texts, options)


if __name__ == "__main__":
    main()
