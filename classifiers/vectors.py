"""Static word vectors: what a word means, for words that the corpus never uses.

They come from the `wordllama` package (MIT licence), which ships a table of 32,000 word pieces with 256 numbers
each. The two files are read straight from the installed package: its own loader looks for the tokenizer in another
folder and would try to download it, and importing it changes the logging set-up. Nothing here can reach a network.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PACKAGE = "wordllama"
_WEIGHTS = Path("weights/l2_supercat_256.safetensors")
_TOKENIZER = Path("tokenizers/l2_supercat_tokenizer_config.json")
_AT_ONCE = 128
"""Words whose pieces are summed by one product of matrices: quick, and small enough not to fill the memory."""
Floats = NDArray[np.float32]


class WordVectors:
    """Vectors of words.

    Attributes:
        size: the length of a vector.
    """

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._pieces: Floats = next(iter(load_file(folder / _WEIGHTS).values())).astype(np.float32)
        self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        self._tokenizer.no_padding()
        self.size = int(self._pieces.shape[1])

    def of_words(self, words: Sequence[str]) -> Floats:
        """The words' vectors, (words, size); a word's vector is the sum of its pieces'."""
        vectors = np.zeros((len(words), self.size), dtype=np.float32)
        for start in range(0, len(words), _AT_ONCE):
            part = list(words[start : start + _AT_ONCE])
            read = self._tokenizer.encode(part, is_pretokenized=True, add_special_tokens=False)
            owners = np.array([-1 if owner is None else owner for owner in read.word_ids], dtype=np.int64)
            pieces = np.array(read.ids, dtype=np.int64)[owners >= 0]
            owners = owners[owners >= 0]
            members = np.zeros((len(part), len(pieces)), dtype=np.float32)
            members[owners, np.arange(len(pieces))] = 1.0
            vectors[start : start + _AT_ONCE] = members @ self._pieces[pieces]
        return vectors


def vectors_version() -> str:
    """The version of the installed vectors, "" where there are none; part of a model's identity."""
    return importlib.metadata.version(_PACKAGE) if _folder() is not None else ""


def find_word_vectors() -> WordVectors | None:
    """The vectors of the installed package, or None where it is not installed."""
    folder = _folder()
    return WordVectors(folder) if folder is not None else None


def _folder() -> Path | None:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    return folder if (folder / _WEIGHTS).is_file() and (folder / _TOKENIZER).is_file() else None
