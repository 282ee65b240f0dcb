"""Laws of the steps that ask a language model, with models of a few thousand random weights made here."""

from __future__ import annotations

import pickle
import random
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augment.annotations import Span
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.sample import Sample
from augment.text import modality, models
from augment.text.value import Document, Passage

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

WORDS = re.findall(
    r"\w+",
    """the a quick brown fox dog cat bird jumps over under lazy house tree red green blue runs walks eats sees see at
    and hello world there is in big small old new man woman child book table water fire paris hidden""",
)

TEXT = (
    "The quick  brown fox sees Paris at https://a.example/?b=c and jumps\tover the lazy dog. Hello {name}, big world!"
)


def vocabulary(special: tuple[str, ...]) -> dict[str, int]:
    return {word: index for index, word in enumerate(dict.fromkeys([*special, *WORDS, *".,!?:/{}=&"]))}


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A masked language model with two layers."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    special = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    tokenizer = _tokenizer(transformers, vocabulary(special), ("[CLS]", "[SEP]"), "[UNK]", "[PAD]", "[MASK]")
    size = len(vocabulary(special))
    config = transformers.BertConfig(
        vocab_size=size, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        transformers.BertForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sequence-to-sequence model with one layer."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("models") / "tiny-bart"
    special = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    tokenizer = _tokenizer(transformers, vocabulary(special), ("<s>", "</s>"), "<unk>", "<pad>", "<mask>")
    config = transformers.BartConfig(
        vocab_size=len(vocabulary(special)), d_model=32, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
        decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=128,
        forced_eos_token_id=2, init_std=0.5,
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(2)
        transformers.BartForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(
    transformers: Any, known: Mapping[str, int], ends: tuple[str, str], unknown: str, pad: str, mask: str
) -> Any:
    tokenizers: Any = pytest.importorskip("tokenizers")

    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(dict(known), unk_token=unknown))
    made.normalizer = tokenizers.normalizers.Lowercase()
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single=f"{ends[0]} $A {ends[1]}", special_tokens=[(end, known[end]) for end in ends]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token=unknown, pad_token=pad, mask_token=mask, bos_token=ends[0],
        eos_token=ends[1], cls_token=ends[0], sep_token=ends[1], model_max_length=128,
        model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise AssertionError("nothing is asked of the network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def step_of(name: str, bert: Path, bart: Path, **more: Any) -> Any:
    return modality.build(name, {**GIVEN[name](bert, bart), **more}, Setting(Path("/")))


GIVEN: Mapping[str, Any] = {
    "AbstSummAug": lambda _, bart: {"model_path": str(bart), "min_length": 2, "max_length": 9},
    "BackTranslate": lambda _, bart: {"there": str(bart), "back": str(bart)},
    "BackTranslationAug": lambda _, bart: {"from_model_name": str(bart), "to_model_name": str(bart), "max_length": 32},
    "ContextualWordEmbsAug": lambda bert, _: {"model_path": str(bert)},
    "MaskedWords": lambda bert, _: {"model": str(bert), "rate": 0.5},
}

WORKING = ["BackTranslate", "BackTranslationAug", "ContextualWordEmbsAug", "MaskedWords"]


def sample_of(text: str) -> Sample:
    place = text.index("Paris")
    return Sample(Document({"text": Passage(text, (Span(place, place + 5, "LOC"),))}))


@pytest.mark.parametrize("name", WORKING)
def test_the_same_chance_gives_the_same_text_and_another_another(name: str, bert: Path, bart: Path) -> None:
    torch = pytest.importorskip("torch")
    step = step_of(name, bert, bart)
    sample = Sample(Document({"text": Passage(TEXT.replace("https://a.example/?b=c", "").replace("{name}", ""))}))
    states = random.getstate(), repr(np.random.get_state(legacy=False)), torch.get_rng_state().tolist()
    threads = torch.get_num_threads()
    made = [step.apply(sample, Chance.of(0, "key", copy))[0].value.texts["text"] for copy in (1, 2, 3, 4, 1)]
    assert (random.getstate(), repr(np.random.get_state(legacy=False)), torch.get_rng_state().tolist()) == states
    assert torch.get_num_threads() == threads
    assert made[0] == made[-1]
    if name != "BackTranslationAug":  # it takes the likeliest words
        assert len(set(made)) > 2
    again = pickle.loads(pickle.dumps(step))
    assert len(pickle.dumps(step)) < 3000
    assert again.apply(sample, Chance.of(0, "key", 1))[0].value.texts["text"] == made[0]
    assert len(step.files) >= 3 and len(list(modality.references(step))) == len(step.files)


@pytest.mark.parametrize("name", ["ContextualWordEmbsAug", "MaskedWords"])
def test_what_is_guarded_and_what_is_between_words_stays(name: str, bert: Path, bart: Path) -> None:
    step = step_of(name, bert, bart)
    for copy in range(20):
        made = step.apply(sample_of(TEXT), Chance.of(0, "key", copy))[0].value.passages["text"]
        (span,) = made.spans
        assert made.text[span.start : span.end] == "Paris"
        assert "https://a.example/?b=c" in made.text and "{name}" in made.text
        if name == "MaskedWords":
            assert [c for c in made.text if not c.isalnum()] == [c for c in TEXT if not c.isalnum()]


@pytest.mark.parametrize("name", ["BackTranslate", "BackTranslationAug"])
def test_what_would_lose_a_link_stays_as_it_was(name: str, bert: Path, bart: Path) -> None:
    step = step_of(name, bert, bart)
    assert step.rewrites
    text = "See https://a.example/?b=c."
    assert step.apply(Sample(Document({"text": Passage(text)})), Chance.of(0, "key", 1))[0].value.texts["text"] == text


@pytest.mark.parametrize("text", ["a", "[MASK]", "…", "[MASK] the fox [MASK]", "مرحبا بالعالم", "the " * 700, "漢字"])
@pytest.mark.parametrize("name", WORKING)
def test_any_text_gives_one_text(name: str, text: str, bert: Path, bart: Path) -> None:
    if len(text) > 1000 and name != "MaskedWords":
        text = text[:200]
    step = step_of(name, bert, bart)
    try:
        made = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(0, "key", 1))[0]
    except SampleError:
        assert name == "ContextualWordEmbsAug"
        return
    assert made.value.texts["text"].strip()


def test_nothing_to_do_leaves_the_text(bert: Path, bart: Path) -> None:
    for name, more in (("MaskedWords", {"rate": 0}), ("ContextualWordEmbsAug", {"aug_p": 0})):
        sample = sample_of(TEXT)
        assert step_of(name, bert, bart, **more).apply(sample, Chance.of(0, "key", 1))[0] is sample


def test_a_folder_that_is_no_model_is_told(tmp_path: Path, bert: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "config.json").write_text("{}")
    for name, key in (("MaskedWords", "model"), ("ContextualWordEmbsAug", "model_path")):
        for value, said in (
            ("bert-base-uncased", "there is none at"),
            ("empty", "has no config.json"),
            ("broken", "expected"),
            ("", "expected"),
            (str(bert / "config.json"), "there is none at"),
        ):
            with pytest.raises(RecipeError) as caught:
                modality.build(name, {key: value}, Setting(tmp_path))
            assert said in str(caught.value)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")

    def absent(name: str) -> Any:
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(models, "library", absent)
    with pytest.raises(RecipeError, match=r"pip install 'augment\[models\]'"):
        modality.build("MaskedWords", {"model": str(tmp_path)}, Setting(tmp_path))
    with pytest.raises(RecipeError, match=r"pip install 'augment\[models\]'"):
        modality.build("ContextualWordEmbsAug", {"model_path": str(tmp_path)}, Setting(tmp_path))
