"""Which language a text is in, offline, and whether the corpus covers it.

py3langid decides; this module adds care for short texts. A headline full of foreign names is easily taken for
another language, and a wrong "not covered" would lose an article silently. So a text in Latin letters is only
refused where it is long enough and the verdict is clear; a text in another script is refused at once.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

SAMPLE = 700
"""Characters that are looked at: some thousand decide as well as a million."""
MIN_LATIN_LETTERS = 60
CLEAR = 0.8
"""The probability that another language needs before a text in Latin letters is refused."""

_KIN = {"pcm": "en", "sco": "en", "wuu": "zh", "yue": "zh"}
"""Codes that py3langid gives for close kin of a language that has examples."""
_NOISE = re.compile(r"https?://\S+|<[^<>]{0,500}>|[\W\d_]+")
_OTHER_SCRIPTS = """
am ar as be bg bn dv dz el fa gu he hi hy ja ka kk km kn ko ky lo mk ml mn mr my ne or pa ps ru si sr ta te th
tg ug uk ur yi zh
"""
_NOT_LATIN = frozenset(_OTHER_SCRIPTS.split())


_ENGLISH_WORDS = "the of and that with from by said which had his were their has been they would this have who"
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
"""Frequent words that are rare or unknown in other languages written in Latin letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What a text is written in.

    Attributes:
        code: two-letter code (three where there is none), "" if nothing can be said, or nothing covered is likely.
        probability: of that code, 0 to 1.
        covered: whether the text should be scored by a corpus in the given languages.
    """

    code: str
    probability: float
    covered: bool


def detect_language(title: str, text: str, languages: Collection[str]) -> Language:
    """Say which language an article is in, and whether it is one of `languages` (two-letter codes)."""
    if "en" in languages and _plainly_english(text):
        return Language(code="en", probability=1.0, covered=True)
    sample = _sample(title, text)
    letters = len(sample) - sample.count(" ")
    if not letters:
        return Language(code="", probability=0.0, covered=True)
    latin = sum(count for sign, count in Counter(sample).items() if sign != " " and _is_latin(sign))
    code, probability, ranked = _classify(sample)
    of_covered = sum(ranked.get(language, 0.0) for language in languages)
    if latin < letters / 2:
        covered = code in languages or (of_covered >= 0.5)
        if not any(language in _NOT_LATIN for language in languages):
            covered = False
        return Language(code=code, probability=probability, covered=covered)
    if code in languages:
        return Language(code=code, probability=probability, covered=True)
    if letters < MIN_LATIN_LETTERS or probability < CLEAR or of_covered >= 1.0 - CLEAR:
        likely = max(languages, key=lambda language: (ranked.get(language, 0.0), language), default="")
        chance = ranked.get(likely, 0.0)
        return Language(code=likely if chance > 0.0 else "", probability=chance, covered=True)
    return Language(code=code, probability=probability, covered=False)


def prepare_languages() -> None:
    """Load the model of languages (0.6 s of CPU) now rather than with the first article that needs it."""
    _identifier()


def _plainly_english(text: str) -> bool:
    """Whether so many words are English and nothing else that no model need be asked; most articles are."""
    words = " ".join(_parts(text)).lower().split()
    return len(words) >= 40 and sum(word in _ENGLISH for word in words) >= 0.12 * len(words)


def _sample(title: str, text: str) -> str:
    """Words from the start and, of long texts, from the middle, without addresses, mark-up, digits and signs."""
    parts = _parts(text)
    if len(text) < SAMPLE:
        parts.insert(0, title[:SAMPLE])
    clean = [
        _NOISE.sub(" ", part if part.isascii() else unicodedata.normalize("NFKC", part)).strip() for part in parts
    ]
    each = SAMPLE // len(clean)
    return " ".join(part[:each] for part in clean).strip()


def _parts(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:SAMPLE]] if len(text) <= 3 * SAMPLE else [text[:SAMPLE], text[middle : middle + SAMPLE]]


@lru_cache(maxsize=4_096)
def _is_latin(sign: str) -> bool:
    return sign.isascii() or unicodedata.name(sign, "").startswith(("LATIN", "FULLWIDTH LATIN"))


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _classify(sample: str) -> tuple[str, float, dict[str, float]]:
    """The best code, its probability, and those of the five best."""
    ranked: dict[str, float] = {}
    for code, probability in _identifier().rank(sample)[:8]:
        code = _KIN.get(code, code)
        ranked[code] = ranked.get(code, 0.0) + probability
    best = max(ranked, key=lambda code: ranked[code])
    return best, ranked[best], ranked
