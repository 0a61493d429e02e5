"""Kill runs and digests with SIGKILL wherever it hurts, let the next one finish, and count what is lost or twice.

    python -m benchmarks.kills [--pipeline 180] [--flow 20] [--seed N] [--lanes N] [--json]

Runs over the sample newsroom are killed, three in four times with all their workers, else alone. Half of the kills
come at a random moment of a run's length. Half are aimed at a stage: the process tells through a pipe what it enters
and leaves, and is killed when the n-th call of that stage begins or a moment later. Up to three kills follow. A
part of the trials begins with a desk that has half of the feeds, and makes a digest while the run holds the file. One
trial in seven kills `spywatch digest`, which writes Markdown. Then a run goes to its end, what is left is told, and
everything is compared with a desk that was never killed. The flow part does the same with the Prefect flows, on a
server with a temporary home.

Ends with 0 where nothing is lost, nothing is twice and every file opened, else with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from benchmarks import NOT_AS_REQUIRED
from benchmarks.desk import fitted_models
from benchmarks.kill_trials import DIGEST_STAGES, HALF, RUN_STAGES, Kill, Lane, Trial, lane
from benchmarks.marked import STAGES
from benchmarks.prefect_server import prefect_server
from benchmarks.survival import Damage
from benchmarks.victim import BETWEEN, STARTING


@dataclass(slots=True)
class Findings:
    """What the trials of one part came to."""

    kills: list[Kill] = field(default_factory=list)
    damage: Damage = field(default_factory=Damage)
    trials: int = 0
    missed: int = 0
    seconds: float = 0.0

    def add(self, trial: Trial) -> None:
        """Add a finished trial."""
        self.kills += trial.kills
        self.damage += trial.damage
        self.trials += 1
        self.missed += trial.missed


Told = Callable[[int], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is told above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pipeline", type=int, default=180, metavar="N", help="kills below Prefect; default 180")
    parser.add_argument("--flow", type=int, default=20, metavar="N", help="kills of flows; default 20")
    parser.add_argument("--seed", type=int, default=20261122, help="what chance begins with")
    parser.add_argument("--lanes", type=int, default=min(2, os.cpu_count() or 1), help="trials side by side")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write there, and keep the desks with damage")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of tables")
    chosen = parser.parse_args(arguments)
    parts = {}
    with tempfile.TemporaryDirectory(prefix="kills-") as temporary, _bar() as bar:
        folder = chosen.keep or Path(temporary)
        for name, kills in (("pipeline", chosen.pipeline), ("flow", chosen.flow)):
            if kills > 0:
                task = bar.add_task(f"{name}: preparing", total=kills)

                def told(done: int, name: str = name, task: Any = task) -> None:
                    bar.update(task, completed=done, description=f"{name}: kills")

                parts[name] = measure(
                    folder / name, kills, seed=chosen.seed, lanes=chosen.lanes, flows=name == "flow", told=told
                )
    if chosen.json:
        print(json.dumps({name: asdict(found) for name, found in parts.items()}, ensure_ascii=False, indent=1))
    else:
        _show(parts)
    return NOT_AS_REQUIRED if any(found.damage.any for found in parts.values()) else 0


def measure(
    folder: Path,
    kills: int,
    *,
    seed: int,
    lanes: int = 1,
    flows: bool = False,
    cache: Path | None = None,
    outlets: tuple[str, ...] = (),
    told: Told = lambda done: None,
) -> Findings:
    """Kill so often, and see what it did.

    Args:
        folder: where everything is written; made if it does not exist.
        kills: how many; as each trial has up to three, it may become one or two more.
        seed: of chance. What is drawn is the same each time; what a kill hits depends on the machine, too.
        lanes: trials side by side.
        flows: kill Prefect flows, else commands.
        cache: folder of fitted models; made if None.
        outlets: read only the feeds of these outlets of the newsroom.
        told: called with the number of kills so far.

    Raises:
        TrialFailed: something is wrong even without kills.
    """
    began = time.monotonic()
    models = fitted_models(cache or folder / "models")
    findings = Findings()
    guard, stop = threading.Lock(), threading.Event()
    failed: list[BaseException] = []
    numbers = iter(range(1, 1_000_000))
    plan = _plan(seed)

    def work(own: Path, flow: Mapping[str, str] | None) -> None:
        try:
            with lane(own, models, outlets=outlets, flows=flow) as here:
                while not stop.is_set():
                    with guard:
                        if len(findings.kills) >= kills:
                            return
                        number, (kind, stages) = next(numbers), next(plan)
                        stages = stages[: kills - len(findings.kills)]
                    trial = _trial(here, number, kind, stages, random.Random(f"{seed}-{number}"))
                    with guard:
                        findings.add(trial)
                        told(min(len(findings.kills), kills))
        except BaseException as error:  # noqa: BLE001 -- carried to the thread that waits, which raises it
            failed.append(error)
            stop.set()

    with ExitStack() as stack:
        flow = stack.enter_context(prefect_server(folder / "prefect")) if flows else None
        threads = [threading.Thread(target=work, args=(folder / f"lane-{place}", flow)) for place in range(lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    findings.seconds = time.monotonic() - began
    return findings


def _plan(seed: int) -> Iterator[tuple[str, list[str | None]]]:
    """The trials without end: what is killed ("", HALF or "digest"), and what each kill is aimed at."""
    chance = random.Random(seed)
    runs, digests = cycle(RUN_STAGES), cycle(DIGEST_STAGES)
    kinds = cycle(["", HALF, "digest", "", HALF, "", ""])
    for kind in kinds:
        stages = digests if kind == "digest" else runs
        many = chance.choice((1, 2, 3)) if kind != "digest" else 2
        yield kind, [next(stages) if chance.random() < 0.5 else None for _ in range(many)]


def _trial(here: Lane, number: int, kind: str, stages: list[str | None], chance: random.Random) -> Trial:
    if kind == "digest":
        return here.killed_digest(number, stages, chance)
    return here.killed_run(number, stages, chance, kind)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _show(parts: Mapping[str, Findings]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for name, found in parts.items():
        alone = sum(kill.alone for kill in found.kills)
        console.print(
            f"{name}: {len(found.kills)} kills ({len(found.kills) - alone} of the whole process group, {alone} of "
            f"the main process alone) in {found.trials} trials, {found.seconds / 60:.1f} minutes; "
            f"{found.missed} came too late"
        )
        aimed = Counter(kill.aimed for kill in found.kills)
        hit = Counter(kill.aimed for kill in found.kills if kill.aimed in kill.during)
        during = Counter(stage for kill in found.kills for stage in kill.during)
        table = Table(title="kills by stage; a kill counts for each stage that was under way", title_justify="left")
        for heading in ("stage", "aimed at", "of these hit it", "under way at the kill"):
            table.add_column(heading, justify="left" if heading == "stage" else "right")
        for stage in (STARTING, *STAGES, BETWEEN):
            table.add_row(stage, str(aimed[stage] or ""), str(hit[stage] or ""), str(during[stage]))
        table.add_row("random moment", str(aimed[""]), "", "")
        console.print(table)
        damage = asdict(found.damage)
        other = damage.pop("other")
        result = Table(title="what the kills did", title_justify="left")
        for heading in ("", "count"):
            result.add_column(heading, justify="left" if not heading else "right")
        for what, count in damage.items():
            result.add_row(_WORDS[what], Text(str(count), style="bold red" if count else ""))
        console.print(result)
        for sentence in other:
            console.print(Text(f"  NO  {sentence}", style="bold red"))
        console.print()


_WORDS = {
    "lost": "entries or articles lost",
    "twice": "rows twice",
    "differing": "articles that differ from those of a run without kills",
    "digest_lost": "alerts that no Markdown digest tells",
    "digest_twice": "alerts told twice",
    "unopenable": "files that could not be opened",
    "left_behind": "worker processes left behind",
}


if __name__ == "__main__":
    sys.exit(main())
