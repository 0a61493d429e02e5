"""From sentences to countable features: terms, pieces of words, concepts.

Names of states become one word, "@state", and numbers another, "@number", so that neither a country nor a year can
stand for a category. Negations are one word too, "@not": a diplomat who was not expelled is none who was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from classifiers.concepts import LEXICON, STATE, ConceptFinder

_WORD = re.compile(
    r"[A-Za-z](?:\.[A-Za-z])+\b"  # U.S
    r"|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # languages without spaces: each sign is a word
    r"|[^\W_]{1,40}(?:['’][^\W_]{1,40})?"
)
_ASCII_WORD = re.compile(r"[A-Za-z0-9](?:(?<=[A-Za-z])(?:\.[A-Za-z])+\b|[A-Za-z0-9]{0,39}(?:'[A-Za-z0-9]{1,40})?)")
"""The same for plain text, where it takes half the time."""
_FUNCTION_WORD_LIST = """
a an and are as at be been being but by can could did do does for from had has have he her hers him his how i
if in into is it its itself may me might more most my of on one or our out own said say says she
should so some such than that the their them then there these they this those to too under up upon us very was
we were what when where which while who whom whose why will with would you your about after all also any
because before between both during each even ever every few here just last like made make many much must never
new now off often only other over same since still through two three until way well went yet monday tuesday
wednesday thursday friday saturday sunday january february march april june july august september october
november december photo caption file read mr mrs ms
"""
_NEGATIONS = frozenset(["no", "not", "nor", "never", "nobody", "none", "nothing", "neither", "without", "cannot"])
_FUNCTION_WORDS = frozenset(_FUNCTION_WORD_LIST.split())
_SUFFIXES = (
    "izations", "ization", "ational", "ations", "ation", "ingly", "ments", "ment", "ities", "ings", "edly", "ness",
    "ions", "ing", "ies", "ion", "ity", "ers", "est", "ed", "er", "es", "ly", "al", "s", "e", "y",
)  # fmt: skip
_LAST_LETTERS = frozenset(suffix[-1] for suffix in _SUFFIXES)
_SUFFIXES_BY_LAST = {last: tuple(suffix for suffix in _SUFFIXES if suffix[-1] == last) for last in _LAST_LETTERS}
_PIECE_LENGTHS = (3, 4, 5)
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
Indices = NDArray[np.int64]
FINDER = ConceptFinder(LEXICON)


@dataclass(frozen=True, slots=True)
class SentenceFeatures:
    """What one sentence says.

    Attributes:
        words: normalised words in order, for word pieces and word vectors.
        terms: stems, and pairs of neighbouring stems.
        concepts: what is spoken of, sorted; `cues_of` makes cues of them.
    """

    words: tuple[str, ...]
    terms: tuple[str, ...]
    concepts: tuple[str, ...]


def sentence_features(sentence: str) -> SentenceFeatures:
    """The features of one sentence."""
    words = tuple(map(normalize, split_words(sentence)))
    return SentenceFeatures(words, tuple(terms_of(words)), FINDER.of_words(words))


def split_words(sentence: str) -> list[str]:
    """The words of a sentence as they stand."""
    if sentence.isascii():
        return _ASCII_WORD.findall(sentence)
    return _WORD.findall(unicodedata.normalize("NFKC", sentence))


def word_spans(sentence: str) -> list[tuple[str, int, int]]:
    """The words of a sentence with their offsets in it."""
    return [(match[0], *match.span()) for match in _WORD.finditer(sentence)]


def terms_of(words: Sequence[str]) -> list[str]:
    """Stems of normalised words, and pairs of neighbouring stems; function words are passed over."""
    stems = [term for term in map(term_of, words) if term]
    return stems + [f"{first} {second}" for first, second in pairwise(stems)]


def cues_of(concepts: tuple[str, ...]) -> list[str]:
    """The cues of a sentence: each concept, and each pair of concepts that stand in it together."""
    return [
        *concepts,
        *(f"{first}+{second}" for number, first in enumerate(concepts) for second in concepts[number + 1 :]),
    ]


def normalize(word: str) -> str:
    """A word as the lexicon knows it: lower case, without a possessive ending; the country "US" is not "us"."""
    if word == "US":
        return "u.s"
    word = word.lower().replace("’", "'")
    return word[:-2] if word.endswith("'s") else word


@lru_cache(maxsize=20_000)
def term_of(word: str) -> str:
    """The term that a normalised word counts as; "" for function words."""
    if word[0].isdigit():
        return "@number"
    if STATE in FINDER.of_word(word):
        return "@state"
    if word in _NEGATIONS or word.endswith("n't"):
        return "@not"
    return "" if word in _FUNCTION_WORDS or (len(word) == 1 and word.isascii()) else stem(word)


def stem(word: str) -> str:
    """A word without its English ending: "expelled", "expelling" -> "expel". Short words stay as they are."""
    if len(word) < 5 or not word.isascii():
        return word
    for suffix in _SUFFIXES_BY_LAST.get(word[-1], ()):
        if word.endswith(suffix) and len(word) - len(suffix) >= 4:
            word = word[: -len(suffix)]
            break
    if len(word) > 4 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def pieces_of(word: str) -> list[str]:
    """The different runs of 3 to 5 letters in a word, with its ends marked. States and numbers are one piece."""
    term = term_of(word)
    if term.startswith("@"):
        return [term]
    marked = f"<{word}>"
    size = len(marked)
    runs = [marked[at : at + length] for length in _PIECE_LENGTHS for at in range(size - length + 1)]
    return list(dict.fromkeys(runs))


class PieceFinder:
    """Finds the known pieces of many words at once: what `pieces_of` gives, as columns.

    A run of letters is looked up by a 64-bit number made of its letters (a polynomial, as R. M. Karp and M. O. Rabin
    search text, 1987), so that no string is cut. That two runs share a number is possible and has odds of one to
    10^14 a word.
    """

    def __init__(self, columns: Mapping[str, int]) -> None:
        """Args: the known pieces and their columns."""
        self._special = {piece: column for piece, column in columns.items() if piece.startswith("@")}
        self._size = len(columns)
        runs = [piece for piece in columns if piece not in self._special]
        keys = np.zeros(len(runs) + 1, dtype=np.uint64)
        keys[-1] = np.iinfo(np.uint64).max
        found = [*(columns[run] for run in runs), -1]
        for length in _PIECE_LENGTHS:
            rows = [row for row, run in enumerate(runs) if len(run) == length]
            letters = _code_points("".join(runs[row] for row in rows))
            keys[rows] = _keys(letters, length)[::length]
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._columns = np.array(found, dtype=np.int64)[order]

    def find(self, words: Sequence[str], terms: Sequence[str]) -> tuple[Indices, Indices]:
        """The known pieces of words.

        Args:
            words: normalised.
            terms: their terms.

        Returns:
            For each piece its word's place and its own column, by place, then column.
        """
        marked = [f"<{word}>" if not term.startswith("@") else "" for word, term in zip(words, terms, strict=True)]
        letters = _code_points("".join(marked))
        owners = np.repeat(np.arange(len(words)), np.array([len(word) for word in marked], dtype=np.int64))
        pairs = [
            np.array(
                [
                    place * self._size + self._special[term]
                    for place, term in enumerate(terms)
                    if term in self._special
                ],
                dtype=np.int64,
            )
        ]
        for length in _PIECE_LENGTHS:
            if len(letters) < length:
                continue
            inside = np.flatnonzero(owners[: len(owners) - length + 1] == owners[length - 1 :])
            keys = _keys(letters, length)[inside]
            places = np.searchsorted(self._keys, keys)
            hits = np.flatnonzero(self._keys[places] == keys)
            pairs.append(owners[inside[hits]] * self._size + self._columns[places[hits]])
        together = np.unique(np.concatenate(pairs))
        return together // max(self._size, 1), together % max(self._size, 1)


def _code_points(text: str) -> NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def _keys(letters: NDArray[np.uint64], length: int) -> NDArray[np.uint64]:
    """The number of each run of some length."""
    size = max(len(letters) - length + 1, 0)
    keys = np.full(size, length, dtype=np.uint64)
    for place in range(length):
        keys = keys * _FACTOR + letters[place : place + size]
    return keys
