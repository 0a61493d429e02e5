"""The whole examination of a corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from classifiers.corpus import Corpus
from classifiers.doctor.additions import Addition, suggest_additions
from classifiers.doctor.copies import Conflict, Copy, find_conflicts, find_copies
from classifiers.doctor.crossval import Watch, count_corpus, cross_validate
from classifiers.doctor.curve import LearningCurve, learning_curves
from classifiers.doctor.mistakes import Mistake, find_mistakes
from classifiers.doctor.neighbours import Neighbours
from classifiers.doctor.phrases import SharedPhrase, find_phrases
from classifiers.doctor.shortcuts import ShortcutTest, find_shortcuts
from classifiers.settings import FitSettings
from classifiers.vectors import WordVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What the doctor found.

    Attributes:
        corpus: its version.
        counts: examples a label, "background" being one.
        quick: whether everything that needs cross-validation was left out; then the last three are empty.
    """

    corpus: str
    counts: Mapping[str, int]
    quick: bool
    copies: tuple[Copy, ...]
    conflicts: tuple[Conflict, ...]
    phrases: tuple[SharedPhrase, ...]
    shortcuts: ShortcutTest
    mistakes: tuple[Mistake, ...] = ()
    curves: tuple[LearningCurve, ...] = ()
    additions: tuple[Addition, ...] = ()

    @property
    def must_mend(self) -> bool:
        """Whether something has to be mended: a copy, or a conflict that is certain."""
        return bool(self.copies) or any(conflict.certain for conflict in self.conflicts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"must_mend": self.must_mend, **asdict(self)}


def check_corpus(
    corpus: Corpus, vectors: WordVectors | None, settings: FitSettings, watch: Watch, *, quick: bool = False
) -> Checkup:
    """Examine a corpus; nothing is cached or written.

    Args:
        vectors: as for a fit.
        watch: is told how the work goes: "looking", and unless quick "folds" and "curve".
        quick: leave out what needs cross-validation: mistakes, learning curves, additions.
    """
    watch.expect("looking", 5)
    copies = find_copies(corpus)
    watch.advance("looking", 1)
    phrases = find_phrases(corpus)
    watch.advance("looking", 1)
    shortcuts = find_shortcuts(corpus)
    watch.advance("looking", 1)
    counted = count_corpus(corpus, vectors, settings)
    watch.advance("looking", 1)
    neighbours = Neighbours(counted.texts.terms)
    conflicts = find_conflicts(corpus, copies, neighbours)
    watch.advance("looking", 1)
    counts = Counter(label for example in corpus.examples for label in example.labels or ("background",))
    mistakes: tuple[Mistake, ...] = ()
    curves: tuple[LearningCurve, ...] = ()
    additions: tuple[Addition, ...] = ()
    if not quick:
        blind = cross_validate(counted, watch)
        mistakes = find_mistakes(blind, neighbours)
        curves = learning_curves(blind, watch)
        additions = suggest_additions(blind, curves)
    return Checkup(
        corpus=corpus.version,
        counts=dict(sorted(counts.items())),
        quick=quick,
        copies=copies,
        conflicts=conflicts,
        phrases=phrases,
        shortcuts=shortcuts,
        mistakes=mistakes,
        curves=curves,
        additions=additions,
    )
