"""Text: our steps against nlpaug's, one core, one run: ``python -m tests.bench.texts [--file F] [--count 400]``.

Both get the same sentences, in turn, ``--repeat`` times; medians of sentences a second of processor time are shown.
Ours are samples as the engine has them, decoded but new: what a step finds out about a text (words, what is guarded)
is in its time. ``edits`` is the mean number of words that differ afterwards, the marks around them aside. There are
two tables: in the first each contestant has its own defaults, of which nlpaug's are three words in ten, more than
people would take for slips; in the second the rate of ours is raised until it changes as many, or is 1.
``--nltk DIR`` is a folder of NLTK data with WordNet and its tagger, without which nlpaug has no synonyms.
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
Pair = tuple[str, dict[str, Any], Peer]
PAIRS: Sequence[Pair] = (
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

RATES = {"Eda": ("alpha_sr", "alpha_ri", "alpha_rs", "alpha_rd")}
"""Parameters that say how much, where it is not ``rate``."""

DEFAULTS, EQUAL = "Each with its own defaults", "As many words changed"
LIMIT = 0.98
"""Of a rate that does not change enough words even there, it stays at 1."""

MARKS_AROUND = ".,;:!?()[]\"'“”‘’"
ACCENTS = str.maketrans("aeou", "äéöü")

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


def differing(texts: list[str], made: list[str], cut: Callable[[str], list[str]]) -> float:
    """Mean number of words that were changed, put in or taken away."""
    return mean(starmap(_edits, zip(map(cut, texts), map(cut, made), strict=True)))


def _bare(text: str) -> list[str]:
    return [word for token in text.split() if (word := token.strip(MARKS_AROUND))]


def _edits(old: list[str], new: list[str]) -> int:
    codes = SequenceMatcher(None, old, new, False).get_opcodes()
    return sum(max(to - at, new_to - new_at) for kind, at, to, new_at, new_to in codes if kind != "equal")


def changing(way: Way, texts: list[str], pair: Pair) -> float:
    """As ``differing``, of one contestant. Marks around words count only where they are what is put in."""
    return differing(texts, [text_of(made) for made in way(texts)], str.split if pair[0] == "Aeda" else _bare)


def raised(pair: Pair, texts: list[str], edits: float) -> dict[str, Any]:
    """Our parameters with the smallest rate, to one in five hundred of it, that changes as many words."""
    name, parameters, _ = pair
    keys = [key for key in RATES.get(name, ("rate",)) if parameters.get(key) != 0]
    low, high = 0.0, 1.0
    while high - low > high / 500:
        rate = (low + high) / 2
        if changing(ours(name, {**parameters, **dict.fromkeys(keys, rate)}), texts, pair) < edits:
            low = rate
        else:
            high = rate
        if low > LIMIT:
            break
    return {**parameters, **dict.fromkeys(keys, high)}


def compare(pair: Pair, texts: list[str], repeat: int, equal: bool) -> None:
    """One step against its counterpart, in turn; where that is wanted with as many edits."""
    name, parameters, peer = pair
    other = theirs(peer)
    edits = changing(other, texts, pair)
    if equal:
        parameters = raised(pair, texts, edits)
    ways = {"ours": ours(name, parameters), "theirs": other}
    rates: dict[str, list[float]] = {which: [] for which in ways}
    for _ in range(repeat):
        for which, way in ways.items():
            rates[which].append(timed(way, texts))
    speed, slower = median(rates["ours"]), median(rates["theirs"])
    mine = changing(ways["ours"], texts, pair)
    told = [key if isinstance(value, str) else f"{key} {value:.2g}" for key, value in parameters.items() if value != 0]
    print(
        f"{' '.join([name, *told])[:34]:34} {speed:9,.0f} /s {1e6 / speed:6.1f} us {mine:5.1f}"
        f" edits   {peer[1] + ' ' + ' '.join(peer[2].values()):22} {slower:7,.0f} /s {edits:5.1f} edits   "
        f"{speed / slower:6.1f} x",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, help="sentences, one a line; drawn if not given")
    parser.add_argument("--count", type=int, default=400, help="how many sentences")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--rate", type=float, help="of our steps, in place of their defaults and of as many edits")
    parser.add_argument("--accents", action="store_true", help="letters beyond ASCII in drawn sentences")
    parser.add_argument("--nltk", type=Path, help="a folder of NLTK data, for synonyms and antonyms by nlpaug")
    parser.add_argument("--only", action="append", help="names of our steps")
    options = parser.parse_args()
    texts = options.file.read_text(encoding="utf-8").splitlines()[: options.count] if options.file else []
    texts = [text for text in texts if text.strip()] or sentences(options.count)
    if options.accents:
        texts = [text.translate(ACCENTS) for text in texts]
    print(f"{len(texts)} sentences of {mean(map(len, texts)):.0f} characters")
    if options.nltk is not None:
        importlib.import_module("nltk").data.path.insert(0, str(options.nltk))
    here = native.modules(STEPS)
    pairs = [pair for pair in PAIRS if pair[0] in here and (not options.only or pair[0] in options.only)]
    for table in (DEFAULTS, EQUAL) if options.rate is None else (f"At a rate of {options.rate:g}",):
        print(f"\n{table}")
        for name, parameters, peer in pairs:
            if peer[1] in NEED_DATA and options.nltk is None:
                print(f"{name}: no --nltk, so nothing to compare with")
                continue
            given = parameters if options.rate is None else {**parameters, "rate": options.rate}
            compare((name, given, peer), texts, options.repeat, table == EQUAL)


if __name__ == "__main__":
    main()
