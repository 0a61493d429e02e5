"""The walk through the grey zone: an article, a key, a verdict."""

from __future__ import annotations

import errno
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import typer
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from cli.console import note, out
from cli.passages import highlighted, spans_in, windows
from cli.tables import cell
from digests.plain import category_title, clean, grounds_of
from spywatch.records import Decision, Opinion, Tag, Verdict
from storage.recording import Recorded, apply_or_leave
from storage.verdicts import journal_verdict, standing

if TYPE_CHECKING:
    from storage.judgements import GivenVerdict
    from storage.verdicts import Judged, ReviewItem

KEYS = (
    ("y", "yes, it applies"),
    ("n", "no, it does not"),
    ("s, space", "later: leave it in doubt"),
    ("a", "no category applies at all"),
    ("t", "the whole text"),
    ("u", "undo the last step"),
    ("?", "these keys"),
    ("q", "quit; what was answered is kept"),
)
_LAST = "That was the last; u undoes it, q ends."
_PROMPT = "y yes · n no · s later · a none applies · t text · u undo · ? help · q quit"
_SPECIAL = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
"""What arrow keys, function keys and Alt with a key send."""
_LONGEST_TEXT = 60_000
"""Characters of a text that are shown at most; a longer one would push everything off the screen."""
_FURNITURE = 14
"""Lines of an item that are not its text."""


class Recorder:
    """Writes verdicts; a context manager that ends when they are in the database or left to the run at work.

    Each is durable in the journal, where it counts, before `record` returns. The database takes the journal in beside
    the walk, in a thread of its own, so that nobody waits for a large one after every key.
    """

    def __init__(self, folder: Path, author: str) -> None:
        self._folder = folder
        self._author = author
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="verdicts")
        self._taken_in: Future[Recorded] | None = None
        self._last = datetime.min.replace(tzinfo=UTC)
        self._given: set[tuple[str, str, datetime]] = set()
        self.journaled = False

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._thread:
            if self._taken_in is None or error is not None:
                return
            self._take_in()
            self.journaled = self._taken_in.result() is Recorded.JOURNALED

    def record(self, article_id: str, opinions: dict[str, Opinion], remark: str = "") -> None:
        """Write a verdict; each is later than the one before, and than all that is known of the article.

        Raises:
            StorageError: it cannot be written, or those before it cannot be taken in.
        """
        now = self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        verdict = Verdict(article_id=article_id, opinions=opinions, author=self._author, at=now, note=remark)
        written = journal_verdict(self._folder, verdict, now)
        self._given |= {(article_id, category, written.at) for category in opinions}
        if self._taken_in is None or self._taken_in.done():
            if self._taken_in is not None:
                self._taken_in.result()
            self._take_in()

    def before(self, article_id: str) -> Judged:
        """What model and analysts say of an article by now."""
        return standing(self._folder, article_id)

    def gave(self, article_id: str, word: GivenVerdict) -> bool:
        """Whether a word was given through this recorder."""
        return (article_id, word.category, word.at) in self._given

    def _take_in(self) -> None:
        self._taken_in = self._thread.submit(apply_or_leave, self._folder, self._last)


@dataclass(frozen=True, slots=True)
class _Taken:
    """A step that was taken, and what takes it back.

    Attributes:
        position: of the item in the queue.
        key: "y", "n", "a", or "s" for what was left for later.
        restore: what was said of the same categories before; "withdrawn" where nothing was.
    """

    position: int
    key: str
    restore: dict[str, Opinion]


class Walk:
    """The queue, where one stands in it, and what was answered; `read_at` is when it was read, at the latest."""

    def __init__(
        self,
        queue: Sequence[ReviewItem],
        categories: Sequence[str],
        recorder: Recorder,
        zone: tzinfo,
        read_at: datetime,
    ) -> None:
        self._queue = queue
        self._categories = categories
        self._recorder = recorder
        self._zone = zone
        self._read_at = read_at
        self._position = 0
        self._heard: set[tuple[str, str, datetime]] = set()
        self._answered_elsewhere: set[int] = set()
        self._taken: list[_Taken] = []

    def through(self) -> None:
        """Show one article after the other and heed the keys.

        Raises:
            KeyboardInterrupt, EOFError: the person or the terminal is gone.
            StorageError: an answer could not be recorded.
        """
        self._show()
        for key in pressed_keys():
            if self._at_end and key not in {"u", "?", "q"}:
                continue
            match key:
                case "y" | "n" | "a":
                    if not self._answer(key):
                        continue
                case "s" | " ":
                    self._taken.append(_Taken(self._position, "s", {}))
                    self._say("later")
                    self._position += 1
                case "u":
                    self._undo()
                case "t":
                    self._show(whole=True)
                    continue
                case "?":
                    self._help()
                    continue
                case "q":
                    self._say("quit")
                    return
                case _:
                    continue
            self._skip_settled()
            if self._at_end:
                out.print()
                out.print(Text(_LAST, style="bold"))
            else:
                self._show()

    def summary(self) -> None:
        """Say what was answered and what is left."""
        counts = Counter(answer.key for answer in self._answers)
        parts = [
            f"{counts[key]} {what}" for key, what in (("y", "yes"), ("n", "no"), ("a", "none applies")) if counts[key]
        ]
        elsewhere = self._answered_elsewhere - self._settled()
        left = len(self._queue) - len(self._settled()) - len(elsewhere)
        out.print(Rule(style="dim"))
        answered = f"{len(self._answers)} answered ({', '.join(parts)})" if parts else "nothing answered"
        others = f", {len(elsewhere)} left as others say" if elsewhere else ""
        out.print(Text(f"{answered}{others}, {left} left in doubt", style="bold"))
        if self._recorder.journaled:
            note("in the journal: a run is at work and takes it in before it publishes")

    def _answer(self, key: str) -> bool:
        """Record an answer; False if it was held back, since a colleague has said something in the meantime."""
        item = self._queue[self._position]
        judged = self._recorder.before(item.article_id)
        if key == "a":
            carried = {tag.category for tag in (*judged.tags, *judged.effective)}
            opinions = dict.fromkeys(sorted({*self._categories, *carried, item.category}), Opinion.NO)
        else:
            opinions = {item.category: Opinion.YES if key == "y" else Opinion.NO}
        latest = _latest(judged)
        if news := [word for name in opinions if (word := latest.get(name)) and self._is_news(item, word)]:
            self._tell(item, news, opinions)
            return False
        restore = {name: latest[name].opinion if name in latest else Opinion.WITHDRAWN for name in opinions}
        self._recorder.record(item.article_id, opinions)
        self._taken.append(_Taken(self._position, key, restore))
        self._say({"y": "yes", "n": "no", "a": "no category applies"}[key])
        self._position += 1
        return True

    def _is_news(self, item: ReviewItem, word: GivenVerdict) -> bool:
        """Whether a word has come from elsewhere since the queue was read, and was not told yet."""
        if word.opinion is Opinion.WITHDRAWN or self._recorder.gave(item.article_id, word):
            return False
        # What is in the queue had no verdict when it was read, whatever a colleague's clock says.
        since = word.category == item.category or word.at >= self._read_at
        return since and (item.article_id, word.category, word.at) not in self._heard

    def _tell(self, item: ReviewItem, news: Sequence[GivenVerdict], opinions: dict[str, Opinion]) -> None:
        for word in news:
            self._heard.add((item.article_id, word.category, word.at))
            if word.category == item.category:
                self._answered_elsewhere.add(self._position)
            when = f"{word.at.astimezone(self._zone):%d %b %Y, %H:%M}"
            on = f" to {category_title(word.category).lower()}" if word.category != item.category else ""
            self._say(f"{cell(word.author)} said {word.opinion}{on} at {when}")
        agreed = all(opinions[word.category] is word.opinion for word in news)
        purpose = "say so too" if agreed else "overrule"
        out.print(Text(f"Press the key again to {purpose}, s to leave it.", style="bold"))

    def _undo(self) -> None:
        if not self._taken:
            self._say("there is nothing to undo")
            return
        last = self._taken.pop()
        if last.restore:
            self._restore(self._queue[last.position].article_id, last.restore)
        self._position = last.position
        self._say("undone")

    def _restore(self, article_id: str, restore: dict[str, Opinion]) -> None:
        """Take this walk's own words back; what a colleague has said after them stays."""
        latest = _latest(self._recorder.before(article_id))
        own = {
            name: opinion
            for name, opinion in restore.items()
            if name in latest and self._recorder.gave(article_id, latest[name])
        }
        for name in sorted(restore.keys() - own.keys()):
            if word := latest.get(name):
                self._say(f"{category_title(name).lower()} stays: {cell(word.author)} has said {word.opinion} since")
        if own:
            self._recorder.record(article_id, own, "undone in the review")

    @property
    def _at_end(self) -> bool:
        return self._position >= len(self._queue)

    @property
    def _answers(self) -> list[_Taken]:
        return [step for step in self._taken if step.key != "s"]

    def _settled(self) -> set[int]:
        """Positions that are answered: by an answer of their own, or since no category applies to their article."""
        empty = {self._queue[answer.position].article_id for answer in self._answers if answer.key == "a"}
        own = {answer.position for answer in self._answers}
        return own | {position for position, item in enumerate(self._queue) if item.article_id in empty}

    def _skip_settled(self) -> None:
        settled = self._settled()
        while self._position in settled:
            self._position += 1

    def _say(self, words: str) -> None:
        out.print(Text(f"→ {words}", style="bold"))

    def _help(self) -> None:
        for key, what in KEYS:
            out.print(Text.assemble((f"  {key:>8}  ", "bold"), what))

    def _show(self, *, whole: bool = False) -> None:
        item = self._queue[self._position]
        heading = f"{self._position + 1} of {len(self._queue)} · {category_title(item.category)} {item.score:.2f}"
        out.print()
        out.print(Rule(Text(heading, style="bold"), align="left"))
        self._show_head(item)
        text = item.text
        spans = spans_in(item.tag.evidence, "text", len(text))
        parts = [(0, min(len(text), _LONGEST_TEXT))] if whole else windows(text, spans, self._room())
        out.print()
        out.print(Padding(highlighted(text, spans, parts), (0, 0, 0, 2)))
        if whole and len(text) > _LONGEST_TEXT:
            out.print(Text(f"  and {len(text) - _LONGEST_TEXT:,} characters more", style="dim"))
        out.print()
        for line in grounds_of(item.tag, widest=max(40, out.width // 2 - 8)):
            out.print(Text(line, style="dim"))
        out.print(Text.assemble((f"{category_title(item.category)}? ", "bold"), (_PROMPT, "dim")))

    def _show_head(self, item: ReviewItem) -> None:
        line = item.title.replace("\n", " ")
        title = highlighted(line, spans_in(item.tag.evidence, "title", len(line)), [(0, min(len(line), 300))])
        title.stylize_before("bold")
        out.print(title if line.strip() else Text("(no headline)", style="bold"))
        when = f"{item.published_at.astimezone(self._zone):%d %b %Y, %H:%M}" if item.published_at else "no date"
        facts = (clean(item.outlet, 80), when, item.language)
        out.print(Text(" · ".join(fact for fact in facts if fact), style="dim"))
        if item.url:
            out.print(Text(cell(item.url, 2_000), style="underline", overflow="fold"))
        if item.other_tags:
            out.print(Text(f"also: {', '.join(_brief(tag) for tag in item.other_tags)}", style="italic"))

    def _room(self) -> int:
        """How many characters of text fit on the screen beside the rest."""
        return max(5, out.size.height - _FURNITURE) * max(20, out.width - 4)


def _latest(judged: Judged) -> dict[str, GivenVerdict]:
    """The latest word on each category."""
    return {word.category: word for word in judged.verdicts}


def _brief(tag: Tag) -> str:
    state = "alert" if tag.decision is Decision.ALERT else "in doubt"
    return f"{category_title(tag.category).lower()} {tag.score:.2f} {state}"


def pressed_keys() -> Iterator[str]:
    """The keys that are pressed, one at a time and in lower case; what a special key sends is passed over.

    Raises:
        KeyboardInterrupt, EOFError: Ctrl-C, Ctrl-D, or the terminal is gone.
    """
    while True:
        try:
            typed = typer.getchar()
        except OSError as error:
            if error.errno == errno.EIO:  # the terminal has gone away
                raise EOFError from error
            raise
        if not typed:
            raise EOFError
        yield from _SPECIAL.sub("", typed).lower()
