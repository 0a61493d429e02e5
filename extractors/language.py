"""The language of a text: what its letters say first, then what the page, then what the feed says."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

SHORTEST = 40
"""Fewer characters than this say too little about their language."""
SURE = 0.9
"""Probability above which the text's own witness needs no support."""
_LONGEST = 5_000
_CODE = re.compile(r"^([a-z]{2,3})(?:[-_]|$)", re.IGNORECASE)
_TWO_LETTERS = {
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "rus": "ru",
    "ita": "it",
}


def language_of(text: str, *, page: str = "", feed: str = "") -> str:
    """The two-letter code of a text's language.

    Args:
        text: the article's text (title and text where it is short).
        page: what the page declares (`<html lang>`).
        feed: what the feed declares.

    Returns:
        A lower-case two-letter code (ISO 639-1), "" if nothing says it.
    """
    declared = code(page) or code(feed)
    if len(text) < SHORTEST:
        return declared
    name, probability = _identifier().classify(text[:_LONGEST])
    if probability >= SURE or not declared:
        return str(name) if len(name) == 2 else declared
    return declared


def code(tag: str) -> str:
    """The two-letter language of a tag such as "en-GB"; "" if there is none."""
    match = _CODE.match(tag.strip())
    if not match:
        return ""
    language = match[1].lower()
    return language if len(language) == 2 else _TWO_LETTERS.get(language, "")


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
