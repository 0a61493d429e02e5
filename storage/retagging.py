"""Stored articles, a batch at a time, and their tags given anew.

A stream is a series of pages, each a query of its own that goes on where the last one ended (by time of storing, then
id), so that memory holds one batch however many articles there are, the writer may write between two pages, and the
last page costs no more than the first. The time comes first because the rows lie in the file in that order: a page of
neighbours touches a few texts, one chosen by id alone would touch them all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import duckdb
import pyarrow as pa

from spywatch.records import Classification, Decision, Opinion, Tag

from . import applying, columns, journal
from .as_rows import LANGUAGE_NOT_COVERED, retagged_row, score_rows, tag_rows
from .connection import Row, rows, rows_on, run_on
from .errors import UnknownArticle
from .judgements import open_judged, tag_of
from .published import open_current

PAGE_CHARACTERS = 50_000_000
"""Characters of text that a page holds at most, were it of long documents only; one article is always given."""
_PAGE_OF_IDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredArticle:
    """An article as it is stored, with what was said of it.

    Attributes:
        language: two-letter code, "" if unknown.
        first_seen_at: when a run first saw it in a feed (UTC).
        tags: the model's, best first.
        not_classified: why the model gave no score, None if it did.
        model: the version that looked at it.
        told: categories under which digests have told it.
        verdicts: the analysts' opinions that stand, by category.
    """

    article_id: str
    url: str
    title: str
    text: str
    outlet: str
    language: str
    first_seen_at: datetime
    tags: tuple[Tag, ...]
    not_classified: str | None
    model: str
    told: frozenset[str]
    verdicts: dict[str, Opinion]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retag:
    """What the model says of a stored article now."""

    article_id: str
    classification: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A stored article that the model has tagged again, and that the published copy shows with its earlier tags.

    Attributes:
        article: with the tags that the published copy shows.
        classification: what the model says of it, as it is stored.
    """

    article: StoredArticle
    classification: Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class RetagCounts:
    """What tagging a batch again has changed.

    Attributes:
        articles: tagged again.
        found: alert tags that the article did not have before, by category.
        lost: alert tags that the article has no longer, by category.
        not_classified: of the articles, those that have no score now.
        not_covered: of those, by language, where the corpus has no examples of it.
    """

    articles: int = 0
    found: dict[str, int] = field(default_factory=dict)
    lost: dict[str, int] = field(default_factory=dict)
    not_classified: int = 0
    not_covered: dict[str, int] = field(default_factory=dict)


def stored_articles(
    folder: Path, batch: int, model: str | None = None, characters: int = PAGE_CHARACTERS
) -> Iterator[tuple[StoredArticle, ...]]:
    """Every article of the published copy, in batches; no lock is taken and no run disturbed.

    The stream keeps to the copy that it opened, also where a run publishes another meanwhile. Verdicts and digests
    that the journal held at that moment are included.

    Args:
        folder: the database folder.
        batch: most articles at once.
        model: leave out articles that this model has looked at last; None for all.
        characters: most characters of text at once; an article that is longer comes alone.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    told = _told_in_journal(folder)
    with open_judged(folder) as connection:
        articles, place = page_after(connection, batch, model, None, characters)
        while articles:
            yield tuple(replace(one, told=one.told | told.get(one.article_id, set())) for one in articles)
            articles, place = page_after(connection, batch, model, place, characters)


def count_stored(folder: Path, model: str | None = None) -> int:
    """How many articles `stored_articles` gives.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_judged(folder) as connection:
        return count_articles(connection, model)


def count_articles(connection: duckdb.DuckDBPyConnection, model: str | None) -> int:
    """How many articles all pages together give."""
    return int(rows(connection, "count_stored", {"model": model})[0]["articles"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page ended and the next one begins."""

    fetched_at: datetime
    article_id: str


def page_after(
    connection: duckdb.DuckDBPyConnection,
    batch: int,
    model: str | None,
    place: Place | None,
    characters: int = PAGE_CHARACTERS,
) -> tuple[tuple[StoredArticle, ...], Place | None]:
    """The next articles, the longest stored first, and where they end.

    Args:
        connection: with the relation `all_verdicts`.
        batch: most articles at once.
        model: leave out articles that this model has looked at last; None for all.
        place: where the page before ended, None to begin.
        characters: most characters of text at once; an article that is longer comes alone.

    Raises:
        ValueError: a batch of nothing.
    """
    if batch < 1:
        raise ValueError(f"a batch holds one article at least, not {batch}")
    page = _within(connection, _page(connection, batch, model, place), characters)
    if not page:
        return (), None
    return _articles(connection, page), Place(**page[-1])


def shown_before(folder: Path, articles: Sequence[StoredArticle]) -> tuple[StoredArticle, ...]:
    """Articles of the pipeline's file with the tags that the published copy shows, which readers have seen last.

    They differ where tagging again was cut off before it published. An article that the copy does not have is given
    as it is.

    Raises:
        NotPublishedYet, NewerSchema, OlderSchema, DamagedDatabase: the published copy cannot be used.
    """
    with open_current(folder) as connection:
        asked = _asked([article.article_id for article in articles])
        shown = {row.pop("article_id"): row for row in rows_on(connection, "shown_articles", asked)}
        differ = {one.article_id for one in articles if shown.get(one.article_id, {}).get("model", "") != one.model}
        differ &= shown.keys()
        tags = _tags(connection, _asked(sorted(differ)))
    return tuple(
        replace(one, tags=tuple(tags[one.article_id]), **shown[one.article_id]) if one.article_id in differ else one
        for one in articles
    )


def unpublished_ids(
    connection: duckdb.DuckDBPyConnection, folder: Path, model: str, place: Place | None
) -> tuple[list[Row], Place | None]:
    """A page of the articles that this model has tagged here and another in the published copy, and where it ends.

    Args:
        connection: the pipeline's file.
        folder: where the published copy is.
        model: the version.
        place: where the page before ended, None to begin.

    Returns:
        Rows to give to `unpublished_page`, perhaps none; and the place, None after the last page.
    """
    with open_current(folder) as published:
        page = _page(published, _PAGE_OF_IDS, model, place)
    if not page:
        return [], None
    asked = _asked([row["article_id"] for row in page])
    return rows_on(connection, "page_tagged_by", asked, {"model": model}), Place(**page[-1])


def unpublished_page(
    connection: duckdb.DuckDBPyConnection, folder: Path, found: list[Row], batch: int, model: str
) -> tuple[tuple[Unpublished, ...], list[Row]]:
    """The next of the articles that `unpublished_ids` found, and the rows that remain.

    Args:
        connection: the pipeline's file, with the relation `all_verdicts`.
        folder: where the published copy is.
        found: rows, one at least.
        batch: most articles at once.
        model: the version that they were asked for.
    """
    page = _within(connection, found[:batch], PAGE_CHARACTERS)
    articles = _articles(connection, page)
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for row in rows_on(connection, "where_scores", _asked([row["article_id"] for row in page])):
        scores[row["article_id"]][row["category"]] = row["score"]
    corpora = {row["article_id"]: row["corpus"] for row in page}
    stored = tuple(
        Unpublished(
            article=shown,
            classification=Classification(
                tags=now.tags,
                scores=scores[now.article_id],
                model=model,
                corpus=corpora[now.article_id],
                language=now.language,
                not_classified=now.not_classified,
            ),
        )
        for now, shown in zip(articles, shown_before(folder, articles), strict=True)
    )
    return stored, found[len(page) :]


def _page(connection: duckdb.DuckDBPyConnection, batch: int, model: str | None, place: Place | None) -> list[Row]:
    after = {
        "model": model,
        "batch": batch,
        "after_time": place.fetched_at if place else None,
        "after_id": place.article_id if place else "",
    }
    return rows(connection, "stored_page", after)


def _within(connection: duckdb.DuckDBPyConnection, page: list[Row], characters: int) -> list[Row]:
    """The beginning of a page that has so many characters of text; one article at least."""
    if not page:
        return page
    asked = _asked([row["article_id"] for row in page])
    found = rows_on(connection, "page_lengths", asked, _span(page))
    lengths = {row["article_id"]: row["characters"] for row in found}
    total = accumulate(lengths.get(row["article_id"], 0) for row in page)
    return page[: max(1, sum(reached <= characters for reached in total))]


def _span(page: list[Row]) -> dict[str, datetime]:
    """The times let the database pass over the rows before and after the page without looking at their texts."""
    return {"first": page[0]["fetched_at"], "last": page[-1]["fetched_at"]}


def replace_tags(
    connection: duckdb.DuckDBPyConnection, folder: Path, batch: Sequence[Retag], now: datetime
) -> RetagCounts:
    """Put new tags and scores in the place of the old; the caller holds a transaction open.

    Raises:
        UnknownArticle: an article that is not stored.
        ValueError: two for one article.
    """
    by_id = {retag.article_id: retag.classification for retag in batch}
    if len(by_id) < len(batch):
        raise ValueError("two classifications of one article")
    asked = _asked(list(by_id))
    known = {row["article_id"] for row in rows_on(connection, "known_articles", asked)}
    for article_id in by_id:
        if article_id not in known:
            raise UnknownArticle(folder, article_id)
    before: defaultdict[str, dict[str, bool]] = defaultdict(dict)
    for row in rows_on(connection, "alerts_before", asked):
        before[row["article_id"]][row["category"]] = row["retroactive"]

    told = _told(connection, asked)

    found, lost, not_covered = Counter[str](), Counter[str](), Counter[str]()
    tags: list[Row] = []
    for article_id, classification in by_id.items():
        had = before[article_id]
        has = {tag.category for tag in classification.tags if tag.decision is Decision.ALERT}
        # What a digest has told is no late find when it comes back after having been lost.
        late = {category for category in has if had.get(category, category not in told[article_id])}
        found.update(has - had.keys())
        lost.update(had.keys() - has)
        if classification.not_classified == LANGUAGE_NOT_COVERED:
            not_covered[classification.language] += 1
        tags += tag_rows(article_id, classification, now, late)
    scores = [row for article_id, said in by_id.items() for row in score_rows(article_id, said)]
    changed = [retagged_row(article_id, said, now) for article_id, said in by_id.items()]
    run_on(connection, "delete_tags", asked)
    run_on(connection, "delete_scores", asked)
    run_on(connection, "insert_tags", columns.table(tags, columns.TAG))
    run_on(connection, "insert_scores", columns.table(scores, columns.SCORE))
    run_on(connection, "retag_articles", columns.table(changed, columns.RETAGGED))
    return RetagCounts(
        articles=len(by_id),
        found=dict(sorted(found.items())),
        lost=dict(sorted(lost.items())),
        not_classified=sum(said.not_classified is not None for said in by_id.values()),
        not_covered=dict(sorted(not_covered.items())),
    )


def _articles(connection: duckdb.DuckDBPyConnection, page: list[Row]) -> tuple[StoredArticle, ...]:
    asked = _asked([row["article_id"] for row in page])
    tags = _tags(connection, asked)
    told = _told(connection, asked)
    verdicts: defaultdict[str, dict[str, Opinion]] = defaultdict(dict)
    for row in rows_on(connection, "standing_verdicts", asked):
        verdicts[row["article_id"]][row["category"]] = Opinion(row["opinion"])
    return tuple(
        StoredArticle(
            **row,
            tags=tuple(tags[row["article_id"]]),
            told=frozenset(told[row["article_id"]]),
            verdicts=verdicts[row["article_id"]],
        )
        for row in rows_on(connection, "stored_articles", asked, _span(page))
    )


def _tags(connection: duckdb.DuckDBPyConnection, asked: pa.Table) -> defaultdict[str, list[Tag]]:
    tags: defaultdict[str, list[Tag]] = defaultdict(list)
    for row in rows_on(connection, "where_tags", asked):
        tags[row["article_id"]].append(tag_of(row))
    return tags


def _told(connection: duckdb.DuckDBPyConnection, asked: pa.Table) -> defaultdict[str, set[str]]:
    told: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows_on(connection, "told_categories", asked):
        told[row["article_id"]].add(row["category"])
    return told


def _asked(article_ids: list[str]) -> pa.Table:
    return columns.table(({"article_id": article_id} for article_id in article_ids), columns.ASKED_ARTICLE)


def _told_in_journal(folder: Path) -> dict[str, set[str]]:
    told: defaultdict[str, set[str]] = defaultdict(set)
    for record in journal.pending(folder):
        if record.kind == journal.DIGEST and applying.defect(record) is None:
            for item in record.payload["items"]:
                told[item["article_id"]].update(tag["category"] for tag in item["tags"])
    return told
