"""A folder like NLTK's data, with a WordNet of some words and a tagger that knows them. For tests."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = {
    "adj": (("good", "full", "serious"), ("bad", "unfit"), ("happy", "well-chosen"), ("sad", "deplorable")),
    "verb": (("walk", "go on foot"), ("open", "unfold"), ("close", "shut")),
    "noun": (("dog", "domestic_dog"), ("car", "auto"), ("house", "home")),
    "adv": (("quickly", "rapidly"), ("slowly", "tardily")),
}
OPPOSITES = {"good": "bad", "bad": "good", "happy": "sad", "sad": "happy", "open": "close", "close": "open"}
OPPOSITES |= {"quickly": "slowly", "slowly": "quickly"}
TYPES = {"adj": "a", "verb": "v", "noun": "n", "adv": "r"}
TAGS = {"adj": "JJ", "verb": "VB", "noun": "NN", "adv": "RB"}
HEAD = "  1 WordNet 3.0 Copyright 2006 by Princeton University.\n"


def draw(folder: Path) -> Path:
    """Write it."""
    wordnet = folder / "corpora" / "wordnet"
    wordnet.mkdir(parents=True)
    (folder / "corpora" / "omw-1.4").mkdir()
    (folder / "corpora" / "omw-1.4" / "README").write_text("empty")
    (wordnet / "lexnames").write_text("00\tadj.all\t3\n01\tadj.pert\t3\n")
    for name in ("cntlist.rev", "index.sense", "adj.exc", "adv.exc", "noun.exc", "verb.exc"):
        (wordnet / name).write_text("")
    for kind, synsets in WORDS.items():
        _write(wordnet, kind, [tuple(word.replace(" ", "_") for word in synset) for synset in synsets])
    tagger = folder / "taggers" / "averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    known = {word: TAGS[kind] for kind, synsets in WORDS.items() for synset in synsets for word in synset}
    known |= {"the": "DT", "a": "DT"}
    for part, value in (("weights", {}), ("tagdict", known), ("classes", sorted({*TAGS.values(), "DT", "NN"}))):
        (tagger / f"averaged_perceptron_tagger_eng.{part}.json").write_text(json.dumps(value))
    return folder


def _write(wordnet: Path, kind: str, synsets: list[tuple[str, ...]]) -> None:
    type_ = TYPES[kind]

    def line(synset: tuple[str, ...], places: dict[str, int]) -> str:
        words = " ".join(f"{word} 0" for word in synset)
        opposite = OPPOSITES.get(synset[0])
        pointers = f"001 ! {places.get(opposite, 0):08d} {type_} 0101" if opposite else "000"
        frames = " 01 + 01 00" if kind == "verb" else ""
        return f"{places.get(synset[0], 0):08d} 00 {type_} {len(synset):02x} {words} {pointers}{frames} | a gloss  \n"

    places: dict[str, int] = {}
    done = len(HEAD)
    for synset in synsets:
        places[synset[0]] = done
        done += len(line(synset, places))
    (wordnet / f"data.{kind}").write_text(HEAD + "".join(line(synset, places) for synset in synsets))
    index = sorted((word.lower(), synset) for synset in synsets for word in synset)
    rows = [
        f"{word} {type_} 1 {'1 !' if synset[0] in OPPOSITES else '0'} 1 0 {places[synset[0]]:08d}  \n"
        for word, synset in index
    ]
    (wordnet / f"index.{kind}").write_text(HEAD + "".join(rows))
