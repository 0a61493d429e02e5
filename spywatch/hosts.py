"""How often a host is asked, and which ones are left alone for the rest of a run.

Turns are taken by host name: so many requests at once, and a pause between two starts that grows with the host's
answering time, with its crawl-delay and with every "too many requests". What is remembered is remembered by origin
(scheme, host, port): one that cannot be reached is dead, one that asked for a break rests.

The rules are pure functions of `Pace` and `Memory`; `Hosts` holds the locks and the clock.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from spywatch.records import Reason

UNREACHED = frozenset({Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TIMEOUT})
"""Failures that say something of the host, not of the page."""
DEAD_AFTER = 2
"""Failures of the connection, with no answer between them, after which an origin is dead."""
TIRED_AFTER = 3
"""Answers 429 in a row after which an origin rests for the rest of the run, where it named no time."""
_WEIGHT = 0.3
"""Weight of the newest answering time in the moving average."""
_MOST_SLOWDOWNS = 30


class Origin(NamedTuple):
    """Scheme, host (lower case, punycode, no final dot) and port: what robots.txt and the memory go by."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As it stands in an address, without a port that is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}.get(self.scheme) == self.port
        return f"{self.scheme}://{host}" + ("" if usual else f":{self.port}")


class HostResting(Exception):
    """The origin is not asked now.

    Attributes:
        wait: how long it still wants to be left alone, None where that is for the rest of the run.
    """

    def __init__(self, detail: str, wait: timedelta | None) -> None:
        super().__init__(detail)
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What stretches a host's pause.

    Attributes:
        answering: moving average of the seconds until its answers begin, None before the first.
        crawl_delay: seconds, as its robots.txt says.
        slowdowns: how often it asked to be left in peace.
    """

    answering: float | None = None
    crawl_delay: float = 0.0
    slowdowns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is known of an origin in this run.

    Attributes:
        failures: failures of the connection since the last whole answer; one that came after the head of an answer
            counts half.
        refusals: answers 429 in a row.
        rests_until: seconds of the run's clock until which it is left alone; infinite for the rest of the run.
        why: what to tell whoever wanted to ask it.
    """

    failures: float = 0
    refusals: int = 0
    rests_until: float = 0.0
    why: str = ""


def averaged(pace: Pace, seconds: float) -> Pace:
    """The pace after one more answer that took so long to begin."""
    before = pace.answering
    return replace(pace, answering=seconds if before is None else before + _WEIGHT * (seconds - before))


def slowed(pace: Pace) -> Pace:
    """The pace after the host asked to be left in peace."""
    return replace(pace, slowdowns=min(pace.slowdowns + 1, _MOST_SLOWDOWNS))


def pause(pace: Pace, *, delay: float, longest: float) -> float:
    """The seconds between two starts at a host.

    The operator's delay, the crawl-delay and the average answering time, the largest of them, doubled for each
    slowdown. The stretching ends at `longest`; the operator's own delay holds even where it is longer.
    """
    stretched = max(delay, pace.crawl_delay, pace.answering or 0.0) * 2.0**pace.slowdowns
    return max(delay, min(longest, stretched))


def after_failure(memory: Memory, reason: Reason, *, headed: bool = False) -> Memory:
    """The memory after a request that failed; only reasons in `UNREACHED` count.

    Args:
        memory: before it.
        reason: why it failed.
        headed: the head of an answer had come, so that the host lives; two such pages may be streams without end,
            but four in a row are a host that holds up the run.
    """
    if reason not in UNREACHED:
        return memory
    failures = memory.failures + (0.5 if headed else 1)
    if failures < DEAD_AFTER:
        return replace(memory, failures=failures)
    what = "gave no whole answer" if headed else "could not be reached"
    why = f"{what} several times in a row (last: {reason}); left alone for the rest of the run"
    return replace(memory, failures=failures, rests_until=math.inf, why=why)


def asks_for_rest(status: int, wait: timedelta | None) -> bool:
    """Whether an answer asks to be left in peace: 429, or 503 with a Retry-After."""
    return status == 429 or (status == 503 and wait is not None)


def after_answer(memory: Memory, status: int, wait: timedelta | None, now: float) -> Memory:
    """The memory after an answer.

    Any answer brings a dead origin back. A rest that was asked for stays, whatever answers come in meanwhile from
    requests that were on their way already.

    Args:
        status: the HTTP status.
        wait: what Retry-After said.
        now: seconds of the run's clock.
    """
    dead = memory.failures >= DEAD_AFTER
    rests_until, why = (0.0, "") if dead else (memory.rests_until, memory.why)
    refusals = memory.refusals + 1 if status == 429 else 0
    if asks_for_rest(status, wait):
        if wait is not None:
            until, told = now + wait.total_seconds(), f"answered {status} and asked for a pause of {wait}"
        elif refusals >= TIRED_AFTER:
            until, told = math.inf, f"answered {status} {refusals} times in a row; left alone for the rest of the run"
        else:
            until, told = 0.0, ""
        if until > rests_until:
            rests_until, why = until, told
    return Memory(refusals=refusals, rests_until=rests_until, why=why)


def rest_left(memory: Memory, now: float) -> float:
    """How many seconds an origin is still left alone; 0 if it may be asked, infinite for the rest of the run."""
    return max(0.0, memory.rests_until - now)


class _Gate:
    """One host's turns."""

    def __init__(self, concurrency: int) -> None:
        self.slots = asyncio.Semaphore(concurrency)
        self.door = asyncio.Lock()
        self.started = -math.inf
        self.paused = 0.0
        self.pace = Pace()
        self.under_way: Counter[Origin] = Counter()
        self.unsent: object | None = None
        self.moved = asyncio.Event()  # a request was sent or has ended


class Hosts:
    """Gates and memory of one run.

    Args:
        concurrency: requests at once to one host.
        delay, delay_max: seconds between two starts at one host, and how far that may be stretched.
        connections: requests at once to all hosts together.
        patience: seconds that all the pauses at one host may take.
        now: the run's clock, in seconds.
        sleep: how to wait.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        delay: float,
        delay_max: float,
        connections: int,
        patience: float = math.inf,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._delay = delay
        self._delay_max = delay_max
        self._patience = patience
        self._now = now
        self._sleep = sleep
        self._total = asyncio.Semaphore(connections)
        self._gates: dict[str, _Gate] = defaultdict(lambda: _Gate(concurrency))
        self._memories: dict[Origin, Memory] = defaultdict(Memory)

    @asynccontextmanager
    async def turn(self, origin: Origin) -> AsyncIterator[Callable[[], None]]:
        """Wait for a turn at the origin's host, then hold one of its slots and one of all.

        Yields:
            What to call when the request has gone out: the next pause is counted from there, however long the
            connection took, so that the server sees the pause too.

        Raises:
            HostResting: the origin is dead or rests, now or by the time that the turn comes, or the run has spent
                all the time on pauses at its host that it may.
        """
        self._check(origin)
        gate = self._gates[origin.host]
        async with gate.slots:
            ticket = await self._enter(origin, gate)

            def sent() -> None:
                if gate.unsent is ticket:
                    gate.unsent = None
                    gate.started = self._now()
                    gate.moved.set()

            try:
                yield sent
            finally:
                self._total.release()
                gate.under_way[origin] -= 1
                if gate.unsent is ticket:
                    gate.unsent = None
                gate.moved.set()

    async def _enter(self, origin: Origin, gate: _Gate) -> object:
        """Only one request a host waits here, so that the pause lies between real starts, and only one wakes up
        to find the host dead; the rest are told so at once. The pause is over before a slot of all is taken."""
        async with gate.door:
            while True:
                self._check(origin)
                left = gate.started + self.pause(origin.host) - self._now()
                if left > 0:
                    if gate.paused + left > self._patience:
                        why = f"the pauses have taken {gate.paused:.0f} s of this run; the rest is for the next one"
                        raise HostResting(f"{origin}: {why}", None)
                    gate.paused += left
                    await self._sleep(left)
                elif self._in_doubt(origin, gate) or (gate.unsent is not None and self.pause(origin.host) > 0):
                    gate.moved.clear()
                    await gate.moved.wait()
                else:
                    await self._total.acquire()
                    if not self._in_doubt(origin, gate) and not self._rests(origin):
                        break
                    self._total.release()
            gate.started = self._now()
            gate.under_way[origin] += 1
            gate.unsent = ticket = object()
            return ticket

    def _in_doubt(self, origin: Origin, gate: _Gate) -> bool:
        """One request has failed; what becomes of those under way says whether to ask again."""
        return self._memories[origin].failures > 0 and gate.under_way[origin] > 0

    def _rests(self, origin: Origin) -> bool:
        return rest_left(self._memories[origin], self._now()) > 0

    def _check(self, origin: Origin) -> None:
        if self._rests(origin):
            memory = self._memories[origin]
            left = rest_left(memory, self._now())
            wait = timedelta(seconds=left) if math.isfinite(left) else None
            raise HostResting(f"{origin} {memory.why}", wait)

    def pause(self, host: str) -> float:
        """The seconds between two starts at a host, as things stand."""
        return pause(self._gates[host].pace, delay=self._delay, longest=self._delay_max)

    def answered(self, origin: Origin, *, status: int, seconds: float, wait: timedelta | None) -> None:
        """Take note of an answer: its status, the seconds until it began, and what Retry-After said."""
        gate = self._gates[origin.host]
        gate.pace = averaged(gate.pace, seconds)
        if asks_for_rest(status, wait):
            gate.pace = slowed(gate.pace)
        self._memories[origin] = after_answer(self._memories[origin], status, wait, self._now())

    def failed(self, origin: Origin, reason: Reason, *, headed: bool = False) -> None:
        """Take note of a request that got no answer, or (`headed`) only the head of one."""
        self._memories[origin] = after_failure(self._memories[origin], reason, headed=headed)

    def crawl_delay(self, host: str, seconds: float) -> None:
        """Take note of a crawl-delay; of several for one host the longest holds."""
        gate = self._gates[host]
        gate.pace = replace(gate.pace, crawl_delay=max(gate.pace.crawl_delay, seconds))
