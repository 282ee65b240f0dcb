"""How each augmenter of nlpaug is asked: by words, by phrases, by sentences, or with the whole text."""

from __future__ import annotations

import importlib
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from itertools import pairwise
from typing import Any

from augment.text import graphemes, handing, peer
from augment.text.handing import Token
from augment.text.marks import Edit
from augment.text.sentences import sentences as text_sentences
from augment.text.steps._tokens import edited
from augment.text.value import Passage, Range
from augment.text.words import words

REWRITES = frozenset({"AbstSummAug", "BackTranslationAug"})
"""Augmenters that write the whole text anew."""

MODELS = frozenset({*REWRITES, "ContextualWordEmbsAug", "ContextualWordEmbsForSentenceAug"})
"""Augmenters that ask a language model."""

ARRAYS = frozenset({*MODELS, "RandomSentAug", "SplitAug", "TfIdfAug"})
"""Augmenters that draw from NumPy."""

Manner = Callable[[Any, Passage, Mapping[str, Any]], Passage]


def made(kind: Any, parameters: Mapping[str, Any]) -> Any:
    """An instance, with what must be mended in it. Raises whatever the constructor raises."""
    given = deepcopy(dict(parameters))
    if kind.__name__ in ("RandomSentAug", "ReservedAug"):
        given["tokenizer"] = _whole  # the one would ask NLTK, and the other look for phrases in the midst of words
    if kind.__name__ in MODELS:
        _renew()
    found = kind(**given)
    mend = MENDED.get(kind.__name__)
    if mend is not None:
        mend(found)
    if hasattr(found, "token2char"):
        found.token2char = _clusters
    return found


def _renew() -> None:
    """Names that transformers 5 has no more, in nlpaug's models."""
    for name in ("Bert", "DistilBert", "Roberta", "XlNet"):
        kind = peer.load(name)
        kind.token2id = lambda self, token: self.tokenizer.convert_tokens_to_ids(token)
        kind.id2token = lambda self, number: self.tokenizer.convert_ids_to_tokens(number)


def manner(name: str) -> Manner:
    """How an augmenter is asked."""
    return MANNERS.get(name, _by_words)


def _whole(text: str) -> list[str]:
    return [text]


def _clusters(word: str) -> list[str]:
    """The grapheme clusters of a word: what a reader takes for one letter."""
    cuts = graphemes.boundaries(word)
    if cuts is None:
        return list(word)
    edges = sorted(cuts)
    return [word[start:end] for start, end in pairwise(edges)]


def _by_words(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    tokens = handing.words(passage)
    return handing.worked(augmenter, augmenter.action, passage, tokens) if tokens else passage


def _by_places(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Words that can be moved, or taken away."""
    action = augmenter.action
    tokens = handing.words(passage, apart=action != "substitute")
    if not tokens:
        return passage
    work = handing.lessened if action in ("delete", "crop") else handing.worked
    return work(augmenter, action, passage, tokens)


def _by_letters(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Words and single symbols: each may have wrong letters. One letter has no other to change places with."""
    tokens = handing.symbols(passage, handing.words(passage))
    if augmenter.action == "swap":
        tokens = [token for token in tokens if len(_clusters(token)) > 1]
    return handing.worked(augmenter, augmenter.action, passage, tokens) if tokens else passage


def _by_parts_of_speech(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Words in their context, for it tells which part of speech they are."""
    tokens = handing.words(passage)
    if not tokens:
        return passage
    augmenter.stopwords = handing.Stopwords(parameters.get("stopwords") or ())
    return handing.worked(augmenter, augmenter.action, passage, handing.context(passage, tokens))


def _by_halves(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Words that can be split: nlpaug draws a place from the second letter to the last but one."""
    tokens = [token for token in handing.words(passage) if len(token) > 2]
    return handing.worked(augmenter, augmenter.action, passage, tokens) if tokens else passage


def _by_phrases(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Words, and each reserved phrase as one."""
    known = sorted(
        {phrase for group in augmenter.reserved_tokens for phrase in group}, key=lambda one: (-len(one), one)
    )
    alternatives = "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in known)
    flags = 0 if augmenter.case_sensitive else re.IGNORECASE
    pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)", flags)
    tokens = handing.phrases(passage, handing.words(passage), pattern)
    return handing.worked(augmenter, augmenter.action, passage, tokens) if tokens else passage


def _by_sentences(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """Sentences change places; the spaces between them stay where they are."""
    parts = sentences(passage)
    if len(parts) < 2:
        return passage
    order = [Token(passage.text[start:end], start, end) for start, end in parts]
    for place in augmenter._get_random_aug_idxes(order):
        order = augmenter.model.predict(order, place)
    pieces: list[Range] = [(0, parts[0][0])]
    for place, sentence in enumerate(order):
        after = parts[place + 1][0] if place + 1 < len(parts) else len(passage.text)
        pieces += [(sentence.start, sentence.end), (parts[place][1], after)]
    return passage.rearranged([piece for piece in pieces if piece[1] > piece[0]])


def sentences(passage: Passage) -> list[Range]:
    """Where sentences are, without the white space round them; those between which one may not cut are one."""
    found: list[Range] = []
    for start, end in text_sentences(passage.text):
        if found and not (passage.may_part(found[-1][1]) and passage.may_part(start)):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _by_pieces(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """The whole text, which the model's tokenizer cuts and joins anew: only what it did to each piece is taken."""
    from augment.text import models

    text = passage.text
    found, places = words(text), models.pieces(augmenter.model.tokenizer, text)
    ends = [end for _, end in found]
    within = [bisect_right(ends, start) for start, _ in places]
    """For each piece the word that it is in, or the next."""

    def drawn(indexes: list[int], tokens: list[str]) -> list[int]:
        return [
            index
            for index in type(augmenter).skip_aug(augmenter, indexes, tokens)
            if within[index] < len(found)
            and not augmenter.kept & {word := text[slice(*found[within[index]])], word.lower()}
            and (augmenter.action == "insert" or found[within[index]][0] <= places[index][0])
        ]

    augmenter.skip_aug = drawn  # as it knows it, it takes stopwords out of the text, and puts them back elsewhere
    with _documents(augmenter) as made:
        getattr(augmenter, augmenter.action)([text])
    logs = [
        (log.orig_token.action == "insert", log.orig_token.token, log.get_latest_token().token)
        for document in made
        for log in document.tokens
    ]
    written = partial(_writable, augmenter.model.tokenizer)
    return edited(passage, [*_replaced(text, found, places, logs, written), *_inserted(found, places, logs, written)])


Log = tuple[bool, str, str]
"""Whether a piece was put in, what it was, and what it is now: empty where it is gone."""


def _replaced(
    text: str, found: list[Range], places: list[Range], logs: list[Log], written: Callable[[str], str]
) -> list[Edit]:
    """What was put in the place of pieces; those of the same word after one that was replaced go with it.

    Args:
        text: It.
        found: Where its words are.
        places: Where its pieces are.
        logs: What became of them.
        written: A piece -> how it is written; empty for one that is no word.
    """
    ends, edits, last = [end for _, end in found], list[Edit](), -1
    for (start, end), (_, was, now) in zip(places, (log for log in logs if not log[0]), strict=False):
        word = bisect_right(ends, start)
        if not now and word == last and edits:
            edits[-1] = edits[-1][0], max(edits[-1][1], min(end, ends[word])), edits[-1][2]
        elif now != was and start < end and word < len(ends) and found[word][0] <= start and written(now):
            edits.append((start, min(end, ends[word]), written(now)))
            last = word
        else:
            last = -1
    return [
        (start, end, handing.cased(new, text[start:end]))
        for start, end, new in edits
        if new.lower() != text[start:end].lower()
    ]


def _inserted(
    found: list[Range], places: list[Range], logs: list[Log], written: Callable[[str], str]
) -> Iterator[Edit]:
    """What was put in, before the next word, or after the last."""
    starts, more, turn = [start for start, _ in found], dict[int, list[str]](), 0
    for is_new, _, now in logs:
        if is_new and written(now):
            place = bisect_left(starts, places[turn][0]) if turn < len(places) else len(found)
            more.setdefault(place, []).append(written(now))
        turn += not is_new
    for place, new in more.items():
        if 0 < place < len(found) and found[place - 1][1] == starts[place]:
            yield starts[place], starts[place], "".join(new)  # a script without spaces
        elif place < len(found):
            yield starts[place], starts[place], f"{' '.join(new)} "
        elif found:
            yield found[-1][1], found[-1][1], f" {' '.join(new)}"


def _writable(tokenizer: Any, piece: str) -> str:
    """A tokenizer's piece as it is written; empty where it is no word: a special token, a mark, half a letter."""
    if any(mark in piece for mark in tokenizer.all_special_tokens):
        return ""
    text: str = tokenizer.convert_tokens_to_string([piece]).strip()
    found = words(text)
    return text if found and found[0][0] == 0 and found[-1][1] == len(text) else ""


@contextmanager
def _documents(augmenter: Any) -> Iterator[list[Any]]:
    """Within it nlpaug's records of what it does to the pieces of a text are kept."""
    place = vars(sys.modules[type(augmenter).__module__])
    own, made = place["Doc"], list[Any]()

    def keep(*given: Any) -> Any:
        made.append(own(*given))
        return made[-1]

    place["Doc"] = keep
    try:
        yield made
    finally:
        place["Doc"] = own


def _by_rewriting(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """The whole text, which comes back anew."""
    answers = getattr(augmenter, augmenter.action)([passage.text])
    return anew(passage, str(answers[0])) if answers else passage


def anew(passage: Passage, text: str) -> Passage:
    """A passage written anew; the same one where the new text is blank, or lacks something that is guarded."""
    if not text.strip() or text == passage.text:
        return passage
    if any(text.count(part) < passage.text.count(part) for part in {passage.text[a:b] for a, b in passage.guarded}):
        return passage
    return Passage(text, (), passage.policy)


def _by_going_on(augmenter: Any, passage: Passage, parameters: Mapping[str, Any]) -> Passage:
    """The whole text, which comes back with more after it."""
    answer = str(augmenter.insert([passage.text])[0])  # always one
    if not answer.startswith(passage.text):
        raise ValueError("the model gives back another beginning than it got")
    end = len(passage.text)
    more = answer[end:]
    for mark in augmenter.model.tokenizer.all_special_tokens:
        more = more.replace(mark, "")
    return passage.edited([(end, end, " " + " ".join(more.split()))]) if more.strip() else passage


def _cropped(augmenter: Any, tokens: list[str]) -> list[int]:
    """A run of words: nlpaug's own draw fails on one word, and runs over the start of the text to its end."""
    count = min(augmenter.generate_aug_cnt(len(tokens)), len(tokens) - 1)
    if count < 1:
        return []
    start: int = augmenter.sample(list(range(len(tokens) - count + 1)), 1)[0]
    return list(range(start, start + count))


def _crop_runs(augmenter: Any) -> None:
    augmenter._get_aug_range_idxes = partial(_cropped, augmenter)


def _sort_spellings(augmenter: Any) -> None:
    """nlpaug lists them in the order of a set, which each process has another of; and some are empty."""
    known: dict[str, list[str]] = augmenter.model.dict
    for word, spellings in known.items():
        known[word] = sorted(filter(None, spellings))


def _draw_one(augmenter: Any) -> None:
    """It draws ``top_k`` words, each by its weight, then one of them evenly: the same as drawing one."""
    augmenter.top_k = 1


class _Vocabulary(list[str]):
    """A list that knows at once whether a word is in it."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(words)
        self._known = frozenset(words)

    def __contains__(self, word: object) -> bool:
        return word in self._known


def _know_words(augmenter: Any) -> None:
    augmenter.model.words = _Vocabulary(augmenter.model.words)
    if augmenter.top_k is None:
        augmenter.model.top_k = len(augmenter.model.words)


def _draw_words(augmenter: Any) -> None:
    """The model may draw special tokens and parts of words, and stopwords are left to us, see _by_pieces."""
    model, own = augmenter.model, augmenter.model.is_skip_candidate
    opened = "" if (mark := model.get_subword_prefix()) == "##" else mark  # which begins a word, and not a part of one
    model.is_skip_candidate = lambda piece: (
        own(piece) or not piece.startswith(opened) or not _writable(model.tokenizer, piece)
    )
    augmenter.kept, augmenter.stopwords = frozenset(augmenter.stopwords or ()), None


def _keep_tagger(augmenter: Any) -> None:
    """NLTK reads its tagger, 6 MB of JSON, for each text anew."""
    tagger = importlib.import_module("nltk.tag").PerceptronTagger()
    augmenter.model.pos_tag = tagger.tag


def _join_pieces(augmenter: Any) -> None:
    """nlpaug gives XLNet's tokenizer a text where today's take a list of tokens."""
    if augmenter.model_type == "xlnet":
        augmenter.model.tokenizer.convert_tokens_to_string = lambda pieces: "".join(pieces).replace("▁", " ")


def _translate_here(augmenter: Any) -> None:
    """Without the process that nlpaug starts for each batch."""
    from augment.text import models

    augmenter.model.translate_one_step_batched = partial(models.translated, longest=augmenter.model.max_length)


MENDED: Mapping[str, Callable[[Any], None]] = {
    "AntonymAug": _keep_tagger,
    "BackTranslationAug": _translate_here,
    "ContextualWordEmbsAug": _draw_words,
    "ContextualWordEmbsForSentenceAug": _join_pieces,
    "RandomWordAug": _crop_runs,
    "SpellingAug": _sort_spellings,
    "SynonymAug": _keep_tagger,
    "TfIdfAug": _draw_one,
    "WordEmbsAug": _know_words,
}

MANNERS: Mapping[str, Manner] = {
    "AbstSummAug": _by_rewriting,
    "AntonymAug": _by_parts_of_speech,
    "BackTranslationAug": _by_rewriting,
    "ContextualWordEmbsAug": _by_pieces,
    "ContextualWordEmbsForSentenceAug": _by_going_on,
    "KeyboardAug": _by_letters,
    "OcrAug": _by_letters,
    "RandomCharAug": _by_letters,
    "RandomSentAug": _by_sentences,
    "RandomWordAug": _by_places,
    "ReservedAug": _by_phrases,
    "SplitAug": _by_halves,
    "SynonymAug": _by_parts_of_speech,
}
