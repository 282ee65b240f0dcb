"""What ``augment list`` and ``augment describe`` say of a library step, read from nlpaug's own sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from augment import native
from augment.contracts import Description, Parameter
from augment.steps import shown
from augment.text import kinds, manners, nltk_data, schema
from augment.text.library import transforms

DOCS = "https://nlpaug.readthedocs.io/en/latest/augmenter/"

KEEPS = "The class stays; spans move with their words."

REWRITTEN = "The class stays where the model is good; the whole text is written anew, so spans can't follow."

BREAKS: Mapping[str, str] = {
    "AntonymAug": "A word becomes its opposite: not for classes that mean what is said (sentiment, topic, intent).",
}
"""Steps that may make the class of a text untrue, and why."""

NOTES: Mapping[str, str] = {
    "ContextualWordEmbsAug": "The model may put in a word that means the opposite.",
    "ContextualWordEmbsForSentenceAug": "What the model adds at the end may be of another class.",
    "RandomSentAug": "Not for classes that mean the order of what is said.",
    "RandomWordAug": "A word that decides on the class, such as a negation, may go (see stopwords).",
    "TfIdfAug": "Words are put in by their frequency only.",
    "WordEmbsAug": "Words with like embeddings may be opposites.",
}
"""What else a person should know."""

ABOUT: Mapping[str, str] = {
    "action": "What is done.",
    "aug_char_max": "Letters of a word that change at most; null: no limit; 0: nothing changes.",
    "aug_char_min": "Letters of a word that change at least.",
    "aug_char_p": "Share of the letters of a word that change.",
    "aug_max": "Words that change at most (RandomSentAug: sentences); null: no limit; 0: nothing changes.",
    "aug_min": "Words that change at least (RandomSentAug: sentences).",
    "aug_p": "Share of the words that change (RandomSentAug: of the sentences).",
    "aug_word_max": "Words that change at most; null: no limit; 0: nothing changes.",
    "aug_word_min": "Words that change at least.",
    "aug_word_p": "Share of the words that change.",
    "candidates": "What is put in, instead of letters; the four parameters include_… and spec_char then say nothing.",
    "case_sensitive": "Whether words and phrases are found in the case in which they are listed only.",
    "columns": "Which of a row's texts, such as `question`; all of them where not said.",
    "dict_of_path": "Characters and what each is taken for, both ways; nlpaug's own table where not said.",
    "dict_path": "Words and their misspellings; nlpaug's own list for English where not said.",
    "from_model_name": "Folder with a model that translates into another language, as Hugging Face writes it.",
    "include_lower_case": "Whether small letters are put in.",
    "include_numeric": "Whether digits are put in.",
    "include_reverse": "Whether misspelt words are set right, too.",
    "include_special_char": "Whether other characters than letters and digits are put in.",
    "include_upper_case": "Whether capital letters are put in.",
    "lang": "Language; of a keyboard its two letters, of WordNet three.",
    "max_length": "Tokens that the model writes at most.",
    "min_char": "Words of fewer characters are left alone.",
    "min_length": "Tokens that the model writes at least.",
    "mode": "With which other sentence one changes places.",
    "model_path": "Where the model or table is; relative to the recipe's folder, else to the working folder.",
    "model_type": "What kind of model it is.",
    "n_gram_separator": "What stands between the words of a phrase; of an inserted phrase the first word is taken.",
    "nltk_data": "Folder with NLTK's data (wordnet, omw-1.4, averaged_perceptron_tagger_eng); where NLTK looks by "
    "itself, such as in NLTK_DATA, if not said.",
    "p": "Chance that it fires.",
    "skip_check": "Says nothing in nlpaug 1.1.11.",
    "spec_char": "Other characters that are put in; null: none.",
    "stopwords": "Words that are left alone, in their case.",
    "stopwords_regex": "Words that it matches at their beginning are left alone.",
    "swap_mode": "With which other letter one changes places; middle: with none at the ends of the word.",
    "target_words": "What words are replaced by; null: by _.",
    "temperature": "How freely words are drawn; 1 is as the model says.",
    "to_model_name": "Folder with a model that translates back.",
    "tokenizer_path": "Folder with the model's tokenizer; that of the model where not said.",
    "top_k": "Of how many likely words one is drawn; null: of all.",
    "top_p": "Only the likeliest words count that together have this probability.",
}
"""What parameters are, for people who don't know nlpaug; its own words are about Python."""


def describe(name: str) -> Description:
    """All about one step. Raises KeyError."""
    home = transforms()[name]
    known = kinds.kinds(name)
    listed = [Parameter(key, _default(name, key), _words(kind), _about(name, key)) for key, kind in known.items()]
    if name in nltk_data.OURS:
        listed.append(Parameter(nltk_data.KEY, "null", "a folder or null", ABOUT[nltk_data.KEY]))
    listed.append(Parameter("columns", "null", "text or list of names or null", ABOUT["columns"]))
    listed.append(Parameter("p", str(native.P), "number from 0 to 1", ABOUT["p"]))
    labels: Literal["keeps", "may break"] = "may break" if name in BREAKS else "keeps"
    keeps = REWRITTEN if name in manners.REWRITES else KEEPS
    note = BREAKS.get(name) or " ".join([keeps, NOTES.get(name, "")]).strip()
    _, _, part, page = home.split(".")
    return Description(
        name, SUMMARIES.get(name) or schema.summary(name), labels, note, listed, f"{DOCS}{part}/{page}.html"
    )


SUMMARIES: Mapping[str, str] = {
    "AbstSummAug": "Puts a summary by a local language model (T5, BART) in the place of the text.",
    "AntonymAug": "Replaces verbs, adjectives and adverbs by opposites from WordNet.",
    "BackTranslationAug": "Translates the text and back by two local models.",
    "ContextualWordEmbsAug": "Replaces or inserts words as a local masked language model (BERT, RoBERTa) expects.",
    "ContextualWordEmbsForSentenceAug": "Lets a local language model (GPT-2, XLNet) go on at the end of the text.",
    "KeyboardAug": "Makes typing errors: letters become others that are near on a keyboard.",
    "OcrAug": "Makes the errors of optical character recognition: letters become others that look alike.",
    "RandomCharAug": "Inserts, replaces, swaps or deletes letters at random.",
    "RandomSentAug": "Makes sentences change places.",
    "RandomWordAug": "Deletes, swaps or replaces words at random, or cuts a run of them out.",
    "ReservedAug": "Replaces words and phrases by others that the recipe lists as equal.",
    "SpellingAug": "Makes the spelling errors that people make, from a list.",
    "SplitAug": "Splits words in two by a space.",
    "SynonymAug": "Replaces words by synonyms from WordNet or PPDB.",
    "TfIdfAug": "Replaces or inserts words by their TF-IDF: those that say little.",
    "WordEmbsAug": "Replaces words by others with like embeddings, or inserts any.",
}
"""What we say instead of nlpaug: its sentences don't tell its steps apart."""


def _about(name: str, key: str) -> str:
    return ABOUT.get(key) or schema.fields(name)[key].about


def _default(name: str, key: str) -> str:
    """A default as one would write it in a recipe."""
    kind, default = kinds.kinds(name)[key], schema.fields(name)[key].default
    if default is schema.REQUIRED or (kind.base == "folder" and (name, key) not in kinds.OPTIONAL):
        return "required"
    if kind.base in ("file", "folder"):
        return "null" if (name, key) in kinds.OPTIONAL else "required"
    return shown(default)


def _words(kind: kinds.Kind) -> str:
    return f"{kind.words} or null" if kind.null else kind.words
