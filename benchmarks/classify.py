"""How good the tags are, on labelled articles that the corpus has never seen, beside simpler ways.

    python -m benchmarks.classify [--labelled FILE] [--background FILE] [--part dev|unseen|all] [--json]

FILE holds a line an article: {"id", "title", "text", "labels": [...]}. Every third article by id is the part called
"unseen": develop on "dev", look at "unseen" at the end. The rivals learn from the same corpus.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.calibration import average_precision, upper_bound
from classifiers.corpus import Corpus, load_corpus
from classifiers.model import load_classifier
from spywatch.records import Decision

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "classify"

QUERIES = {
    "recruitment": [
        r"spy|spies|spying|espionage|(foreign|secret|double) agent|informants?|intelligence (service|officer|agency)",
        r"recruit\w*|arrest\w*|charged|trial|convicted|sentenced|handlers?|paid|pleaded",
    ],
    "expulsion": [
        r"expel\w*|expulsions?|person(a|ae) non grata\w*|ordered to leave|tit-for-tat",
        r"diplomats?|embassy|ambassador|consulate|attach\w+|journalists?|correspondents?",
    ],
    "tech-transfer": [
        r"trade secrets?|technology|export controls?|semiconductors?|blueprints|intellectual property|dual-use",
        r"espionage|stole\w*|theft|smuggl\w+|illegally|sanctions|spy\w*",
    ],
    "police-infiltration": [
        r"police\w*|law enforcement|sheriff|detectives?",
        r"foreign (agent|government|state|intelligence)|spy\w*|espionage|dissidents?|secret police stations?",
    ],
}
"""Boolean queries as a user of an alert service would write them: a word of each list must occur."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to tag: its scores and what it would tell, (articles, categories) each."""

    name: str
    scores: NDArray[np.float64]
    told: NDArray[np.bool_]


Scorer = Callable[[Sequence[dict[str, Any]]], tuple[NDArray[np.float64], NDArray[np.bool_]]]


def read(file: Path) -> list[dict[str, Any]]:
    """The articles of a JSON Lines file, by id."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return sorted((json.loads(line) for line in lines), key=lambda article: str(article["id"]))


def part_of(articles: list[dict[str, Any]], part: str) -> list[dict[str, Any]]:
    """Every third article is unseen; the others are for development."""
    return [
        article for number, article in enumerate(articles) if part == "all" or (number % 3 == 2) == (part == "unseen")
    ]


def ours(corpus_folder: Path, names: Sequence[str]) -> Scorer:
    """The project's classifier."""
    with tempfile.TemporaryDirectory() as cache:
        classifier = load_classifier(corpus_folder, Path(cache))

    def score(articles: Sequence[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        found = [classifier.classify(article["title"], article["text"]) for article in articles]
        scores = [[result.scores.get(name, 0.0) for name in names] for result in found]
        told = [
            [any(tag.category == name and tag.decision is Decision.ALERT for tag in result.tags) for name in names]
            for result in found
        ]
        return np.array(scores), np.array(told)

    return score


def plain_tfidf(corpus: Corpus, names: Sequence[str]) -> Scorer:
    """Word 1-2-grams and logistic regression on the same corpus, told from one half on."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    features = vectorizer.fit_transform([f"{e.title}\n{e.text}" for e in corpus.examples])
    models = [
        LogisticRegression(C=10.0, class_weight="balanced", max_iter=2_000).fit(
            features, [name in example.labels for example in corpus.examples]
        )
        for name in names
    ]

    def score(articles: Sequence[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        found = vectorizer.transform([f"{article['title']}\n{article['text']}" for article in articles])
        scores = np.stack([model.predict_proba(found)[:, 1] for model in models], axis=1)
        return scores, scores >= 0.5

    return score


def sentence_embedding(corpus: Corpus, names: Sequence[str], model: str) -> Scorer:
    """A sentence transformer's embedding and logistic regression on the same corpus, told from one half on.

    Args:
        corpus: what it learns from.
        names: the categories.
        model: folder of a model that is on this machine; nothing is downloaded.

    Raises:
        ImportError: sentence-transformers is not installed.
        OSError, ValueError: there is no such model here.
    """
    from sentence_transformers import SentenceTransformer
    from sklearn.linear_model import LogisticRegression

    encoder = SentenceTransformer(model, local_files_only=True, device="cpu")

    def embed(texts: Sequence[str]) -> NDArray[np.float64]:
        return np.asarray(encoder.encode(list(texts), normalize_embeddings=True, show_progress_bar=False))

    features = embed([f"{e.title}\n{e.text}" for e in corpus.examples])
    models = [
        LogisticRegression(C=10.0, class_weight="balanced", max_iter=2_000).fit(
            features, [name in example.labels for example in corpus.examples]
        )
        for name in names
    ]

    def score(articles: Sequence[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        found = embed([f"{article['title']}\n{article['text']}" for article in articles])
        scores = np.stack([model.predict_proba(found)[:, 1] for model in models], axis=1)
        return scores, scores >= 0.5

    return score


def keyword_queries(names: Sequence[str]) -> Scorer:
    """Boolean queries; a category without one is never told."""
    patterns = [[re.compile(rf"\b({words})\b", re.I) for words in QUERIES.get(name, [])] for name in names]

    def score(articles: Sequence[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        texts = [f"{article['title']}\n{article['text']}" for article in articles]
        told = np.array(
            [[bool(query) and all(words.search(text) for words in query) for query in patterns] for text in texts]
        )
        return told.astype(np.float64), told

    return score


def figures(names: Sequence[str], truth: NDArray[np.bool_], way: Way) -> dict[str, Any]:
    """Average precision, precision, recall and F1 a category, and their means."""
    rows = {}
    for column, name in enumerate(names):
        yes, told = truth[:, column], way.told[:, column]
        hits = int((yes & told).sum())
        rows[name] = {
            "n": int(yes.sum()),
            "average_precision": average_precision(way.scores[:, column], yes),
            "precision": hits / int(told.sum()) if told.any() else 0.0,
            "recall": hits / int(yes.sum()) if yes.any() else 0.0,
            "f1": 2 * hits / int(yes.sum() + told.sum()) if (yes | told).any() else 0.0,
        }
    macro = {
        key: float(np.mean([row[key] for row in rows.values()]))
        for key in ("average_precision", "precision", "recall", "f1")
    }
    return {"categories": rows, "macro": macro}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 0, also where a file is absent (and says so); 2 for wrong usage."""
    parser = argparse.ArgumentParser(description="Precision, recall and false alarms of the tags.")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seed_corpus")
    parser.add_argument("--labelled", type=Path, default=SHARED / "dev.jsonl")
    parser.add_argument("--background", type=Path, default=SHARED / "background.jsonl")
    parser.add_argument(
        "--sentence-model",
        default="sentence-transformers/all-MiniLM-L6-v2",
        help="a sentence transformer on this machine; needs sentence-transformers, left out where it is missing",
    )
    parser.add_argument("--part", choices=["dev", "unseen", "all"], default="dev")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)

    labelled = part_of(read(options.labelled), options.part) if options.labelled.is_file() else []
    background = read(options.background) if options.background.is_file() else []
    for what, file, articles in (
        ("labelled articles", options.labelled, labelled),
        ("background articles", options.background, background),
    ):
        if not articles:
            print(f"{file}: not there or empty, so nothing is measured on {what}", file=sys.stderr)
    if not labelled and not background:
        return 0

    corpus = load_corpus(options.corpus)
    names = corpus.names
    truth = np.array([[name in article["labels"] for name in names] for article in labelled], dtype=np.bool_)
    report: dict[str, Any] = {"part": options.part, "articles": len(labelled), "background": len(background)}
    makers: dict[str, Callable[[], Scorer]] = {
        "spywatch": lambda: ours(options.corpus, names),
        "TF-IDF + logistic regression": lambda: plain_tfidf(corpus, names),
        "boolean keyword queries": lambda: keyword_queries(names),
        "sentence transformer + logistic regression": lambda: sentence_embedding(
            corpus, names, options.sentence_model
        ),
    }
    for name, make in list(makers.items()):
        try:
            score = make()
        except (ImportError, OSError, ValueError) as error:
            if not name.startswith("sentence"):
                raise
            print(f"{name}: left out: {error}", file=sys.stderr)
            del makers[name]
            continue
        result: dict[str, Any] = {}
        if labelled:
            result |= figures(names, truth, Way(name, *score(labelled)))
        if background:
            started = time.process_time()
            _, told = score(background)
            alarms = int(told.any(axis=1).sum())
            result["false_alarms"] = alarms
            result["false_alarms_per_1000"] = 1000 * alarms / len(background)
            result["false_alarms_upper_bound_per_1000"] = 1000 * upper_bound(alarms, len(background))
            result["cpu_ms_per_article"] = 1000 * (time.process_time() - started) / len(background)
        report[name] = result
    if options.json:
        print(json.dumps(report, indent=2))
    else:
        show(report, list(makers))
    return 0


def show(report: dict[str, Any], ways: Sequence[str]) -> None:
    """Print the report as tables."""
    print(f"{report['articles']} labelled articles (part: {report['part']}), {report['background']} background")
    for way in ways:
        result = report[way]
        print(f"\n{way}")
        if "categories" in result:
            print(f"  {'':22}{'n':>5}{'AP':>8}{'P':>8}{'R':>8}{'F1':>8}")
            for name, row in result["categories"].items():
                print(
                    f"  {name:22}{row['n']:5d}{row['average_precision']:8.3f}{row['precision']:8.3f}"
                    f"{row['recall']:8.3f}{row['f1']:8.3f}"
                )
            macro = result["macro"]
            print(
                f"  {'mean':22}{'':5}{macro['average_precision']:8.3f}{macro['precision']:8.3f}"
                f"{macro['recall']:8.3f}{macro['f1']:8.3f}"
            )
        if "false_alarms" in result:
            print(
                f"  false alarms: {result['false_alarms']} = {result['false_alarms_per_1000']:.1f} per 1,000 "
                f"(95 % upper bound {result['false_alarms_upper_bound_per_1000']:.1f}); "
                f"{result['cpu_ms_per_article']:.1f} ms of CPU an article"
            )


if __name__ == "__main__":
    sys.exit(main())
