"""What an article of 500 words costs to classify, beside TF-IDF with logistic regression on the same corpus.

    python -m benchmarks.classify_speed [--corpus FOLDER] [--background FILE] [--articles N] [--json]

Each way runs in a process of its own, starts up (which is not counted), and then reads the same articles twice: the
first time most of their words are new to it, the second time none is. CPU time is the process's own, so that what
else the machine does counts less; the least of several rounds stands for the second reading. Peak memory is the
process's whole resident set, start-up from a cached model included.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from classifiers.corpus import load_corpus

ROOT = Path(__file__).resolve().parent.parent
BACKGROUND = ROOT.parent / "shared" / "classify" / "background.jsonl"
WORDS = 500
ROUNDS = 5
LIMIT_MS, LIMIT_MB = 3.0, 400.0
OURS, RIVAL = "spywatch", "TF-IDF + logistic regression"

Article = tuple[str, str]


def articles_of(stories: Sequence[Article], count: int) -> list[Article]:
    """Articles of `WORDS` words each, put together from the paragraphs of stories in their order."""
    articles: list[Article] = []
    number = 0
    while len(articles) < count:
        title, paragraphs, missing = stories[number % len(stories)][0], [], WORDS
        while missing:
            for paragraph in stories[number % len(stories)][1].split("\n\n"):
                words = paragraph.split()[:missing]
                missing -= len(words)
                if words:
                    paragraphs.append(" ".join(words))
            number += 1
        articles.append((title, "\n\n".join(paragraphs)))
    return articles


def ours(corpus: Path, cache: Path) -> Callable[[Article], bool]:
    """The project's classifier, from its cache; True where it gives a tag."""
    from classifiers.model import load_classifier

    classifier = load_classifier(corpus, cache)
    return lambda article: bool(classifier.classify(*article).tags)


def plain_tfidf(corpus: Path, cache: Path) -> Callable[[Article], bool]:
    """Word 1-2-grams and logistic regression; True where a probability is one half or more."""
    from benchmarks.classify import plain_tfidf as scorer_of

    loaded = load_corpus(corpus)
    score = scorer_of(loaded, loaded.names)

    def tag(article: Article) -> bool:
        _, told = score([{"title": article[0], "text": article[1]}])
        return bool(told.any())

    return tag


def measure(
    start: Callable[[Path, Path], Callable[[Article], bool]], articles: list[Article], *where: Path
) -> dict[str, Any]:
    """Start a way and read all articles. Figures in milliseconds of CPU an article and megabytes."""
    began = time.process_time()
    tag = start(*where)
    ready = time.process_time()
    untagged = [article for article, tagged in [(article, tag(article)) for article in articles] if not tagged]
    first = 1000 * (time.process_time() - ready) / len(articles)
    rounds = []
    for _ in range(ROUNDS):
        before = time.process_time()
        for article in untagged:
            tag(article)
        rounds.append(1000 * (time.process_time() - before) / max(len(untagged), 1))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)
    return {
        "start_up_cpu_seconds": ready - began,
        "first_reading_ms": first,
        "untagged_again_ms": min(rounds),
        "untagged_again_median_ms": sorted(rounds)[len(rounds) // 2],
        "tagged": len(articles) - len(untagged),
        "peak_memory_mb": peak,
    }


def in_a_process(*arguments: Any) -> dict[str, Any]:
    """`measure` in a fresh process, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measure, arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print. Returns 0; 2 for wrong usage."""
    parser = argparse.ArgumentParser(description="CPU and memory that an article of 500 words costs.")
    parser.add_argument("--corpus", type=Path, default=ROOT / "seed_corpus")
    parser.add_argument(
        "--background",
        type=Path,
        default=BACKGROUND,
        help="JSON Lines; the corpus's own background where it is absent",
    )
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.articles < 1:
        parser.error("--articles must be at least 1")

    if options.background.is_file():
        lines = sorted(options.background.read_text(encoding="utf-8").splitlines())
        read = [json.loads(line) for line in lines if line.strip()]
        stories = [(str(article["title"]), str(article["text"])) for article in read]
    else:
        print(f"{options.background}: not there, so the corpus's own background is read", file=sys.stderr)
        stories = [(e.title, e.text) for e in load_corpus(options.corpus).background if e.language == "en"]
    articles = articles_of(stories, options.articles)
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder)
        in_a_process(ours, articles[:1], options.corpus, cache)  # fits, where no cached model is there yet
        figures = {
            OURS: in_a_process(ours, articles, options.corpus, cache),
            RIVAL: in_a_process(plain_tfidf, articles, options.corpus, cache),
        }
    ratio = figures[OURS]["untagged_again_ms"] / figures[RIVAL]["untagged_again_ms"]
    first_ratio = figures[OURS]["first_reading_ms"] / figures[RIVAL]["first_reading_ms"]
    report = {
        "articles": len(articles),
        "words": WORDS,
        "ratio": ratio,
        "first_reading_ratio": first_ratio,
        **figures,
    }
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    print(
        f"{len(articles)} articles of {WORDS} words; limits: {LIMIT_MS:.0f} ms of CPU an article, {LIMIT_MB:.0f} MB\n"
    )
    heads = f"{'first reading':>15}{'again, untagged':>17}{'tagged':>8}{'peak MB':>9}{'start s':>9}"
    print(f"{'ms of CPU an article':30}{heads}")
    for name, row in figures.items():
        print(
            f"{name:30}{row['first_reading_ms']:15.2f}{row['untagged_again_ms']:17.2f}{row['tagged']:8d}"
            f"{row['peak_memory_mb']:9.0f}{row['start_up_cpu_seconds']:9.1f}"
        )
    print(f"{'ratio':30}{first_ratio:15.2f}{ratio:17.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
