"""A process that is going to be killed, and what is known of its end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import PROJECT
from benchmarks.marked import STAGES

STARTING = "start"
BETWEEN = "between"
_PATIENCE = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """When to kill.

    Attributes:
        stage: what to wait for; None kills at a moment of the run's length.
        nth: the how-manieth call of the stage.
        seconds: from that call (or from the start of the process) to the kill.
        alone: kill the process only; else its whole group, workers included.
    """

    stage: str | None
    nth: int = 1
    seconds: float
    alone: bool = False

    def sooner(self) -> Aim:
        """The same aim, half as far into the process's work."""
        return replace(self, nth=max(1, self.nth // 2), seconds=self.seconds / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How the process ended.

    Attributes:
        group: its process group, for `left_behind`.
        killed: whether the kill came before its own end.
        code: its exit code where it was not killed.
        during: the stages under way at the kill; `start` before the first one, `between` where none was.
        entered: calls a stage, and `length` the seconds that each took.
        seconds: how long it lived.
        said: the end of what it wrote to standard error.
    """

    group: int
    killed: bool
    code: int
    during: tuple[str, ...]
    entered: Mapping[str, int]
    length: Mapping[str, tuple[float, ...]]
    seconds: float
    said: str


class Marks:
    """What the pipe told so far."""

    def __init__(self) -> None:
        self.entered: Counter[str] = Counter()
        self.length: dict[str, list[float]] = {}
        self._open: dict[str, list[float]] = {}
        self._rest = b""

    def take(self, data: bytes) -> None:
        """Take in a piece of the pipe's text."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            moment, sign, stage = line.decode().split(" ", 2)
            if sign == "+":
                self.entered[stage] += 1
                self._open.setdefault(stage, []).append(float(moment))
            else:
                began = self._open[stage].pop(0)
                self.length.setdefault(stage, []).append(float(moment) - began)

    @property
    def under_way(self) -> tuple[str, ...]:
        """The stages that are open, in the pipeline's order."""
        found = tuple(stage for stage in STAGES if self._open.get(stage))
        return found or ((BETWEEN,) if self.entered else (STARTING,))


def run_and_kill(
    program: tuple[str, ...],
    environment: Mapping[str, str],
    log: Path,
    aim: Aim | None,
    beside: Callable[[Marks], None] | None = None,
) -> End:
    """Start a marked program, kill it (SIGKILL) as the aim says, and tell how it ended.

    Args:
        program: what `benchmarks.marked` is to be.
        environment: its whole environment.
        log: file for what it writes.
        aim: None lets it run to its end.
        beside: called once, as soon as the process has recorded its first polls.

    Raises:
        TimeoutError: it neither ended nor came to where it was to be killed.
    """
    reader, writer = os.pipe()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.marked", str(writer), *program],
            cwd=PROJECT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=(writer,),
            start_new_session=True,
        )
    os.close(writer)
    began = time.monotonic()
    marks = Marks()
    deadline = began + aim.seconds if aim is not None and aim.stage is None else None
    try:
        while True:
            if beside is not None and marks.entered["store"] >= 2:
                beside(marks)
                beside = None
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                break
            if now - began > _PATIENCE:
                raise TimeoutError(f"{' '.join(program[:2])} did not end within {_PATIENCE:.0f} s")
            if not _listen(reader, marks, min(deadline - now, 1.0) if deadline is not None else 1.0):
                break
            if deadline is None and aim is not None and aim.stage and marks.entered[aim.stage] >= aim.nth:
                deadline = time.monotonic() + aim.seconds
        if aim is not None and deadline is not None and time.monotonic() >= deadline and process.poll() is None:
            if aim.alone:
                os.kill(process.pid, signal.SIGKILL)
            else:
                os.killpg(process.pid, signal.SIGKILL)
        code = process.wait(_PATIENCE)
        while _listen(reader, marks, 0.0):
            pass
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(reader)
    return End(
        group=process.pid,
        killed=code == -signal.SIGKILL,
        code=code,
        during=marks.under_way,
        entered=dict(marks.entered),
        length={stage: tuple(found) for stage, found in marks.length.items()},
        seconds=time.monotonic() - began,
        said=log.read_text("utf-8", "replace")[-2_000:],
    )


def _listen(reader: int, marks: Marks, seconds: float) -> bool:
    """Wait for marks; False once the pipe is closed, or (for 0 seconds) empty."""
    ready, _, _ = select.select([reader], [], [], max(seconds, 0.0))
    if not ready:
        return seconds > 0.0
    data = os.read(reader, 65_536)
    marks.take(data)
    return bool(data)


def left_behind(group: int, patience: float = 20.0) -> int:
    """How many processes of a group still live after so many seconds: workers that should have ended with it."""
    end = time.monotonic() + patience
    while found := _members(group):
        if time.monotonic() > end:
            return len(found)
        time.sleep(0.2)
    return 0


def _members(group: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            status = (entry / "stat").read_text()
        except OSError:
            continue  # it ended while we looked
        state, _, member_of = status.rpartition(")")[2].split()[:3]
        if int(member_of) == group and state != "Z":
            found.append(int(entry.name))
    return found
