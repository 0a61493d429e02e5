"""Analysts' verdicts as examples of the corpus.

An analyst says what applies and what doesn't, and often nothing of the other categories; an example so made teaches
only what was said. One of which every category is denied is background that looked like a case, since a person had
to look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from classifiers.corpus import BACKGROUND, LOOK_ALIKE, Corpus, Example, content_hash
from spywatch.records import JudgedArticle


def with_verdicts(corpus: Corpus, judged: Sequence[JudgedArticle]) -> Corpus:
    """The corpus and what analysts have judged.

    Args:
        corpus: as it was read.
        judged: in any order; opinions on categories that the corpus doesn't have, and articles in a language that
            it doesn't cover, teach nothing and are left out.
    """
    found = [
        example
        for article in judged
        if article.language in corpus.languages and article.text.strip()
        if (example := _example(article, corpus.names)) is not None
    ]
    if not found:
        return corpus
    examples = tuple(sorted((*corpus.examples, *found), key=lambda example: example.id))
    return replace(corpus, examples=examples, hash=content_hash(corpus.categories, examples))


def _example(article: JudgedArticle, names: Sequence[str]) -> Example | None:
    labels = tuple(name for name in names if name in article.yes)
    denied = [name for name in names if name in article.no and name not in article.yes]
    if not labels and not denied:
        return None
    nothing_applies = len(denied) == len(names)
    return Example(
        id=f"verdict-{article.article_id}",
        labels=labels,
        unknown=tuple(name for name in names if name not in labels and name not in denied),
        language=article.language,
        title=article.title,
        text=article.text,
        folder=labels[0] if labels else BACKGROUND,
        source=f"verdict on article {article.article_id}",
        kind=LOOK_ALIKE if nothing_applies else "",
    )
