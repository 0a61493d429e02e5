"""The classifier: article in, tags with evidence out.

`load_classifier` fits the model from the corpus, or takes it from the cache. The cache file's name is a hash of the
corpus, the settings and the versions of everything that enters the arithmetic, so an outdated model cannot be
loaded by mistake; the file holds arrays and JSON only, no code, and one that is broken is fitted anew.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifiers.calibration import (
    PROMISE,
    REVIEW_RATE,
    REVIEW_RECALL,
    SHARES,
    CalibrationReport,
    Levels,
    calibrate,
    probabilities,
)
from classifiers.corpus import Corpus, load_corpus
from classifiers.evidence import Scored, as_evidence, find_carriers
from classifiers.glossary import gloss, glossaries_version
from classifiers.invisible import visible
from classifiers.language import detect_language, prepare_languages
from classifiers.linear import BAGS, MEANING, Bag, Junction, LinearModel, Meaning
from classifiers.neighbours import Neighbours, fit_neighbours
from classifiers.passages import TITLE, handicaps, passages, sentences_of
from classifiers.settings import FitSettings
from classifiers.terms import find_terms
from classifiers.vectors import WordVectors, find_word_vectors, vectors_version
from classifiers.verdicts import with_verdicts
from spywatch.records import Classification, Decision, JudgedArticle, Tag

FORMAT = 10
"""Raised whenever features, passages or arithmetic change without a change of settings."""
KEPT_MODELS = 8
"""Models that stay in the cache folder, a few megabytes each."""
EMPTY = "empty"
LANGUAGE_NOT_COVERED = "language_not_covered"
NO_WORDS = "no_words"


class Titled(Protocol):
    """Anything with a title and a text."""

    @property
    def title(self) -> str: ...  # noqa: D102

    @property
    def text(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """Tags articles. Made by `load_classifier`.

    Attributes:
        version: of corpus, settings and code, e.g. "linear-3f2a9c01".
        corpus: version of the corpus, verdicts included, e.g. "corpus-51d0ab37".
        linear: the arrays.
        levels: when a score is told and when it waits for a person, a category.
        languages: two-letter codes that the corpus has examples of.
        report: what the corpus shows about the model.
        vectors: word vectors, None where they are not installed.
        neighbours: the labelled examples, to name those that an article resembles.
    """

    version: str
    corpus: str
    linear: LinearModel
    levels: tuple[Levels, ...]
    languages: frozenset[str]
    report: CalibrationReport
    vectors: WordVectors | None
    neighbours: Neighbours

    def classify(self, title: str, text: str) -> Classification:
        """Tag one article.

        Returns:
            Tags best first, none as the normal outcome. `not_classified` is "empty", "no_words" (nothing but signs)
            or "language_not_covered"; then there are no scores.
        """
        shown, body = visible(title), visible(text)
        if not shown.text.strip() and not body.text.strip():
            return self._unscored(EMPTY, "")
        language = detect_language(shown.text, body.text, self.languages)
        if not language.covered:
            return self._unscored(LANGUAGE_NOT_COVERED, language.code)
        sentences = sentences_of(shown.text, body.text)
        read = [gloss(sentence.content, language.code) for sentence in sentences]
        article = self.linear.encode(read, self.vectors)
        if not any(article.words):
            return self._unscored(NO_WORDS, language.code)
        titles = sum(sentence.field == TITLE for sentence in sentences)
        ranges = passages(article.words, titles)
        logits = self.linear.score(article, ranges) - handicaps(len(ranges))[:, None]
        scores = probabilities(logits.max(axis=0))
        decisions = [decide(score, levels) for score, levels in zip(scores, self.levels, strict=True)]
        told = [column for column, decision in enumerate(decisions) if decision is not None]
        scored = Scored(shown, body, language.code, sentences, read, article, ranges, logits)
        carriers = find_carriers(scored, told, self.linear)
        tags = [
            Tag(
                category=self.linear.categories[column],
                score=round(scores[column], 6),
                decision=decision,
                evidence=tuple(as_evidence(scored, position) for position in carrying.evidence),
                terms=find_terms(scored, column, carrying, self.linear, self.vectors),
                nearest=self.neighbours.nearest(article, ranges[scored.best(column)], column, self.linear),
            )
            for column, carrying in zip(told, carriers, strict=True)
            if (decision := decisions[column]) is not None
        ]
        tags.sort(key=lambda tag: (tag.decision is not Decision.ALERT, -tag.score, tag.category))
        return Classification(
            tags=tuple(tags),
            scores={name: round(score, 6) for name, score in zip(self.linear.categories, scores, strict=True)},
            model=self.version,
            corpus=self.corpus,
            language=language.code,
        )

    def classify_many(self, articles: Iterable[Titled]) -> list[Classification]:
        """Tag articles, in their order."""
        return [self.classify(article.title, article.text) for article in articles]

    def _unscored(self, reason: str, language: str) -> Classification:
        return Classification(
            tags=(),
            scores={},
            model=self.version,
            corpus=self.corpus,
            language=language,
            not_classified=reason,
        )


def decide(score: float, levels: Levels) -> Decision | None:
    """What a score asks of the reader; None is the normal outcome."""
    if score >= levels.alert:
        return Decision.ALERT
    return Decision.REVIEW if score >= levels.review else None


def load_classifier(corpus_folder: Path, cache_folder: Path, judged: Sequence[JudgedArticle] = ()) -> Classifier:
    """The classifier of a corpus, from the cache where it is there, else fitted (seconds) and cached.

    From here on the process's BLAS uses one thread: an article's products are so small that a second one only spins
    (measured: three times the CPU).

    Args:
        corpus_folder: see `classifiers.corpus`.
        cache_folder: is created where it is missing. One that cannot be written costs only the fit each time.
        judged: what analysts have said of articles; it is learned from beside the corpus.

    Raises:
        CorpusError: the corpus cannot be used.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped,unused-ignore]

    corpus = with_verdicts(load_corpus(corpus_folder), judged)
    threadpool_limits(limits=1, user_api="blas")
    key = _key(corpus)
    file = cache_folder / f"linear-{key[:32]}.npz"
    vectors = find_word_vectors()
    classifier = _read_cache(file, key, corpus, vectors)
    if classifier is not None:
        with suppress(OSError):  # a folder that cannot be written
            file.touch()
        classifier.linear.prepare((example.text for example in corpus.examples if example.language == "en"), vectors)
    else:  # a fit takes long and leaves little of 400 MB: words are then looked up as they come
        classifier = fit_classifier(corpus, vectors)
        _write_cache(file, key, classifier)
    prepare_languages()
    return classifier


def fit_classifier(corpus: Corpus, vectors: WordVectors | None) -> Classifier:
    """Fit, cross-validate and calibrate; no cache."""
    from classifiers.fitting import fit

    settings = FitSettings()
    fitted = fit(corpus, vectors, settings)
    levels, report = calibrate(corpus, fitted.logits, settings.folds)
    neighbours = fit_neighbours(corpus, fitted.model, vectors)
    return _classifier(_key(corpus), fitted.model, levels, report, corpus, vectors, neighbours)


def _classifier(
    key: str,
    linear: LinearModel,
    levels: tuple[Levels, ...],
    report: CalibrationReport,
    corpus: Corpus,
    vectors: WordVectors | None,
    neighbours: Neighbours,
) -> Classifier:
    return Classifier(
        version=_version(key),
        corpus=corpus.version,
        linear=linear,
        levels=levels,
        languages=corpus.languages,
        report=report,
        vectors=vectors if linear.meaning is not None else None,
        neighbours=neighbours,
    )


def model_version(corpus: Corpus) -> str:
    """The version of the model that a corpus gives here, e.g. "linear-3f2a9c01"."""
    return _version(_key(corpus))


def _version(key: str) -> str:
    return f"linear-{key[:8]}"


def _key(corpus: Corpus) -> str:
    """The identity of a model: whatever could change one of its numbers."""
    parts = {
        "format": FORMAT,
        "corpus": corpus.hash,
        "settings": asdict(FitSettings()),
        "calibration": [PROMISE, sorted(SHARES.items()), REVIEW_RATE, REVIEW_RECALL],
        "vectors": vectors_version(),
        "glossaries": glossaries_version(),
        "python": platform.python_version_tuple()[:2],
        "libraries": {name: importlib.metadata.version(name) for name in ("numpy", "scipy", "scikit-learn")},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _write_cache(file: Path, key: str, classifier: Classifier) -> None:
    """Write the model's arrays in one step: a reader sees the whole file or none."""
    linear = classifier.linear
    arrays: dict[str, Any] = {
        "junction_views": linear.junction.views,
        "junction_own": linear.junction.own,
        "junction_gated": linear.junction.gated,
        "junction_offsets": linear.junction.offsets,
    }
    about: dict[str, Any] = {
        "key": key,
        "categories": linear.categories,
        "levels": [asdict(levels) for levels in classifier.levels],
        "report": classifier.report.as_dict(),
        "meaning": linear.meaning is not None,
        "floors": [bag.floor for bag in linear.bags],
        "vocabularies": [list(bag.vocabulary) for bag in linear.bags],
        "examples": classifier.neighbours.as_dict(),
    }
    for name, bag in zip(BAGS, linear.bags, strict=True):
        arrays |= {f"{name}_idf": bag.idf, f"{name}_weights": bag.weights, f"{name}_intercepts": bag.intercepts}
    if linear.meaning is not None:
        arrays |= {
            f"{MEANING}_weights": linear.meaning.weights,
            f"{MEANING}_intercepts": linear.meaning.intercepts,
        }
    arrays |= classifier.neighbours.as_arrays()
    packed = json.dumps(about, ensure_ascii=False).encode("utf-8", "surrogatepass")
    arrays["about"] = np.frombuffer(packed, dtype=np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=file.parent, prefix=".linear-", suffix=".tmp")
    except OSError:
        return  # a read-only folder: the next start fits again
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(buffer.getvalue())
        Path(partial).replace(file)
        _forget_old(file.parent)
    except OSError:
        Path(partial).unlink(missing_ok=True)


def _forget_old(folder: Path) -> None:
    """Keep the models used last only: each verdict makes another."""
    models = sorted(folder.glob("linear-*.npz"), key=lambda model: model.stat().st_mtime, reverse=True)
    for model in models[KEPT_MODELS:]:
        model.unlink(missing_ok=True)


def _read_cache(file: Path, key: str, corpus: Corpus, vectors: WordVectors | None) -> Classifier | None:
    """The cached model, or None where there is none, or it is broken, or it is not this corpus's."""
    try:
        with np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(arrays["about"].tobytes().decode("utf-8", "surrogatepass"))
        if about["key"] != key or tuple(about["categories"]) != corpus.names:
            return None
        outputs = len(corpus.names) + 1
        bags = []
        for index, name in enumerate(BAGS):
            words = about["vocabularies"][index]
            weights = arrays[f"{name}_weights"]
            if weights.shape != (len(words), outputs) or arrays[f"{name}_idf"].shape != (len(words),):
                return None
            bags.append(
                Bag(
                    {word: column for column, word in enumerate(words)},
                    arrays[f"{name}_idf"],
                    float(about["floors"][index]),
                    weights,
                    arrays[f"{name}_intercepts"],
                )
            )
        meaning = None
        if about["meaning"]:
            meaning = Meaning(arrays[f"{MEANING}_weights"], arrays[f"{MEANING}_intercepts"])
            if vectors is None or meaning.weights.shape != (vectors.size, outputs):
                return None
        parts = (arrays[f"junction_{part}"] for part in ("views", "own", "gated", "offsets"))
        linear = LinearModel(corpus.names, tuple(bags), meaning, Junction(*parts))
        levels = tuple(Levels(**item) for item in about["levels"])
        report = CalibrationReport.from_dict(about["report"])
        neighbours = Neighbours.restored(arrays, about["examples"], linear)
    except (OSError, EOFError, KeyError, IndexError, TypeError, ValueError, zipfile.BadZipFile):
        return None
    return _classifier(key, linear, levels, report, corpus, vectors, neighbours)
