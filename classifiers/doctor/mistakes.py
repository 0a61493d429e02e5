"""Examples that cross-validation gets wrong, and why.

The reason is read off the very models that judged the example blind: how the two questions of the model were
answered ("is it this category?" and, the gate, "is it a case at all?"), which words and cues pulled the score, and
which examples of the other side are most like it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.corpus import BACKGROUND, Example
from classifiers.doctor.crossval import CrossValidation
from classifiers.doctor.neighbours import Neighbours
from classifiers.features import normalize, split_words, term_of
from classifiers.fitting import bag_features
from classifiers.glossary import gloss
from classifiers.linear import BAGS, muted

TERMS = 5
NEAREST = 2
_SHOWN_VIEWS = ("terms", "cues")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What a word or cue did to a score: its share of the logit, in log-odds; the other views are not shown."""

    term: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """An example of the other side, and the cosine similarity of terms."""

    id: str
    title: str
    labels: tuple[str, ...]
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One label of one example that the model, blind, got wrong.

    Attributes:
        fault: "missed" (the label applies, no alert), "wrong label" (an alert on a match of another category) or
            "false alarm" (an alert on background).
        category: the label missed or wrongly given.
        in_review: of what was missed: whether it would wait for a person.
        given: the alerts that the example got.
        score, alert: the category's score, out of fold, and the level it is measured by, 0 to 1.
        reason: one sentence.
        pulls: what pulled the wrong way, strongest first.
        nearest: the examples of the other side that are most like it: those without the label where it was missed,
            those with it where it was wrongly given.
    """

    id: str
    source: str
    title: str
    language: str
    labels: tuple[str, ...]
    fault: str
    category: str
    in_review: bool
    given: tuple[str, ...]
    score: float
    alert: float
    reason: str
    pulls: tuple[Pull, ...]
    nearest: tuple[Alike, ...]


def find_mistakes(blind: CrossValidation, neighbours: Neighbours) -> tuple[Mistake, ...]:
    """Every label that was missed or wrongly given, by category, the worst first."""
    corpus = blind.counted.corpus
    told = alerts(blind)
    found = []
    for row, example in enumerate(corpus.examples):
        for column, name in enumerate(corpus.names):
            if name not in example.unknown and told[row, column] != (name in example.labels):
                found.append(_mistake(blind, neighbours, told, row, column))
    faults = ("false alarm", "wrong label", "missed")
    found.sort(
        key=lambda one: (
            corpus.names.index(one.category),
            faults.index(one.fault),
            one.score if one.fault == "missed" else -one.score,
            one.id,
        )
    )
    return tuple(found)


def alerts(blind: CrossValidation) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Which categories each example would have been told under, (examples, categories)."""
    levels = np.array([level.alert for level in blind.levels])
    result: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = blind.scores >= levels
    return result


def _mistake(
    blind: CrossValidation,
    neighbours: Neighbours,
    told: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    row: int,
    column: int,
) -> Mistake:
    corpus = blind.counted.corpus
    example, name = corpus.examples[row], corpus.names[column]
    missed = name in example.labels
    given = tuple(other for index, other in enumerate(corpus.names) if told[row, index])
    score = float(blind.scores[row, column])
    in_review = missed and score >= blind.levels[column].review
    others = [
        index
        for index, other in enumerate(corpus.examples)
        if (name in other.labels) != missed and name not in other.unknown
    ]
    return Mistake(
        id=example.id,
        source=example.source,
        title=example.title,
        language=example.language,
        labels=example.labels,
        fault="missed" if missed else "wrong label" if example.labels else "false alarm",
        category=name,
        in_review=in_review,
        given=given,
        score=score,
        alert=blind.levels[column].alert,
        reason=_reason(blind, row, column, example, given, in_review),
        pulls=_pulls(blind, row, column, sign=-1.0 if missed else 1.0),
        nearest=tuple(
            Alike(
                id=corpus.examples[other].id,
                title=corpus.examples[other].title,
                labels=corpus.examples[other].labels,
                similarity=similarity,
            )
            for other, similarity in neighbours.nearest(row, others, NEAREST)
        ),
    )


def _reason(
    blind: CrossValidation, row: int, column: int, example: Example, given: Sequence[str], in_review: bool
) -> str:
    name = blind.counted.corpus.names[column]
    own, gate = _questions(blind, row, column)
    if name not in example.labels:
        if example.labels:
            return f"it is a case of {' and '.join(example.labels)}, told in words of {name} as well"
        kind = f"{example.kind} " if example.kind else ""
        meant = " on purpose" if example.resembles == name else ""
        return f"{kind}{BACKGROUND} that resembles {name}{meant}: it reads like the subject and like a case"
    if others := [label for label in given if label not in example.labels]:
        return f"taken for {' and '.join(others)} instead"
    if given:
        return f"told as {' and '.join(given)} alone: its words say less of {name}"
    if own < 0 and own <= gate:
        why = f"its words say too little of {name}"
    elif gate < 0:
        why = f"it reads like {name}, but not like a case"
    else:
        why = f"it leans to {name}, but less than the level asks for"
    return f"{why}; it would wait for review" if in_review else f"{why}; nobody would see it"


def _questions(blind: CrossValidation, row: int, column: int) -> tuple[float, float]:
    """The sums of the views for "is it this category?" and for "is it a case at all?"."""
    junction = blind.junctions[blind.counted.folds[row]]
    sums = muted(blind.blind[row]).T @ junction.views
    return float(sums[column]), float(sums[-1])


def _pulls(blind: CrossValidation, row: int, column: int, sign: float) -> tuple[Pull, ...]:
    """The terms and cues that moved a score most in one direction.

    The joined logit is not linear; each feature gets its product of value and weight times the slope of the junction
    at this example, which is exact for small changes.
    """
    counted = blind.counted
    fold = int(counted.folds[row])
    views, junction = blind.views[fold], blind.junctions[fold]
    sums = muted(blind.blind[row]).T @ junction.views
    share = float(1.0 / (1.0 + np.exp(sums[column] - sums[-1])))  # the category's part of the soft minimum's slope
    own = float(junction.own[column]) + float(junction.gated[column]) * share
    gate = float(junction.gated[column]) * (1.0 - share)
    example = counted.corpus.examples[row]
    shown = _surfaces(example)
    pulls: dict[str, float] = {}
    for index, bag in enumerate(BAGS):
        if bag not in _SHOWN_VIEWS:
            continue
        slopes = junction.views[index] / np.sqrt(1.0 + blind.blind[row, index] ** 2)
        features = bag_features(counted.texts, index, np.array([row]), views.idf[index], counted.settings).tocoo()
        names = list(counted.texts.vocabularies[index])
        for place, value in zip(features.col, features.data, strict=True):
            weights = views.weights[index][place]
            pull = value * (weights[column] * slopes[column] * own + weights[-1] * slopes[-1] * gate)
            term = _spoken(names[place], bag, shown)
            pulls[term] = pulls.get(term, 0.0) + float(pull)
    strongest = sorted(pulls.items(), key=lambda item: (-sign * item[1], item[0]))[:TERMS]
    return tuple(Pull(term=term, weight=weight) for term, weight in strongest if sign * weight > 0)


def _surfaces(example: Example) -> dict[str, str]:
    """Of each term, the word that stands for it in the example (after the glossary)."""
    found: dict[str, str] = {}
    for word in split_words(gloss(f"{example.title}. {example.text}", example.language)):
        found.setdefault(term_of(normalize(word)), normalize(word))
    return found


def _spoken(feature: str, bag: str, surfaces: dict[str, str]) -> str:
    if bag == "cues":
        return f"[{feature.replace('+', ' + ')}]"
    return " ".join(part if part.startswith("@") else surfaces.get(part, part) for part in feature.split(" "))
