"""An entry to what is stored of it: its page fetched, extracted and tagged, or the reason why not.

What a stage raises unforeseen over one entry costs that entry only (`mishaps.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from classifiers.model import Classifier
from extractors.article import article_from_feed
from extractors.download import download
from extractors.workers import ExtractionPool
from flows.mishaps import mishap
from spywatch.records import Article, Disposition, Entry, EntryOutcome, Failure, Reason, Stage, TaggedArticle
from spywatch.robots import Robots
from spywatch.web import Web

_NO_SUCH_PAGE = {Reason.NOT_FOUND, Reason.GONE, Reason.BAD_URL, Reason.PRIVATE_ADDRESS}
"""After these a headline alone is not worth keeping: there is nothing behind it that anybody could read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What fetching and extracting an entry gave: articles, or a failure with what the feed itself has."""

    entry: Entry
    articles: tuple[Article, ...]
    failure: Failure | None


class EntryReader:
    """Fetches and extracts entries.

    Args:
        web, robots, extraction: the tools.
        max_bytes: largest page.
        started: the time of the run (UTC), for what dates are believable.
        clock: the present (UTC).
    """

    def __init__(
        self,
        web: Web,
        robots: Robots,
        extraction: ExtractionPool,
        *,
        max_bytes: int,
        started: datetime,
        clock: Callable[[], datetime],
    ) -> None:
        self._web = web
        self._robots = robots
        self._extraction = extraction
        self._max_bytes = max_bytes
        self._started = started
        self._clock = clock

    async def read(self, entry: Entry) -> Reading:
        """Fetch and extract one entry. Where its page fails, the feed's own text is kept for when that is final."""
        try:
            articles, failure = await self._articles(entry)
        except Exception as error:  # noqa: BLE001 -- a mistake over one page costs that page only
            articles, failure = (), self._mishap(error, entry)
        if failure is not None:
            try:
                fallback = article_from_feed(entry, failure=failure, now=self._started)
            except Exception as error:  # noqa: BLE001 -- the same
                fallback = failure = self._mishap(error, entry)
            if isinstance(fallback, Article) and (fallback.text or failure.reason not in _NO_SUCH_PAGE):
                articles = (fallback,)
        return Reading(entry, articles, failure)

    def _mishap(self, error: Exception, entry: Entry) -> Failure:
        return mishap(error, stage=Stage.EXTRACT, subject=entry.url or entry.id, at=self._clock())

    async def _articles(self, entry: Entry) -> tuple[tuple[Article, ...], Failure | None]:
        if not entry.url or (entry.link_shared and (entry.content_html or entry.summary_html)):
            alone = article_from_feed(entry, failure=None, now=self._started)
            return ((), alone) if isinstance(alone, Failure) else ((alone,), None)
        page = await download(
            entry, web=self._web, max_bytes=self._max_bytes, now=self._clock(), permit=self._robots.allows
        )
        if isinstance(page, Failure):
            return (), page
        found = await self._extraction.extract(page, entry, self._started)
        return ((), found) if isinstance(found, Failure) else (found, None)


def outcomes(readings: Sequence[Reading], classifier: Classifier, *, at: datetime) -> list[EntryOutcome]:
    """Classify all articles of a batch in one go, and say how each entry ended.

    Args:
        readings: what was read of each entry.
        classifier: gives the tags.
        at: the present (UTC), for what fails.
    """
    try:
        return _classified(readings, classifier)
    except Exception as error:  # noqa: BLE001 -- a mistake over one text costs that text only
        if len(readings) > 1:
            return [outcome for reading in readings for outcome in outcomes([reading], classifier, at=at)]
        [reading] = readings
        subject = reading.entry.url or reading.entry.id
        failure = mishap(error, stage=Stage.CLASSIFY, subject=subject, at=at)
        return [EntryOutcome(entry=reading.entry, disposition=Disposition.FAILED, failure=failure)]


def _classified(readings: Sequence[Reading], classifier: Classifier) -> list[EntryOutcome]:
    articles = [article for reading in readings for article in reading.articles]
    classified = iter(classifier.classify_many(articles))
    ended = []
    for reading in readings:
        tagged = tuple(
            TaggedArticle(article=article, classification=next(classified)) for article in reading.articles
        )
        ended.append(
            EntryOutcome(
                entry=reading.entry, disposition=_disposition(reading), articles=tagged, failure=reading.failure
            )
        )
    return ended


def _disposition(reading: Reading) -> Disposition:
    if reading.failure is None:
        return Disposition.STORED
    return Disposition.DROPPED if reading.failure.reason is Reason.NO_LINK_NO_TEXT else Disposition.FAILED
