"""The newsroom's ground truth: events and articles from `articles/*.toml`, checked and frozen.

Publication is `now - age_hours`, so that the newsroom is never stale; nothing else here depends on the clock.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from newsroom.outlet_types import FeedSpec, Outlet, article_number
from newsroom.outlets import OUTLETS

Role = Literal["first", "copy", "independent", "followup"]
FeedDate = Literal["right", "missing", "1970", "2099", "words", "slash", "epoch", "cest", "french", "russian"]

LABELS = ("recruitment", "expulsion", "tech-transfer", "police-infiltration")
ARTICLES_FOLDER = Path(__file__).parent / "articles"
LARGEST_SHARE_OF_MATCHES = 0.4
SHORTEST, LONGEST = 120, 450  # words in an article's paragraphs


class ContentError(ValueError):
    """The content files break a rule; the message names the file, the article and the rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, told by one or more articles. `what` is a sentence for the reader of tests."""

    id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as its outlet publishes it.

    `labels` is the ground truth ([] means that it is no match). `copy_of` is the slug of the reprinted article,
    "" otherwise. `feed_date` says which date its feed entry gives; `page_date` whether its page shows one.
    """

    outlet: str
    slug: str
    event: str
    labels: tuple[str, ...]
    role: Role
    copy_of: str
    age_hours: float
    authors: tuple[str, ...]
    title: str
    summary: str
    paragraphs: tuple[str, ...]
    sections: tuple[str, ...]
    feed_date: FeedDate
    page_date: bool

    @property
    def number(self) -> int:
        """The article's number in its outlet's URLs."""
        return article_number(self.slug)

    @property
    def words(self) -> int:
        """How many words the paragraphs have."""
        return sum(len(paragraph.split()) for paragraph in self.paragraphs)

    def published_at(self, now: datetime) -> datetime:
        """When the article appeared, seen from `now` (UTC-aware)."""
        return now - timedelta(hours=self.age_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """Outlets, events and articles, keyed by outlet key, event id and slug."""

    outlets: Mapping[str, Outlet]
    events: Mapping[str, Event]
    articles: Mapping[str, Article]

    def of_outlet(self, key: str) -> tuple[Article, ...]:
        """The articles of one outlet, newest first."""
        mine = (article for article in self.articles.values() if article.outlet == key)
        return tuple(sorted(mine, key=lambda article: (article.age_hours, article.slug)))

    def in_feed(self, outlet: Outlet, feed: FeedSpec) -> tuple[Article, ...]:
        """The articles that a feed of an outlet lists, newest first."""
        return tuple(a for a in self.of_outlet(outlet.key) if not feed.section or feed.section in a.sections)

    def path_of(self, article: Article) -> str:
        """The path (and query) of an article's own page on its outlet."""
        pattern = self.outlets[article.outlet].article_path
        return pattern.format(slug=article.slug, number=article.number, section=article.sections[0])

    def matches(self) -> tuple[Article, ...]:
        """The articles with at least one label."""
        return tuple(article for article in self.articles.values() if article.labels)

    def per_label(self) -> Counter[str]:
        """How many articles carry each label."""
        return Counter(label for article in self.articles.values() for label in article.labels)


def load_newsroom(folder: Path = ARTICLES_FOLDER) -> Newsroom:
    """Read and check all content files of `folder`.

    Raises ContentError when a file cannot be read as content, or when a rule is broken: slugs and event ids are
    unique, events, outlets, sections, labels and copied articles exist, articles have 120 to 450 words, no
    more than 40 % of the articles are matches.
    """
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise ContentError(f"{folder}: no content files (*.toml)")
    events: dict[str, Event] = {}
    raw_articles: dict[str, tuple[Path, dict[str, Any]]] = {}
    for file in files:
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ContentError(f"{file.name}: not readable as TOML: {error}") from error
        for raw in data.get("events", []):
            event = Event(id=str(raw["id"]), what=str(raw["what"]))
            if event.id in events:
                raise ContentError(f"{file.name}: event {event.id} is there twice")
            events[event.id] = event
        for raw in data.get("articles", []):
            slug = raw.get("slug")
            if not isinstance(slug, str) or not slug:
                raise ContentError(f"{file.name}: an article without a slug: {raw.get('title', raw)!r}")
            if slug in raw_articles:
                raise ContentError(f"{file.name}: slug {slug} is there twice")
            raw_articles[slug] = (file, raw)
    articles = {slug: _article(slug, raw_articles) for slug in raw_articles}
    outlets = {outlet.key: outlet for outlet in OUTLETS}
    newsroom = Newsroom(outlets=outlets, events=events, articles=articles)
    problems = list(_problems(newsroom))
    if problems:
        raise ContentError("; ".join(problems))
    return newsroom


def _article(slug: str, raw_articles: Mapping[str, tuple[Path, dict[str, Any]]]) -> Article:
    """Build an article; a copy takes what it does not say itself from the article it reprints."""
    file, raw = raw_articles[slug]
    where = f"{file.name}: {slug}"
    unknown = raw.keys() - _KEYS
    if unknown:
        raise ContentError(f"{where}: unknown keys {sorted(unknown)}")
    copy_of = str(raw.get("copy_of", ""))
    original: dict[str, Any] = {}
    if copy_of:
        if copy_of not in raw_articles:
            raise ContentError(f"{where}: copies {copy_of}, which does not exist")
        original = raw_articles[copy_of][1]
        if original.get("copy_of"):
            raise ContentError(f"{where}: copies {copy_of}, which is a copy itself")
    whole = {key: original[key] for key in _INHERITED & original.keys()} | raw
    missing = _NEEDED - whole.keys()
    if missing:
        raise ContentError(f"{where}: missing {sorted(missing)}")
    paragraphs = tuple(" ".join(block.split()) for block in str(whole["text"]).split("\n\n") if block.strip())
    if "keep" in raw:
        paragraphs = paragraphs[: int(raw["keep"])]
    if whole["role"] not in get_args(Role):
        raise ContentError(f"{where}: unknown role {whole['role']!r}")
    feed_date = whole.get("feed_date", "right")
    if feed_date not in get_args(FeedDate):
        raise ContentError(f"{where}: unknown feed_date {feed_date!r}")
    outlet = next((outlet for outlet in OUTLETS if outlet.key == whole["outlet"]), None)
    if outlet is None:
        raise ContentError(f"{where}: unknown outlet {whole['outlet']!r}")
    return Article(
        outlet=outlet.key,
        slug=slug,
        event=str(whole["event"]),
        labels=tuple(whole["labels"]),
        role=whole["role"],
        copy_of=copy_of,
        age_hours=float(whole["age_hours"]),
        authors=tuple(whole["authors"]),
        title=str(whole["title"]),
        summary=str(whole["summary"]),
        paragraphs=paragraphs,
        sections=tuple(whole.get("sections", outlet.sections[:1])),
        feed_date=feed_date,
        page_date=bool(whole.get("page_date", True)),
    )


_INHERITED = frozenset({"event", "labels", "title", "summary", "text", "authors"})
_NEEDED = _INHERITED | {"outlet", "slug", "role", "age_hours"}
_KEYS = _NEEDED | {"copy_of", "keep", "sections", "feed_date", "page_date"}


def _problems(newsroom: Newsroom) -> Iterable[str]:
    """Each broken rule as a sentence."""
    for article in newsroom.articles.values():
        name = article.slug
        outlet = newsroom.outlets[article.outlet]
        if article.event not in newsroom.events:
            yield f"{name}: unknown event {article.event!r}"
        if strange := set(article.labels) - set(LABELS):
            yield f"{name}: unknown labels {sorted(strange)}"
        if strange := set(article.sections) - set(outlet.sections):
            yield f"{name}: {outlet.key} has no sections {sorted(strange)}"
        if not article.sections:
            yield f"{name}: no section"
        if (article.role == "copy") != bool(article.copy_of):
            yield f"{name}: role copy and copy_of go together"
        if article.copy_of:
            original = newsroom.articles[article.copy_of]
            if (article.event, article.labels) != (original.event, original.labels):
                yield f"{name}: event or labels differ from those of {original.slug}"
            if article.age_hours > original.age_hours:
                yield f"{name}: older than {original.slug}, which it copies"
        if not SHORTEST <= article.words <= LONGEST:
            yield f"{name}: {article.words} words, not {SHORTEST} to {LONGEST}"
        if article.age_hours <= 0:
            yield f"{name}: age_hours must be above 0"
    if unused := newsroom.events.keys() - {article.event for article in newsroom.articles.values()}:
        yield f"events without an article: {sorted(unused)}"
    places = Counter((article.outlet, newsroom.path_of(article)) for article in newsroom.articles.values())
    if doubled := [place for place, count in places.items() if count > 1]:
        yield f"two articles at one place: {doubled}"
    if newsroom.articles:
        share = len(newsroom.matches()) / len(newsroom.articles)
        if share > LARGEST_SHARE_OF_MATCHES:
            yield f"{share:.0%} of the articles are matches, more than {LARGEST_SHARE_OF_MATCHES:.0%}"
