"""Which words carry a tag: those without which its log-odds would fall most.

The passage that speaks for the tag is read again without a word (all of its inflected forms) or without a phrase, and
what its log-odds lose is the weight. Nothing is estimated: the same arithmetic gave the score. Words are shown as
they stand in the article, also where it was counted in English words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise

import numpy as np

from classifiers.evidence import Carriers, Scored
from classifiers.features import FINDER, normalize, split_words, term_of, word_spans
from classifiers.glossary import gloss_words
from classifiers.linear import LinearModel
from classifiers.vectors import WordVectors
from spywatch.records import Term

MAX_TERMS = 6
LOOKED_AT = 5
"""Sentences whose words are tried: the evidence, then the next strongest."""
WORTH_SHOWING = 0.1
"""A term's weight is at least this share of the strongest one's."""
WORTH_A_PHRASE = 1.25
"""A phrase is shown in place of its strongest word when it weighs this much more."""
MAX_TRIED = 30
"""Words and phrases without which the passage is read again."""
MAX_PHRASE = 40
"""Characters."""
OUTSIDE = 0.7
"""What a term that stands in no evidence sentence is worth when terms are chosen."""
NO_CONCEPT = 0.5
"""What a word without a concept is worth then: "man" may weigh as much as "handler" and says less."""
_NAMELESS = frozenset(["@not", "@number", "@state"])
_BREAKS = frozenset(',;:.!?()[]{}"“”„«»/\n–—')


@dataclass(frozen=True, slots=True)
class _Word:
    """What is read as one: a word, or several English ones that a glossary puts for it.

    Attributes:
        text: as it is counted.
        normals: its normalised words.
        terms: what they count as, without function words.
        key: what inflected forms have in common; of states the name, or all of them would be one.
        concept: whether it stands for something in the lexicon.
        nameable: whether it is no function word, number or state.
    """

    text: str
    normals: tuple[str, ...]
    terms: tuple[str, ...]
    key: tuple[str, ...]
    concept: bool
    nameable: bool


@lru_cache(maxsize=20_000)
def _word(text: str) -> _Word:
    normals = tuple(map(normalize, split_words(text)))
    pairs = [(normal, term) for normal in normals if (term := term_of(normal))]
    terms = tuple(term for _, term in pairs)
    return _Word(
        text=text,
        normals=normals,
        terms=terms,
        key=tuple(normal if term == "@state" else term for normal, term in pairs if term != "@number"),
        concept=any(FINDER.of_word(normal) for normal in normals),
        nameable=bool(terms) and _NAMELESS.isdisjoint(terms),
    )


_Unit = tuple[_Word, int, int]
"""A word with its offsets in the sentence's content."""


@dataclass(slots=True)
class _Candidate:
    """A word or phrase that may be shown.

    Attributes:
        surface: as it stands where it was found first.
        worth: the share of its weight that counts when terms are chosen.
        words: what it counts as; two candidates that share one are not both shown.
        places: (sentence, first unit, end) wherever it stands in the passage.
    """

    surface: str
    words: tuple[str, ...]
    worth: float
    places: list[tuple[int, int, int]] = field(default_factory=list)


def find_terms(
    scored: Scored, column: int, carriers: Carriers, model: LinearModel, vectors: WordVectors | None
) -> tuple[Term, ...]:
    """The words and phrases that speak for a category, strongest first, up to `MAX_TERMS`.

    Args:
        scored: the article.
        column: the category's.
        carriers: the sentences that carry the tag.
    """
    first, last = scored.ranges[scored.best(column)]
    looked_at = [*carriers.evidence, *carriers.others][:LOOKED_AT]
    lowest = max(first, min(looked_at) - 60)
    positions = list(range(lowest, last))[:120]
    units = {position: _units(scored, position) for position in positions}
    found = _candidates(scored, looked_at, set(carriers.evidence), units, model, column)
    if not found:
        return ()
    found = _likeliest(found, model, column)
    _locate(found, units)
    weights = _weigh(list(found.values()), units, column, model, vectors)
    return _select(list(found.values()), weights)


def _units(scored: Scored, position: int) -> list[_Unit]:
    content = scored.sentences[position].content
    spans = gloss_words(content, scored.language)
    return [(_word(read), start, end) for read, start, end in (word_spans(content) if spans is None else spans)]


def _candidates(
    scored: Scored,
    looked_at: Sequence[int],
    shown: Collection[int],
    units: dict[int, list[_Unit]],
    model: LinearModel,
    column: int,
) -> dict[tuple[str, ...], _Candidate]:
    found: dict[tuple[str, ...], _Candidate] = {}
    for position in looked_at:
        sentence = scored.sentences[position]
        content, source = sentence.content, scored.field(sentence).text[sentence.start : sentence.end]
        row = units.get(position, [])
        for start, end in _spans(row, content, model, column):
            key = tuple(chain.from_iterable(word.key for word, _, _ in row[start:end]))
            if not key or key in found or end - start == len(row) > 1:
                continue
            place = slice(row[start][1], row[end - 1][2])
            surface = content[place]
            if surface.split() != source[place].split():
                continue  # mark-up or control characters stand between its words
            if len(surface) <= MAX_PHRASE:
                worth = 1.0 if position in shown else OUTSIDE
                if not any(word.concept for word, _, _ in row[start:end]):
                    worth *= NO_CONCEPT
                found[key] = _Candidate(surface, key, worth)
    return found


def _likeliest(
    found: dict[tuple[str, ...], _Candidate], model: LinearModel, column: int
) -> dict[tuple[str, ...], _Candidate]:
    """The candidates that are worth trying, by what the view of terms knows of them and of any concept."""
    terms = model.bags[0]

    def promise(key: tuple[str, ...]) -> float:
        parts = [*key, *(f"{first} {second}" for first, second in pairwise(key))]
        known = [number for part in parts if (number := terms.vocabulary.get(part)) is not None]
        return found[key].worth * (len(key) + sum(float(terms.weights[number, column]) for number in known))

    chosen = set(sorted(found, key=lambda key: (-promise(key), key))[:MAX_TRIED])
    return {key: candidate for key, candidate in found.items() if key in chosen}


def _spans(row: list[_Unit], content: str, model: LinearModel, column: int) -> Iterator[tuple[int, int]]:
    """The words and phrases of a sentence that may be shown, as ranges of its units."""
    vocabulary, weights = model.bags[0].vocabulary, model.bags[0].weights
    for start, (word, _, _) in enumerate(row):
        if not word.terms:
            continue
        if FINDER.opens_phrase(word.normals[0]):
            following = [other for other, _, _ in row[start : start + FINDER.longest]]
            for length in FINDER.lengths_at([normal for other in following for normal in other.normals]):
                if length <= len(following) and all(len(other.normals) == 1 for other in following[:length]):
                    yield start, start + length
        if not _is_telling(word, not start, model, column):
            continue
        yield start, start + 1
        for end in range(start + 1, min(start + 3, len(row))):
            if not _BREAKS.isdisjoint(content[row[end - 1][2] : row[end][1]]):
                break
            other = row[end][0]
            if other.terms:
                known = vocabulary.get(f"{word.terms[-1]} {other.terms[0]}")
                if known is not None and weights[known, column] > 0 and _is_telling(other, False, model, column):
                    yield start, end + 1
                break


def _is_telling(word: _Word, first: bool, model: LinearModel, column: int) -> bool:
    """Whether a word may be shown: no function word, number or name.

    States count as one word, so that the name of one says nothing; other names are capitals without a concept,
    except where a sentence begins.
    """
    if not word.nameable:
        return False
    if word.concept or not word.text[0].isupper():
        return True
    known = [number for term in word.terms if (number := model.bags[0].vocabulary.get(term)) is not None]
    return first and any(model.bags[0].weights[number, column] > 0 for number in known)


def _locate(found: dict[tuple[str, ...], _Candidate], units: dict[int, list[_Unit]]) -> None:
    """Find every place of the passage where the candidates stand."""
    lengths: dict[str, set[int]] = {}
    for key in found:
        lengths.setdefault(key[0], set()).add(len(key))
    for position, row in units.items():
        words = [(key, place) for place, (word, _, _) in enumerate(row) for key in word.key]
        for index, (first, start) in enumerate(words):
            for length in lengths.get(first, ()):
                parts = words[index : index + length]
                candidate = found.get(tuple(key for key, _ in parts))
                if candidate is not None and parts[-1][1] - start < length + 3:
                    candidate.places.append((position, start, parts[-1][1] + 1))


def _weigh(
    candidates: Sequence[_Candidate],
    units: dict[int, list[_Unit]],
    column: int,
    model: LinearModel,
    vectors: WordVectors | None,
) -> list[float]:
    """How far the passage's log-odds fall without each candidate."""
    rows = {position: number for number, position in enumerate(units)}
    sentences = [" ".join(word.text for word, _, _ in row) for row in units.values()]
    members = np.zeros((1 + len(candidates), len(rows)), dtype=np.float32)
    members[:, :] = 1.0
    extra: list[tuple[int, int]] = []
    for number, candidate in enumerate(candidates, 1):
        gone: dict[int, set[int]] = {}
        for position, start, end in candidate.places:
            gone.setdefault(position, set()).update(range(start, end))
        for position, removed in gone.items():
            members[number, rows[position]] = 0.0
            extra.append((number, len(sentences)))
            kept = [word.text for place, (word, _, _) in enumerate(units[position]) if place not in removed]
            sentences.append(" ".join(kept))
    wide = np.zeros((len(members), len(sentences)), dtype=np.float32)
    wide[:, : len(rows)] = members
    for number, sentence in extra:
        wide[number, sentence] = 1.0
    logits = model.score_members(model.encode(sentences, vectors), wide)[:, column]
    return [float(logits[0] - logit) for logit in logits[1:]]


def _select(candidates: Sequence[_Candidate], weights: Sequence[float]) -> tuple[Term, ...]:
    alone = {
        candidate.words[0]: weight
        for candidate, weight in zip(candidates, weights, strict=True)
        if len(candidate.words) == 1
    }
    worth = [candidate.worth * weight for candidate, weight in zip(candidates, weights, strict=True)]
    order = sorted(range(len(candidates)), key=lambda index: (-worth[index], index))
    chosen: list[int] = []
    used: set[str] = set()
    for index in order:
        words, weight = candidates[index].words, weights[index]
        if weight <= 0 or len(chosen) == MAX_TERMS or worth[index] < WORTH_SHOWING * worth[order[0]]:
            break
        if used.intersection(words) or any(_kin(candidates[index], candidates[other]) for other in chosen):
            continue
        if len(words) > 1 and weight < WORTH_A_PHRASE * max(alone.get(word, 0.0) for word in words):
            continue
        chosen.append(index)
        used.update(words)
    chosen.sort(key=lambda index: (-weights[index], index))
    return tuple(
        Term(text=" ".join(candidates[index].surface.split()), weight=round(weights[index], 4)) for index in chosen
    )


def _kin(one: _Candidate, other: _Candidate) -> bool:
    """Whether two candidates are forms of one word, which stems alone don't always show."""
    first, second = (_base(candidate.surface.lower()) for candidate in (one, other))
    shorter = min(len(first), len(second))
    common = next((place for place in range(shorter) if first[place] != second[place]), shorter)
    return common >= max(3, shorter - 2)


def _base(word: str) -> str:
    return word[:-3] + "y" if word.endswith(("ies", "ied")) else word
