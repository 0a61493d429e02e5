"""The trials of `benchmarks.kills`: a desk, runs and digests on it that are killed, and its way to the end."""

from __future__ import annotations

import random
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import PROJECT
from benchmarks.desk import PROGRAM, clean_environment
from benchmarks.survival import Contents, Damage, compare, contents, unopenable
from benchmarks.victim import Aim, End, Marks, left_behind, run_and_kill
from flows.tell import next_digest
from newsroom.misbehaviour import MISBEHAVIOURS
from newsroom.process import NewsroomProcess, running_newsroom
from storage.errors import StorageError

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
FULL, HALF = "full", "half"
RUN_STAGES = ("poll", "download", "extract", "classify", "store", "publish")
DIGEST_STAGES = ("digest: read", "digest: write", "digest: record", "publish")
_STEP = timedelta(minutes=1)
_LATER = timedelta(days=2)
"""After this even what had failed twice is due again."""


class TrialFailed(RuntimeError):
    """A desk for the trials could not be made; the message holds what the command said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: what was killed, what it was aimed at (empty: at a random moment) and what was going on."""

    what: str
    aimed: str
    during: tuple[str, ...]
    alone: bool


@dataclass(slots=True)
class Trial:
    """A desk on its way, its kills and what was found wrong."""

    db: Path
    now: datetime
    kills: list[Kill] = field(default_factory=list)
    damage: Damage = field(default_factory=Damage)
    missed: int = 0
    groups: list[int] = field(default_factory=list)

    @property
    def pages(self) -> Path:
        """Where the digests go; the flow writes them there by itself."""
        return self.db / "digests"

    def wrong(self, sentence: str) -> None:
        """Note something that should not be."""
        self.damage += Damage(other=(sentence,))


@dataclass(slots=True, kw_only=True)
class Lane:
    """A newsroom with what is measured of runs over it; trials of one lane follow each other.

    Attributes:
        flows: whether flows are killed, else commands.
        reference: what a run without kills leaves.
        calls, shortest: how often it enters each stage, and the seconds that its shortest call takes. Most calls take
            longer, because they wait for their turn at a host.
    """

    room: NewsroomProcess
    folder: Path
    environment: Mapping[str, str]
    register: Path
    flows: bool = False
    reference: Contents = field(default_factory=Contents)
    calls: dict[str, int] = field(default_factory=dict)
    shortest: dict[str, float] = field(default_factory=dict)
    run_seconds: float = 0.0
    digest_seconds: float = 0.0

    def copy(self, name: str, number: int) -> Trial:
        """A fresh trial, on a copy of a desk made beforehand or (for an empty name) on none."""
        db = self.folder / f"trial-{number}"
        if name:
            shutil.copytree(self.folder / name, db)
        (db / "digests").mkdir(parents=True, exist_ok=True)
        return Trial(db, self.room.now if self.flows else NOW)

    def prepare(self) -> None:
        """Heal the newsroom, make the desk without kills that all others are compared with, and measure it.

        Raises:
            TrialFailed: a run ended otherwise than well, or did not find what the newsroom holds.
        """
        self.heal()
        half = self.folder / "half.toml"
        head, *blocks = self.register.read_text("utf-8").split("[[feeds]]")
        half.write_text(head + "".join(f"[[feeds]]{block}" for block in blocks[::2]), encoding="utf-8")
        self._made(HALF, half)
        end = self._made(FULL, self.register)
        self.reference = contents(self.folder / FULL)
        self.calls = dict(end.entered)
        self.shortest = {stage: min(seconds) for stage, seconds in end.length.items()}
        self.run_seconds = end.seconds
        trial = self.copy(FULL, 0)
        told = self.digest(trial, None, random.Random(0))
        self.shortest |= {stage: min(seconds) for stage, seconds in told.length.items()}
        self.calls = dict(told.entered) | self.calls
        self.digest_seconds = told.seconds
        harm = compare(trial.db, trial.pages, self.reference)
        if harm.any or not self.reference.alerts:
            raise TrialFailed(f"something is wrong even without kills: {harm}")
        shutil.rmtree(trial.db)

    def _made(self, name: str, register: Path) -> End:
        trial = Trial(self.folder / name, self.room.now if self.flows else NOW)
        end = self.to_the_end(trial, register)
        if trial.damage.any:
            raise TrialFailed(f"something is wrong even without kills: {trial.damage}")
        return end

    def heal(self) -> None:
        """Ask for what is ill at first and then well, so often that it is well."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for item in MISBEHAVIOURS:
            if item.statuses and item.statuses[0] >= 400 and item.statuses[-1] == 200:
                for _ in item.statuses[1:]:
                    with suppress(urllib.error.HTTPError):
                        opener.open(self.room.base_urls[item.outlet] + item.path, timeout=10).close()

    def to_the_end(self, trial: Trial, register: Path | None = None, *, later: bool = False) -> End:
        """Run without a kill, and again some days later where something is left to do (or `later` asks for it)."""
        end = self.run(trial, None, register=register)
        if end.code:
            return end
        waiting = {entry for entry, state in contents(trial.db).entries.items() if state == "due"}
        due = {entry for entry, state in self.reference.entries.items() if state == "due"}
        if later or waiting - due:
            trial.now += _LATER
            self.run(trial, None, register=register, flow=False)
        return end

    def run(
        self,
        trial: Trial,
        aim: Aim | None,
        *,
        register: Path | None = None,
        beside: Callable[[Marks], None] | None = None,
        flow: bool = True,
    ) -> End:
        """One run on the trial's desk, killed as the aim says; with `flow` False always by the command."""
        feeds = register or self.register
        if self.flows and flow:
            program: tuple[str, ...] = ("flows.ingest", "ingest")
        else:
            program = ("spywatch", "run", "--feeds", str(feeds), "--db", str(trial.db), "--json")
            program += ("--now", trial.now.isoformat())
        return self._kill("run", program, trial, aim, feeds, beside)

    def digest(self, trial: Trial, aim: Aim | None, chance: random.Random) -> End:
        """One digest of the trial's desk, into a file of its own, killed as the aim says."""
        if self.flows:
            program: tuple[str, ...] = ("flows.send_digests", "send_digests")
        else:
            page = trial.pages / f"{trial.now:%H%M%S}-{chance.randrange(10**9)}.md"
            program = (
                "spywatch",
                "digest",
                "--db",
                str(trial.db),
                "--out",
                str(page),
                "--now",
                trial.now.isoformat(),
            )
        return self._kill("digest", program, trial, aim, self.register, None)

    def _kill(
        self,
        what: str,
        program: tuple[str, ...],
        trial: Trial,
        aim: Aim | None,
        feeds: Path,
        beside: Callable[[Marks], None] | None,
    ) -> End:
        settings = {"SPYWATCH_FEEDS": str(feeds), "SPYWATCH_DB": str(trial.db)}
        log = self.folder / "said.txt"
        end = run_and_kill(program, {**self.environment, **settings}, log, aim, beside)
        trial.now += _STEP
        if end.killed and aim is not None:
            trial.kills.append(Kill(what=what, aimed=aim.stage or "", during=end.during, alone=aim.alone))
            for wrong in unopenable(trial.db, trial.now):
                trial.damage += Damage(unopenable=1, other=(wrong,))
            if aim.alone:
                trial.groups.append(end.group)
        elif aim is not None:
            trial.missed += 1
        if end.code and not end.killed:
            trial.wrong(f"{what} ended with {end.code} after {len(trial.kills)} kills: {end.said[-500:]}")
        return end

    def aim(self, stage: str | None, chance: random.Random, *, whole: bool, digest: bool = False) -> Aim:
        """Draw when to kill.

        Args:
            stage: the stage to hit, None for a random moment.
            chance: where chance comes from.
            whole: whether all the work is still ahead; else the draw keeps to the beginning of it.
            digest: whether a digest is to be killed, not a run.
        """
        alone = chance.random() < 0.25
        length = self.digest_seconds if digest else self.run_seconds
        if stage is None:
            return Aim(stage=None, seconds=chance.uniform(0.0, length if whole else length / 2), alone=alone)
        calls = 1 if digest else self.calls.get(stage, 1)
        nth = chance.randint(1, max(1, calls if whole else calls // 4))
        longest = 1.5 * self.shortest.get(stage, 0.01)
        seconds = 0.0 if chance.random() < 1 / 3 else chance.uniform(0.0, longest)
        return Aim(stage=stage, nth=nth, seconds=seconds, alone=alone)

    def killed_run(self, number: int, stages: list[str | None], chance: random.Random, kind: str) -> Trial:
        """A trial of runs: kill as often as there are stages, run to the end, tell, and compare.

        Args:
            number: the trial's own.
            stages: what each kill is aimed at, None for a random moment.
            chance: where chance comes from.
            kind: HALF begins on a desk that has half of the feeds, with a digest made beside the run; else on none.
        """
        trial = self.copy(kind, number)
        ill = not kind and number % 4 == 0
        if ill:
            self.room.reset()
        beside: list[subprocess.Popen[bytes]] = []
        for step, stage in enumerate(stages):
            aim = self.aim(stage, chance, whole=step == 0)
            tell = self._digest_beside(trial, beside) if kind and not self.flows and chance.random() < 0.7 else None
            end = self.run(trial, aim, beside=tell)
            for other in beside:
                other.wait()
            while not end.killed and not trial.kills and not trial.damage.any:
                # The run was quicker than the one that was measured: once more from the start, and sooner.
                aim = aim.sooner()
                trial = self._afresh(trial, kind, number)
                end = self.run(trial, aim)
            if not end.killed:
                break
            if (trial.db / "spywatch.duckdb").exists() and chance.random() < 0.4:
                drawn = chance.choice(DIGEST_STAGES) if chance.random() < 0.5 else None
                self.digest(trial, self.aim(drawn, chance, whole=True, digest=True) if drawn else None, chance)
        self.to_the_end(trial, later=ill)
        return self.finish(trial, chance)

    def killed_digest(self, number: int, stages: list[str | None], chance: random.Random) -> Trial:
        """A trial of digests on a full desk of which nothing is told yet; arguments as for `killed_run`."""
        trial = self.copy(FULL, number)
        for stage in stages:
            aim = self.aim(stage, chance, whole=True, digest=True)
            end = self.digest(trial, aim, chance)
            while not end.killed and not trial.kills and not trial.damage.any:
                aim = aim.sooner()
                trial = self._afresh(trial, FULL, number)
                end = self.digest(trial, aim, chance)
            if not end.killed:
                break
        return self.finish(trial, chance)

    def _afresh(self, trial: Trial, kind: str, number: int) -> Trial:
        shutil.rmtree(trial.db)
        again = self.copy(kind, number)
        again.missed = trial.missed
        return again

    def finish(self, trial: Trial, chance: random.Random) -> Trial:
        """Tell what is left, compare, look for processes left behind, and clean up."""
        self.digest(trial, None, chance)
        try:
            if again := next_digest(trial.db, now=trial.now).items:
                trial.wrong(f"one more digest would tell {len(again)} articles")
            trial.damage += compare(trial.db, trial.pages, self.reference)
        except StorageError as error:
            trial.wrong(str(error))
        trial.damage += Damage(left_behind=sum(left_behind(group) for group in trial.groups))
        if not trial.damage.any:
            shutil.rmtree(trial.db)
        return trial

    def _digest_beside(self, trial: Trial, started: list[subprocess.Popen[bytes]]) -> Callable[[Marks], None]:
        """A digest by another process while the run holds the file: it goes through the journal."""

        def start(marks: Marks) -> None:
            page = trial.pages / f"beside-{len(trial.kills)}-{trial.now:%H%M%S}.md"
            line = [str(PROGRAM), "digest", "--db", str(trial.db), "--out", str(page), "--now", trial.now.isoformat()]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            started.append(subprocess.Popen(line, env=dict(self.environment), cwd=PROJECT, **quiet))  # type: ignore[call-overload]

        return start


@contextmanager
def lane(
    folder: Path,
    cache: Path,
    *,
    outlets: tuple[str, ...] = (),
    workers: int = 0,
    flows: Mapping[str, str] | None = None,
) -> Iterator[Lane]:
    """A prepared lane, its newsroom alive inside the `with` block.

    Args:
        folder: for everything that the lane writes.
        cache: of fitted models, shared by all lanes.
        outlets: only the feeds of these; all where empty.
        workers: extraction processes of a run; 0 for as many as the setting has by itself.
        flows: the environment that leads to a Prefect server, to kill flows; None to kill commands.
    """
    began = None if flows is not None else NOW
    with running_newsroom(folder / "newsroom", now=began, slow_seconds=0.2) as room:
        register = folder / "feeds.toml"
        head, *blocks = room.feeds_file.read_text("utf-8").split("[[feeds]]")
        bases = [room.base_urls[outlet] for outlet in outlets]
        chosen = [block for block in blocks if not bases or any(base in block for base in bases)]
        register.write_text(head + "".join(f"[[feeds]]{block}" for block in chosen), encoding="utf-8")
        settings = {
            "CACHE": str(cache),
            "ALLOWED_PRIVATE_HOSTS": room.allowed_hosts,
            "HOST_DELAY_SECONDS": "0",
            "HOST_CONCURRENCY": "8",
            "BATCH_SIZE": "20",
            "EXTRACT_WORKERS": str(workers),
            "BACKLOG_ALERT_HOURS": "1000000",
        }
        environment = clean_environment() | {f"SPYWATCH_{name}": value for name, value in settings.items()}
        made = Lane(
            room=room,
            folder=folder,
            environment=environment | dict(flows or {}),
            register=register,
            flows=flows is not None,
        )
        made.prepare()
        yield made
