"""What a language model's tokenizer can't write stays as it is, and no text is too long; with models made here."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.chance import Chance
from augment.contracts import Setting
from augment.sample import Sample
from augment.text import modality, models
from augment.text.value import Document, Passage
from augment.text.words import words

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

WORDS = re.findall(
    r"\w+", "the a big cat dog sat on mat hello world run walk see sees quick brown fox naive cafe well"
)
ROOM = 40
"""Tokens that the models take, special ones counted."""

KINDS = ("bert", "roberta")


class Made(NamedTuple):
    """A model's folder, and all that its tokenizer means something special by."""

    folder: Path
    special: tuple[str, ...]


def _bert(transformers: Any, tokenizers: Any) -> tuple[Any, Any]:
    """Small letters without accents only, in pieces; most characters are unknown."""
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    known = {word: turn for turn, word in enumerate([*special, *WORDS, *".,!?-'(", "##s", "##ing", "##ly"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordPiece(known, unk_token="[UNK]"))
    made.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.decoder = tokenizers.decoders.WordPiece()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    config = transformers.BertConfig(
        vocab_size=len(known), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=ROOM,
    )  # fmt: skip
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=made, **dict(zip(names, special, strict=True)))
    return tokenizer, transformers.BertForMaskedLM(config)


def _roberta(transformers: Any, tokenizers: Any) -> tuple[Any, Any]:
    """Bytes, joined to words where they are known: a letter may be many pieces."""
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    made = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, special_tokens=list(special), show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator([f"{word} {other}" for word in WORDS for other in WORDS], trainer)
    made.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    config = transformers.RobertaConfig(
        vocab_size=made.get_vocab_size(), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=ROOM + 2, pad_token_id=1,
    )  # fmt: skip
    names = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, **dict(zip(names, special, strict=True)), cls_token="<s>", sep_token="</s>"
    )
    return tokenizer, transformers.RobertaForMaskedLM(config)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Made]:
    """A model of each kind; neither tokenizer says how long a text may be."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    found = {}
    for kind, draw in (("bert", _bert), ("roberta", _roberta)):
        folder = tmp_path_factory.mktemp("models") / kind
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            tokenizer, model = draw(transformers, tokenizers)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        found[kind] = Made(folder, tuple(tokenizer.all_special_tokens))
    return found


@pytest.fixture(scope="module")
def steps(folders: dict[str, Made]) -> dict[tuple[str, str], Any]:
    """nlpaug's step with each kind of model and each action."""
    return {
        (kind, action): modality.build(
            "ContextualWordEmbsAug",
            {"model_path": str(made.folder), "model_type": kind, "action": action, "top_k": None, "stopwords": ["on"]},
            Setting(Path("/")),
        )
        for kind, made in folders.items()
        for action in ("insert", "substitute")
    }


PIECES = st.sampled_from([
    *WORDS, "Hello,", "the", "The", "on", "running", "sees.", "naïve", "café", "well-known", "don't", "it’s", "fox…",
    "cat👍dog", "👍", "☕", "👨‍👩‍👧", "Привет", "über", "(big", '"quick"', "3.5", "«мат»", "—", "e\u0301a", "...", "x",
])  # fmt: skip
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from([" ", " ", "  ", "\n", "\t"])), min_size=1, max_size=9).map(
    lambda parts: "".join(piece + gap for piece, gap in parts)
)


def made_of(step: Any, text: str, copy: int) -> str:
    made: str = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(0, "key", copy))[0].value.texts["text"]
    return made


def parted(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, and what stands between them."""
    found = words(text)
    edges = [0, *(place for word in found for place in word), len(text)]
    return [text[start:end] for start, end in found], [text[a:b] for a, b in list(pairwise(edges))[::2]]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(text=TEXTS, copy=st.integers(0, 99))
def test_only_words_change_and_all_between_stays(
    kind: str, text: str, copy: int, steps: dict[tuple[str, str], Any]
) -> None:
    made = made_of(steps[kind, "substitute"], text, copy)
    (old, between), (new, now) = parted(text), parted(made)
    assert now == between
    assert len(new) == len(old)
    changed = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    assert len(changed) <= 10
    assert "on" not in dict(changed)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(text=TEXTS, copy=st.integers(0, 99))
def test_words_are_put_in_and_nothing_else(kind: str, text: str, copy: int, steps: dict[tuple[str, str], Any]) -> None:
    made = made_of(steps[kind, "insert"], text, copy)
    new = iter(parted(made)[0])
    assert all(word in new for word in parted(text)[0])  # in this order
    for spaces in (True, False):  # none of what was there is gone, and what is new is words and single blanks
        was = [char for char in text if not char.isalnum() and char.isspace() is spaces]
        now = iter([char for char in made if not char.isalnum() and char.isspace() is spaces])
        assert all(char in now for char in was)
        assert {*now} <= ({" "} if spaces else set())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(text=st.one_of(TEXTS, st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)))
def test_no_special_token_is_ever_written(
    kind: str, text: str, steps: dict[tuple[str, str], Any], folders: dict[str, Made]
) -> None:
    marks = {*folders[kind].special, *(mark.strip("[]</>") for mark in folders[kind].special if len(mark) > 4)}
    for action in ("insert", "substitute"):
        for copy in range(3):
            made = made_of(steps[kind, action], text, copy) if text.strip() else text
            assert all(made.count(mark) == text.count(mark) for mark in marks)
            assert made.count("\ufffd") == text.count("\ufffd")


def test_something_is_done(steps: dict[tuple[str, str], Any]) -> None:
    text = "The quick brown fox sees 👍 the café on a mat"
    for step in steps.values():
        assert len({made_of(step, text, copy) for copy in range(12)}) > 6


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 300), odd=st.booleans())
def test_every_word_of_a_text_of_any_length_is_reached(
    kind: str, count: int, odd: bool, folders: dict[str, Made]
) -> None:
    listed = [WORDS[(7 * turn) % len(WORDS)] for turn in range(count)]
    text = ("👍👍! " if odd else "  ").join(listed) + ("!" * 3 * ROOM if odd else "")
    step = modality.build("MaskedWords", {"model": str(folders[kind].folder), "rate": 1}, Setting(Path("/")))
    made = made_of(step, text, count)
    (old, between), (new, now) = parted(text), parted(made)
    assert now == between
    assert all(one != other for one, other in zip(old, new, strict=True))
    assert made == made_of(step, text, count)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20, deadline=None)
@given(text=TEXTS, times=st.integers(1, 40))
def test_windows_hold_each_token_once_and_fit_the_model(
    kind: str, text: str, times: int, folders: dict[str, Made]
) -> None:
    torch = models.library("torch")
    tokenizer, model = models.loaded(str(folders[kind].folder), "AutoModelForMaskedLM")
    found = models.windows(tokenizer, model, text * times)
    ends = tokenizer("")["input_ids"]
    assert [id for window in found for id in window[1:-1]] == tokenizer(text * times)["input_ids"][1:-1]
    assert all([window[0], window[-1]] == ends and len(window) <= ROOM for window in found)
    assert models.room(model, 512) == ROOM
    with torch.no_grad():
        model(input_ids=torch.tensor([max(found, key=len)]))  # raises where it is too long


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(text=TEXTS)
def test_pieces_stand_in_order_where_their_letters_do(kind: str, text: str, folders: dict[str, Made]) -> None:
    tokenizer, _ = models.loaded(str(folders[kind].folder), "AutoModelForMaskedLM")

    class Slow:
        """The same without places."""

        is_fast = False
        tokenize = staticmethod(tokenizer.tokenize)
        convert_tokens_to_string = staticmethod(tokenizer.convert_tokens_to_string)

    known = models.pieces(tokenizer, text)
    assert all(text[start:end] == text[start:end].strip() for start, end in known)
    sought = models.pieces(Slow(), text)
    assert len(known) == len(sought) == len(tokenizer.tokenize(text))
    for places in (known, sought):
        assert all(one[0] <= other[0] for one, other in pairwise(places))
    if text.isascii():
        assert [place for place in sought if place[0] < place[1]] == [
            place for place, other in zip(known, sought, strict=True) if other[0] < other[1]
        ]
