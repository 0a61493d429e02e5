"""robots.txt: whether a page may be read (RFC 9309). The only importer of protego.

A file is asked for once an origin and run, kept for a day, and at most 500 KiB of it are read. The parser sees only
the groups that are meant for us: without that, a small file with many agents over many rules holds it up for minutes.
"""

from __future__ import annotations

import asyncio
import codecs
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protego import Protego

from spywatch.hosts import Origin
from spywatch.records import Failure, Reason, RobotsFile, RobotsState, Stage
from spywatch.urls import redact
from spywatch.web import Answer, Web, origin_of, request_target

MAX_BYTES = 500 * 1024
"""How much of a file is read: the least that RFC 9309, section 2.5, asks for."""
KEPT = timedelta(hours=24)
"""How long a file is used without asking again (RFC 9309, section 2.4)."""
STANDS_IN = timedelta(days=30)
"""How long an older copy stands in for one that cannot be had (RFC 9309, section 2.3.1.4)."""
MAX_PATTERNS = 2_000
"""Rules with wildcards that are followed to the letter; each costs time at every page."""
_LONGEST_PATH = 2_048
"""Of an address, in characters, that is compared with rules."""
_AGENT = re.compile(r"user(?:-|\s+)?agent\s*(?::|\s)(.*)", re.IGNORECASE)
_SOMEBODY_ELSE = "/"
"""Stands for all agents that are not us; no product token holds a slash."""
_NONE_THERE = {
    Reason.FORBIDDEN,
    Reason.NOT_FOUND,
    Reason.GONE,
    Reason.LOGIN_REQUIRED,
    Reason.PAYMENT_REQUIRED,
    Reason.HTTP_CLIENT_ERROR,
    Reason.TOO_MANY_REDIRECTS,
    Reason.BAD_URL,
}
"""Failures that mean "no rules" (RFC 9309, sections 2.3.1.2 and 2.3.1.3). 429 is not among them: it asks for less.
A redirect to something that is no web address counts like one without end."""
_ACCEPT = {"Accept": "text/plain,*/*;q=0.5"}


def product_token(user_agent: str) -> str:
    """The name that robots.txt calls us by: the User-Agent's text before the first slash or space, in lower case."""
    words = user_agent.split("/", 1)[0].split()
    return words[0].lower() if words else "spywatch"


def read_body(body: bytes) -> str:
    """The text of a robots.txt: UTF-8 as RFC 9309 wants it, UTF-16 where it says so, nothing where it is a page.

    What cannot be decoded is replaced, NUL bytes are left out, and of a file that was cut at `MAX_BYTES` the last,
    incomplete line.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = body.decode("utf-16", "replace")
    else:
        text = body.decode("utf-8-sig", "replace")
    text = text.replace("\0", "")
    if len(body) >= MAX_BYTES:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
    return "" if text.lstrip()[:9].lower().startswith(("<!doctype", "<html", "<?xml")) else text


def own_groups(text: str, product: str) -> str:
    """A robots.txt in which all agents but ours and `*` go under one name, and what is costly is bounded.

    Beyond `MAX_PATTERNS` rules with wildcards, one that forbids is cut before its first wildcard, so that it forbids
    more, and one that allows is left out: a file of that kind is obeyed too well rather than too little.

    Args:
        text: as it was served.
        product: our token, lower case.
    """
    kept: list[str] = []
    patterns = 0
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        agent = _AGENT.match(line)
        if agent:
            line = f"User-agent: {_known_agent(agent[1], product)}"
            if kept and kept[-1] == line:
                continue
        elif "*" in line or line.endswith("$"):
            patterns += 1
            if patterns > MAX_PATTERNS:
                line = _without_wildcard(line)
        if line:
            kept.append(line)
    return "\n".join(kept)


def _known_agent(value: str, product: str) -> str:
    words = value.split("/", 1)[0].split()
    name = words[0].lower() if words else ""
    if name == "*":
        return "*"
    return product if name.rstrip("*") == product else _SOMEBODY_ELSE


def _without_wildcard(line: str) -> str:
    if line.lower().startswith("allow"):
        return ""
    before = line.rstrip("$").partition("*")[0].rstrip()
    return before if "/" in before else f"{before} /"


@dataclass(frozen=True, slots=True)
class _Rules:
    """What holds for an origin in this run.

    Attributes:
        parsed: the rules; None where there are none, or where nobody knows.
        cause: why nobody knows, None otherwise.
        private: the guard refused the origin itself, not a redirect of its.
    """

    parsed: Protego | None = None
    cause: Failure | None = None
    private: bool = False


class Robots:
    """The robots.txt files of one run.

    Args:
        web: fetches them; a crawl-delay is handed to its gates.
        known: files of earlier runs. One that was found or absent less than a day ago is used as it is; one that was
            found less than 30 days ago stands in where the file cannot be had.
        now: the time of the run (UTC).
        obey: whether to ask and obey at all.
    """

    def __init__(self, web: Web, *, known: Iterable[RobotsFile] = (), now: datetime, obey: bool = True) -> None:
        self._web = web
        self._known = {file.origin: file for file in known}
        self._now = now
        self._obey = obey
        self._product = product_token(web.user_agent)
        self._rules: dict[Origin, _Rules] = {}
        self._locks: dict[Origin, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._fetched: list[RobotsFile] = []

    @property
    def fetched(self) -> tuple[RobotsFile, ...]:
        """What was fetched in this run, to be stored. An older copy that stands in is not among it."""
        return tuple(self._fetched)

    async def allows(self, url: str) -> Failure | None:
        """Whether a page may be read.

        Args:
            url: the page's address.

        Returns:
            None if it may, or if it cannot be asked for at all (`Web.get` says why); else a failure:
            `robots_disallowed`, or `robots_unreachable` where nobody knows at the moment.
        """
        origin = origin_of(url)
        if not self._obey or origin is None:
            return None
        async with self._locks[origin]:  # asked at once by many, fetched once
            rules = self._rules.get(origin) or await self._load(origin)
            if rules.cause is None or rules.cause.reason is not Reason.HOST_RESTING:  # a rest may soon be over
                self._rules[origin] = rules
        if rules.cause is not None and rules.cause.reason is Reason.HOST_RESTING:
            return replace(rules.cause, subject=redact(url))
        if rules.cause is not None:
            if rules.private:
                return None  # the guard refuses the page too, and for good
            return Failure(
                stage=Stage.DOWNLOAD,
                subject=redact(url),
                reason=Reason.ROBOTS_UNREACHABLE,
                detail=f"robots.txt of {origin.host} cannot be had ({_told(rules.cause)}); its pages wait",
                retryable=True,
                retry_after=rules.cause.retry_after,
                at=self._now,
            )
        path = request_target(url)[:_LONGEST_PATH]
        if rules.parsed is None or rules.parsed.can_fetch(f"{origin}{path}", self._product):
            return None
        return Failure(
            stage=Stage.DOWNLOAD,
            subject=redact(url),
            reason=Reason.ROBOTS_DISALLOWED,
            detail=f"robots.txt of {origin.host} keeps {self._product} from this page",
            at=self._now,
        )

    async def _load(self, origin: Origin) -> _Rules:
        known = self._known.get(str(origin))
        age = self._now - known.fetched_at if known else None
        if known and age is not None and known.state is not RobotsState.UNREACHABLE and timedelta(0) <= age < KEPT:
            return await self._parse(origin, known)
        hops: list[str] = []

        async def note(address: str) -> None:
            hops.append(address)

        answer = await self._web.get(
            f"{origin}/robots.txt",
            stage=Stage.DOWNLOAD,
            max_bytes=MAX_BYTES,
            headers=_ACCEPT,
            truncate=True,
            permit=note,
        )
        if isinstance(answer, Answer):
            return await self._parse(origin, self._found(origin, RobotsState.FOUND, body=read_body(answer.body)))
        if _says_none(answer):
            return await self._parse(origin, self._found(origin, RobotsState.ABSENT, detail=_told(answer)))
        if known and age is not None and known.state is RobotsState.FOUND and age < STANDS_IN:
            return await self._parse(origin, known)
        if answer.reason is not Reason.HOST_RESTING:
            self._found(origin, RobotsState.UNREACHABLE, detail=_told(answer))
        return _Rules(cause=answer, private=answer.reason is Reason.PRIVATE_ADDRESS and len(hops) == 1)

    def _found(self, origin: Origin, state: RobotsState, *, body: str = "", detail: str = "") -> RobotsFile:
        file = RobotsFile(origin=str(origin), state=state, fetched_at=self._now, body=body, detail=detail)
        self._fetched.append(file)
        return file

    async def _parse(self, origin: Origin, file: RobotsFile) -> _Rules:
        if file.state is not RobotsState.FOUND:
            return _Rules()
        # A full-size hostile file takes a second; the other hosts go on meanwhile.
        parsed = await asyncio.to_thread(lambda: Protego.parse(own_groups(file.body, self._product)))
        delay = parsed.crawl_delay(self._product)
        if delay:
            self._web.crawl_delay(origin, delay)
        return _Rules(parsed)


def _says_none(failure: Failure) -> bool:
    challenged = failure.reason is Reason.BOT_CHALLENGE and not failure.retryable  # with a 4xx status
    return challenged or failure.reason in _NONE_THERE


def _told(failure: Failure) -> str:
    return failure.detail or failure.reason
