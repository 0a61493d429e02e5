"""Which examples to write next: ten concrete kinds of text that would help most, and how that was reckoned.

A cell is a category (or the background that resembles it), a language, a form, a decade and a part of the world. Its
neighbours are the examples of the same category and language that share at least two of form, decade and part of the
world. A cell is worth

    expected trouble x 1 / (1 + examples already in it) x (1/2 + gain / largest gain)

where the expected trouble is the neighbours' share of trouble, drawn towards that of the category in that language
as if `PRIOR` more neighbours had it; trouble is a label missed, or background that reaches the grey zone; and the
gain is what the last doubling of the category's examples brought to its average precision. After each choice, the
cells most like it (see `_close`) are worth `DAMPING` of what they were, so that the ten spread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from classifiers.doctor.crossval import CrossValidation
from classifiers.doctor.curve import LearningCurve
from classifiers.doctor.mistakes import alerts
from classifiers.doctor.regions import region_of

ADDITIONS = 10
PRIOR = 4.0
DAMPING = 0.5
LEAST_NEIGHBOURS = 4
"""A cell with fewer says too little of its own."""
SHARED_TRAITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A kind of example that is worth writing.

    Attributes:
        category: the label, or what the background resembles.
        background: whether a look-alike without label is wanted.
        examples: how many the corpus has of exactly this kind.
        neighbours, troubled: how many are close, and how many of them were missed (or, in the background, reached
            review).
        worth: see the module's text; only its order means something.
        like: titles of up to two troubled neighbours, to see what is hard.
        sentence: all of it in words.
    """

    category: str
    background: bool
    language: str
    form: str
    decade: str
    region: str
    examples: int
    neighbours: int
    troubled: int
    worth: float
    like: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class _Case:
    """An example as a cell sees it; `stratum` is category, whether background, and language."""

    stratum: tuple[str, bool, str]
    traits: tuple[str, str, str]
    title: str
    troubled: bool


def suggest_additions(blind: CrossValidation, curves: Sequence[LearningCurve]) -> tuple[Addition, ...]:
    """The ten additions that would help most, best first; fewer where the corpus gives too little to reckon with."""
    cases = _cases(blind)
    gains = {curve.category: max(curve.gain or 0.0, 0.0) for curve in curves}
    largest = max(gains.values(), default=0.0) or 1.0
    trouble = {category: _rate([case for case in cases if case.stratum[0] == category], 0.0) for category in gains}
    candidates: list[tuple[float, Addition]] = []
    for stratum in sorted({case.stratum for case in cases}):
        members = [case for case in cases if case.stratum == stratum]
        usual = _rate(members, trouble[stratum[0]])
        held = Counter(case.traits for case in members)
        values = [sorted({case.traits[place] for case in members} - {""}) for place in range(3)]
        for form, decade, region in product(*values):
            traits = (form, decade, region)
            near = [case for case in members if _shared(case.traits, traits) >= SHARED_TRAITS]
            worth = _rate(near, usual) / (1 + held[traits]) * (0.5 + gains[stratum[0]] / largest)
            if len(near) >= LEAST_NEIGHBOURS and worth > 0:
                candidates.append((worth, _addition(stratum, traits, held[traits], near, worth)))
    chosen: list[Addition] = []
    while candidates and len(chosen) < ADDITIONS:
        worth, best = max(candidates, key=lambda item: (item[0], item[1].sentence))
        chosen.append(best)
        candidates = [
            (value * DAMPING if _close(one, best) else value, one) for value, one in candidates if one is not best
        ]
    return tuple(chosen)


def _cases(blind: CrossValidation) -> list[_Case]:
    corpus = blind.counted.corpus
    told = alerts(blind)
    found = []
    for row, example in enumerate(corpus.examples):
        decade = f"{example.year // 10 * 10}s" if example.year is not None else ""
        traits = (example.form, decade, region_of(example.country))
        for column, name in enumerate(corpus.names):
            if name in example.labels:
                found.append(_Case((name, False, example.language), traits, example.title, not told[row, column]))
            elif example.unrelated and example.resembles == name:
                reached = bool(blind.scores[row, column] >= blind.levels[column].review)
                found.append(_Case((name, True, example.language), traits, example.title, reached))
    return found


def _rate(cases: Sequence[_Case], usual: float) -> float:
    """The share of trouble, drawn towards the usual one."""
    return float((sum(case.troubled for case in cases) + PRIOR * usual) / (len(cases) + PRIOR))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return int(np.sum([a == b for a, b in zip(one, other, strict=True)]))


def _close(one: Addition, other: Addition) -> bool:
    """Whether two share the category and three of language, form, decade, part of the world and side."""
    if one.category != other.category:
        return False
    traits = [(a.language, a.form, a.decade, a.region, str(a.background)) for a in (one, other)]
    return _shared(*traits) >= SHARED_TRAITS + 1


def _addition(
    stratum: tuple[str, bool, str], traits: tuple[str, ...], held: int, near: Sequence[_Case], worth: float
) -> Addition:
    category, background, language = stratum
    troubled = [case for case in near if case.troubled]
    what = f"background that resembles {category}" if background else category
    happened = "reach review" if background else "are missed"
    sentence = (
        f"{what}, {', '.join(traits)}, language {language}: {held} example{'' if held == 1 else 's'}; "
        f"{len(troubled)} of {len(near)} neighbours {happened}"
    )
    form, decade, region = traits
    return Addition(
        category=category,
        background=background,
        language=language,
        form=form,
        decade=decade,
        region=region,
        examples=held,
        neighbours=len(near),
        troubled=len(troubled),
        worth=worth,
        like=tuple(case.title for case in troubled[:2]),
        sentence=sentence,
    )
