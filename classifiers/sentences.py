"""Cuts a text into sentences, by offsets.

Pieces never overlap, stand in order, and never exceed `MAX_SENTENCE` code points: a text without punctuation or in
one giant line is cut at the last space that fits, or in the middle of a word where there is none.
"""

from __future__ import annotations

import re

MAX_SENTENCE = 400

_BREAK = re.compile(r"""[.!?…。！？｡؟।॥။።\n]+(?:(?<!\n)["'”’»)\]」』]+)?""")
"""One class of signs at the front lets the regular expression engine skip whatever else there is."""
_HARD = frozenset("。！？｡؟।॥။።\n")
"""CJK, Arabic, Indic, Burmese and Ethiopic stops, after which no space need follow; a line is at least a sentence."""
_ABBREVIATION_LIST = """
mr mrs ms dr prof st sr jr lt col gen capt cpl sgt maj adm cmdr det insp supt rev hon gov sen rep pres amb
messrs mt ft no nos vol vols art sec fig pp p ca cf vs approx dept univ assn bros inc ltd co corp llc plc gmbh
jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun e.g i.e a.m p.m
u.s u.k u.n d.c u.s.a u.a.e ph.d z.b bzw usw ca nr str hr fr dhr mevr sra dª exc
"""
_ABBREVIATIONS = frozenset(_ABBREVIATION_LIST.split())
_WORD_BEFORE = re.compile(r"[^\s\"'“‘«(\[]+$")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as (start, end) code-point offsets, without surrounding white space."""
    pieces: list[tuple[int, int]] = []
    start, length = 0, len(text)
    for match in _BREAK.finditer(text):
        stopped, end = match.span()
        stop = match[0]
        if _HARD.isdisjoint(stop):
            if (end < length and not text[end].isspace()) or _goes_on(text, end):
                continue
            if stop == "." and _is_abbreviation(text, start, stopped):
                continue
        _append(text, start, end, pieces)
        start = end
    _append(text, start, length, pieces)
    return pieces


def _goes_on(text: str, end: int) -> bool:
    """Whether a small letter follows, as after a question quoted within a sentence."""
    following = text[end : end + 3].lstrip(" ")
    return following[:1].islower()


def _is_abbreviation(text: str, start: int, stop: int) -> bool:
    word = _WORD_BEFORE.search(text, max(start, stop - 20), stop)
    if word is None:
        return False
    bare = word[0]
    if len(bare) == 1 and bare.isalpha() and bare.isupper():
        return True  # an initial: "J. Smith"
    return bare.lower() in _ABBREVIATIONS


def _append(text: str, start: int, end: int, pieces: list[tuple[int, int]]) -> None:
    piece = text[start:end].rstrip()
    end = start + len(piece)
    start = end - len(piece.lstrip())
    while end - start > MAX_SENTENCE:
        cut = text.rfind(" ", start + MAX_SENTENCE // 2, start + MAX_SENTENCE)
        cut = cut if cut > 0 else start + MAX_SENTENCE
        pieces.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        pieces.append((start, end))
