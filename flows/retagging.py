"""The stored articles, tagged again by the present model: what would change, and the change itself.

    stored articles, a batch at a time ──> classify ──> compare with the tags they have ──> what changes
                                              │
                                              └──> (commit) store the batch ──> publish

Nothing is fetched, and only one batch of articles is in memory. Without `commit` the published copy is read and
nothing is written; with it the pipeline's own file, under its lock.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from classifiers.model import Classifier
from flows.equipment import held_store, trained_classifier
from flows.steps import Nobody, Step, Watch, directly
from spywatch.records import Classification, Decision, Opinion, Tag
from spywatch.settings import Settings
from storage.published import is_of_older_schema
from storage.retagging import Retag, StoredArticle, count_stored, stored_articles
from storage.store import PipelineStore

BATCH = 250
"""Articles read, tagged and written together: some megabytes of text, and few transactions."""
KEPT = 200
"""Changes of each kind and category that a report holds; its counts are of all."""


class ChangeKind(StrEnum):
    """What happens to an alert."""

    NEWLY_TAGGED = "newly_tagged"
    NO_LONGER_TAGGED = "no_longer_tagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An alert that an article gets or loses.

    Attributes:
        old_score: None where the old model did not tag it, not even for review.
        new_score: None where the present model gives no score.
        told_as: the categories for which digests have told the article.
        verdict: an analyst's word on this category, which stands whatever the model says; None if there is none.
    """

    kind: ChangeKind
    category: str
    article_id: str
    title: str
    outlet: str
    url: str
    first_seen_at: datetime
    old_score: float | None
    new_score: float | None
    told_as: tuple[str, ...]
    verdict: Opinion | None

    @property
    def told(self) -> bool:
        """Whether a digest has told the article for this very category."""
        return self.category in self.told_as


@dataclass(frozen=True, slots=True, kw_only=True)
class RetagReport:
    """What tagging again changes; counts are exact, of changes the largest are kept.

    Attributes:
        model, corpus: the versions that tag now.
        committed: whether it was written.
        articles: tagged again; `changed` of them get, lose or keep different alerts.
        resumed: of the articles, those that a run of this work tagged which was cut off before it published.
        newly_tagged, no_longer_tagged: alerts by category, those that a verdict overrules left out.
        told: of the alerts no longer given, those that a digest has told, by category.
        overruled: alerts that would come or go, were it not for an analyst's verdict, by category.
        review_added, review_removed: articles that enter or leave the grey zone, by category.
        newly_classified, no_longer_classified: articles that get their first score, or no longer have one.
        changes: the largest, those told before first; at most `KEPT` of a kind and category.
    """

    model: str
    corpus: str
    committed: bool
    articles: int = 0
    resumed: int = 0
    changed: int = 0
    newly_tagged: dict[str, int] = field(default_factory=dict)
    no_longer_tagged: dict[str, int] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)
    overruled: dict[str, int] = field(default_factory=dict)
    review_added: dict[str, int] = field(default_factory=dict)
    review_removed: dict[str, int] = field(default_factory=dict)
    newly_classified: int = 0
    no_longer_classified: int = 0
    changes: tuple[Change, ...] = ()

    def shown(self, kind: ChangeKind, category: str) -> list[Change]:
        """The kept changes of a kind and category, largest first, without those that a verdict overrules."""
        return [
            change
            for change in self.changes
            if change.kind is kind and change.category == category and change.verdict is None
        ]

    @property
    def standing(self) -> list[Change]:
        """The kept changes that a verdict overrules."""
        return [change for change in self.changes if change.verdict is not None]


def changes_of(article: StoredArticle, now: Classification) -> Iterator[Change]:
    """The alerts that an article gets or loses when it is tagged as `now` says."""
    before, after = _alerts(article.tags), _alerts(now.tags)
    old_scores = {tag.category: tag.score for tag in article.tags}
    for category in sorted(before.keys() ^ after.keys()):
        yield Change(
            kind=ChangeKind.NEWLY_TAGGED if category in after else ChangeKind.NO_LONGER_TAGGED,
            category=category,
            article_id=article.article_id,
            title=article.title,
            outlet=article.outlet,
            url=article.url,
            first_seen_at=article.first_seen_at,
            old_score=old_scores.get(category),
            new_score=now.scores.get(category),
            told_as=tuple(sorted(article.told)),
            verdict=_standing(article.verdicts.get(category)),
        )


def _alerts(tags: Sequence[Tag]) -> dict[str, Tag]:
    return {tag.category: tag for tag in tags if tag.decision is Decision.ALERT}


def _reviews(tags: Sequence[Tag]) -> set[str]:
    return {tag.category for tag in tags if tag.decision is Decision.REVIEW}


def _standing(opinion: Opinion | None) -> Opinion | None:
    return None if opinion is Opinion.WITHDRAWN else opinion


class _Ledger:
    """Adds up what changes; holds the largest changes and no more."""

    def __init__(self, keep: int, each: Callable[[Change], None]) -> None:
        self._keep = keep
        self._each = each
        self._largest: dict[tuple[str, str, bool], list[tuple[bool, float, str, Change]]] = {}
        self._counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("newly_tagged", "no_longer_tagged", "told", "overruled")
        }
        self._review = (Counter[str](), Counter[str]())
        self._numbers = Counter[str]()

    def add(self, article: StoredArticle, now: Classification, *, resumed: bool = False) -> None:
        """Count what changes for one article, whose tags are those that readers know."""
        changes = list(changes_of(article, now))
        self._numbers["articles"] += 1
        self._numbers["resumed"] += resumed
        self._numbers["changed"] += bool(changes)
        self._numbers["newly_classified"] += article.not_classified is not None and now.not_classified is None
        self._numbers["no_longer_classified"] += article.not_classified is None and now.not_classified is not None
        before, after = _reviews(article.tags), _reviews(now.tags)
        self._review[0].update(after - before)
        self._review[1].update(before - after)
        for change in changes:
            self._count(change)
            self._remember(change)
            self._each(change)

    def _count(self, change: Change) -> None:
        if change.verdict is not None:
            self._counts["overruled"][change.category] += 1
            return
        self._counts[change.kind][change.category] += 1
        if change.kind is ChangeKind.NO_LONGER_TAGGED and change.told:
            self._counts["told"][change.category] += 1

    def _remember(self, change: Change) -> None:
        distance = abs((change.new_score or 0.0) - (change.old_score or 0.0))
        heap = self._largest.setdefault((change.kind, change.category, change.verdict is not None), [])
        item = (change.told, distance, change.article_id, change)
        if len(heap) < self._keep:
            heapq.heappush(heap, item)
        else:
            heapq.heappushpop(heap, item)

    def report(self, classifier: Classifier, *, committed: bool) -> RetagReport:
        """What it came to."""
        kept = [
            item[-1]
            for key in sorted(self._largest)
            for item in sorted(self._largest[key], key=lambda item: item[:3], reverse=True)
        ]
        return RetagReport(
            model=classifier.version,
            corpus=classifier.corpus,
            committed=committed,
            review_added=_sorted(self._review[0]),
            review_removed=_sorted(self._review[1]),
            changes=tuple(kept),
            newly_tagged=_sorted(self._counts["newly_tagged"]),
            no_longer_tagged=_sorted(self._counts["no_longer_tagged"]),
            told=_sorted(self._counts["told"]),
            overruled=_sorted(self._counts["overruled"]),
            articles=self._numbers["articles"],
            resumed=self._numbers["resumed"],
            changed=self._numbers["changed"],
            newly_classified=self._numbers["newly_classified"],
            no_longer_classified=self._numbers["no_longer_classified"],
        )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _ignore(change: Change) -> None:
    pass


async def retag_articles(
    settings: Settings,
    *,
    now: datetime,
    commit: bool = False,
    watch: Watch | None = None,
    step: Step = directly,
    each: Callable[[Change], None] = _ignore,
    keep: int = KEPT,
) -> RetagReport:
    """Tag the stored articles again that another model tagged.

    Args:
        settings: where database, corpus and fitted models are.
        now: the clock (UTC).
        commit: write the new tags and publish; else only say what would change.
        watch: told of progress with the "model" and in "articles".
        step: how to run a coarse step, here a batch.
        each: called with every change as it is found, in no particular order.
        keep: changes of a kind and category that the report holds.

    Returns:
        What changed for readers of the published copy, or would change. With `articles` 0 all were tagged by the
        present model already.

    Raises:
        CorpusError, StorageError: the corpus or the database cannot be used; with `commit`, `HeldByAnotherRun` while
            a run is at work; without, `OlderSchema` for a database of an older version, which `commit` would mend.
    """
    # Raises where there is no database: none is to be made, and no model fitted in vain.
    outdated = is_of_older_schema(settings.db)
    if not commit:
        count_stored(settings.db)
    with ExitStack() as stack:
        store = stack.enter_context(held_store(settings, now)) if commit else None
        if store is not None and outdated:  # readers' tags are compared with, so their copy comes up to date first
            await step("bring up to date", lambda: asyncio.to_thread(store.publish, now))
        onlooker = watch or Nobody()
        onlooker.expect("model", 1)
        classifier = await asyncio.to_thread(trained_classifier, settings)
        onlooker.advance("model", 1)
        work = _Retagging(settings, now, store, classifier, onlooker, step, _Ledger(keep, each))
        return await work.whole()


class _Retagging:
    """The work with its tools in hand; `store` only where it is to be written."""

    def __init__(
        self,
        settings: Settings,
        now: datetime,
        store: PipelineStore | None,
        classifier: Classifier,
        watch: Watch,
        step: Step,
        ledger: _Ledger,
    ) -> None:
        self._settings = settings
        self._now = now
        self._store = store
        self._classifier = classifier
        self._watch = watch
        self._step = step
        self._ledger = ledger

    async def whole(self) -> RetagReport:
        """What was cut off before it was published, all batches, then the published copy."""
        if self._store is not None:
            await asyncio.to_thread(self._resume)
        batches = self._batches()
        number, more = 1, True
        while more:
            more = await self._step(f"batch {number}", lambda: asyncio.to_thread(self._batch, batches))
            number += 1
        if self._store is not None:
            store = self._store
            await self._step("publish", lambda: asyncio.to_thread(store.publish, self._now))
        return self._ledger.report(self._classifier, committed=self._store is not None)

    def _resume(self) -> None:
        """Count what is stored already and no reader has seen yet."""
        if self._store is None:
            return
        for page in self._store.unpublished(self._classifier.version, BATCH):
            for found in page:
                self._ledger.add(found.article, found.classification, resumed=True)

    def _batches(self) -> Iterator[tuple[StoredArticle, ...]]:
        model = self._classifier.version
        if self._store is not None:
            self._watch.expect("articles", self._store.count_outdated(model))
            yield from self._store.outdated(model, BATCH)
        else:
            self._watch.expect("articles", count_stored(self._settings.db, model))
            yield from stored_articles(self._settings.db, BATCH, model)

    def _batch(self, batches: Iterator[tuple[StoredArticle, ...]]) -> bool:
        """Do the next batch; False if there is none."""
        articles = next(batches, ())
        if not articles:
            return False
        classified = self._classifier.classify_many(articles)
        shown = articles if self._store is None else self._store.shown_before(articles)
        for article, classification in zip(shown, classified, strict=True):
            self._ledger.add(article, classification)
        if self._store is not None:
            pairs = zip(articles, classified, strict=True)
            retags = [Retag(article_id=article.article_id, classification=said) for article, said in pairs]
            self._store.store_retags(retags, self._now)
        self._watch.advance("articles", len(articles))
        return True


def change_json(change: Change) -> dict[str, Any]:
    """A change as JSON."""
    return {
        "kind": str(change.kind),
        "category": change.category,
        "article_id": change.article_id,
        "title": change.title,
        "outlet": change.outlet,
        "url": change.url,
        "first_seen_at": change.first_seen_at.isoformat(),
        "old_score": change.old_score,
        "new_score": change.new_score,
        "told": change.told,
        "told_as": list(change.told_as),
        "verdict": str(change.verdict) if change.verdict else None,
    }
