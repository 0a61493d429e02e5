"""The stages as filters over JSON Lines: `parse`, `extract`, `classify`.

Every line that goes in gives at least one line, in the same order, with `failure` null or `{"reason", "detail"}`.
"""

from __future__ import annotations

import asyncio
import gzip
import sys
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import argument_text, clear_errors, moment, whole_characters
from cli.evidence import tag_json
from cli.jsonlines import Json, failure_field, missing_file, read_objects, text_field, write
from cli.run import Db
from spywatch.records import Article, Classification, Entry, Failure, Page, ParsedFeed, Reason, Stage
from spywatch.settings import load_settings

if TYPE_CHECKING:
    from classifiers.model import Classifier

Now = Annotated[str | None, typer.Option("--now", help="The clock, ISO 8601; dates after it are not believed.")]


def parse(
    files: Annotated[list[str], typer.Argument(help="Feed documents; - reads one from standard input.")],
    now: Now = None,
) -> None:
    """Read feed documents (RSS, Atom, RDF, JSON Feed): a line of JSON a file.

    Keys: file, feed {title, link}, entries [{id, url, title, summary, authors, published_at, date_source}],
    skipped (how many entries could not be used), skipped_entries (why), failure.

    Example: spywatch parse feed.xml | jq '.entries[].title'
    """
    from feeds.workers import PRELOAD, FeedParser
    from spywatch.workers import WorkerPool

    clock = moment(now)
    with clear_errors():
        settings = load_settings()
    with WorkerPool(1, memory_limit=settings.worker_memory_bytes, preload=PRELOAD) as pool:
        parser = FeedParser(pool, time_limit=settings.parse_time_limit_seconds, max_items=settings.max_feed_items)
        for name in files:
            try:
                body = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            except OSError as error:
                write(_feed_line(name, missing_file(name, error, Stage.PARSE)))
                continue
            write(_feed_line(name, asyncio.run(parser(body, feed_url="", content_type="", now=clock))))


def _feed_line(name: str, result: ParsedFeed | Failure) -> Json:
    failure = result if isinstance(result, Failure) else None
    feed = result if isinstance(result, ParsedFeed) else ParsedFeed(title="", link="")
    return {
        "file": name,
        "feed": {"title": feed.title, "link": feed.link},
        "entries": [_entry_field(entry) for entry in feed.entries],
        "skipped": len(feed.skipped),
        "skipped_entries": [failure_field(one) for one in feed.skipped],
        "failure": failure_field(failure),
    }


def _entry_field(entry: Entry) -> Json:
    from extractors.feed_text import plain

    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "summary": plain(entry.summary_html or entry.content_html),
        "authors": list(entry.authors),
        "published_at": _iso(entry.published_at),
        "date_source": str(entry.date_source),
    }


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def extract(
    sources: Annotated[list[str], typer.Argument(help="Pages (.html, .html.gz), or - for lines {id, url, html}.")],
    url: Annotated[str, typer.Option(help="The address that the files came from.")] = "",
    whole: Annotated[bool, typer.Option("--whole", help="Never split a page into several posts.")] = False,
    now: Now = None,
) -> None:
    """Take the article out of pages: a line of JSON a page, several with part 1, 2, ... where it holds several posts.

    Keys: id or file, url, part, title, text, authors, published_at, date_source, language, access, failure.

    Example: spywatch extract page.html --url https://example.org/story | jq -r .text
    """
    from extractors.workers import ExtractionPool
    from flows.equipment import reading_pool

    clock = moment(now)
    with clear_errors():
        settings = load_settings()
    written: deque[Future[None]] = deque()
    with (
        # A writer of its own, so that a line goes out as soon as it is ready, also while the next one is awaited.
        ThreadPoolExecutor(1, thread_name_prefix="write") as writer,
        reading_pool(settings) as pool,
    ):
        extraction = ExtractionPool(pool, settings.extract_time_limit_seconds)
        for key, page in _pages(sources, argument_text(url), settings.max_page_bytes):
            job = page if isinstance(page, Failure) else extraction.submit(page, None, now=clock, whole=whole)
            written.append(writer.submit(_write_extracted, key, job))
            if len(written) > 4 * pool.workers:
                written.popleft().result()
        for line in written:
            line.result()


def _pages(sources: Iterable[str], url: str, max_bytes: int) -> Iterator[tuple[Json, Page | Failure]]:
    for source in sources:
        if source != "-":
            yield {"file": source, "url": url}, _page_file(source, url, max_bytes)
            continue
        for record in read_objects(["-"], Stage.EXTRACT):
            if isinstance(record, Failure):
                yield {"id": None, "url": ""}, record
                continue
            yield _page_line(record, max_bytes)


def _page_line(record: Json, max_bytes: int) -> tuple[Json, Page | Failure]:
    key = {"id": record.get("id"), "url": ""}
    try:
        address = key["url"] = whole_characters(text_field(record, "url"))
        body = whole_characters(text_field(record, "html")).encode()
    except ValueError as error:
        return key, Failure(stage=Stage.EXTRACT, subject="", reason=Reason.BAD_LINE, detail=str(error))
    if len(body) > max_bytes:
        return key, _too_large(address, max_bytes)
    return key, Page(url=address, status=200, body=body, content_type="text/html; charset=utf-8")


def _page_file(source: str, url: str, max_bytes: int) -> Page | Failure:
    try:
        if source.endswith(".gz"):
            with gzip.open(source) as stream:
                body = stream.read(max_bytes + 1)
        else:
            with Path(source).open("rb") as plain:
                body = plain.read(max_bytes + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        return Failure(stage=Stage.EXTRACT, subject=source, reason=Reason.BAD_ENCODING, detail=f"not gzip: {error}")
    except OSError as error:
        return missing_file(source, error, Stage.EXTRACT)
    if len(body) > max_bytes:
        return _too_large(source, max_bytes)
    return Page(url=url, status=200, body=body)


def _too_large(subject: str, max_bytes: int) -> Failure:
    detail = f"more than {max_bytes:,} bytes; see max_page_bytes"
    return Failure(stage=Stage.EXTRACT, subject=subject, reason=Reason.TOO_LARGE, detail=detail)


def _write_extracted(key: Json, job: Future[tuple[Article, ...] | Failure] | Failure) -> None:
    result = job if isinstance(job, Failure) else job.result()
    if isinstance(result, Failure):
        write(_article_line(key, None, result))
        return
    for article in result:
        write(_article_line(key, article, None))


def _article_line(key: Json, article: Article | None, failure: Failure | None) -> Json:
    return {
        **key,
        "url": (article.url if article else "") or key["url"],
        "part": article.part if article else None,
        "title": article.title if article else "",
        "text": article.text if article else "",
        "authors": list(article.authors) if article else [],
        "published_at": _iso(article.published_at) if article else None,
        "date_source": str(article.date_source) if article else "none",
        "language": article.language if article else "",
        "access": str(article.access) if article else "empty",
        "failure": failure_field(failure),
    }


def classify(
    sources: Annotated[list[str], typer.Argument(help="- or files of lines {id, title, text}.")],
    corpus: Annotated[Path | None, typer.Option(help="Folder of the seed corpus.")] = None,
    db: Db = None,
) -> None:
    """Tag texts: a line of JSON a text, with a score for each category and the sentences that carry a tag.

    Keys: id, tags [{category, score, decision, evidence [{field, text, start, end}], terms [{text, weight}],
    nearest [{id, title, similarity}]}], scores, model, corpus, language, not_classified, failure. Offsets count
    code points. The labels are the tags whose decision is alert. What analysts have judged in --db is learned from.

    Example: echo '{"id": 1, "title": "Two envoys told to go", "text": "..."}' | spywatch classify -
    """
    from flows.equipment import trained_classifier

    with clear_errors():
        settings = load_settings(corpus=corpus, db=db)
        classifier = trained_classifier(settings)
    for record in read_objects(sources, Stage.CLASSIFY):
        write(_classified(classifier, record))


def _classified(classifier: Classifier, record: Json | Failure) -> Json:
    if isinstance(record, Failure):
        return _tags_line(None, None, record)
    try:
        result = classifier.classify(text_field(record, "title"), text_field(record, "text"))
    except ValueError as error:
        failure = Failure(stage=Stage.CLASSIFY, subject="", reason=Reason.BAD_LINE, detail=str(error))
        return _tags_line(record.get("id"), None, failure)
    return _tags_line(record.get("id"), result, None)


def _tags_line(identity: object, result: Classification | None, failure: Failure | None) -> Json:
    return {
        "id": identity,
        "tags": [tag_json(tag) for tag in (result.tags if result else ())],
        "scores": dict(result.scores) if result else {},
        "model": result.model if result else None,
        "corpus": result.corpus if result else None,
        "language": result.language if result else "",
        "not_classified": result.not_classified if result else None,
        "failure": failure_field(failure),
    }
