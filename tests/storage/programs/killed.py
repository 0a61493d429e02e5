"""Runs the whole sequence of a run in a child that kills itself at given moments, one child and folder a moment.

A moment is a number of calls made from the modules that have effects, calls into C (a statement, a commit, a rename)
included, so that every kind of moment is met: before, inside and after a transaction, and while publishing.

Arguments: a folder to work in, a database to begin with, and how many moments.
Prints a line a moment: its folder and how the child ended.
"""

import os
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import pyarrow.dataset  # noqa: F401  (DuckDB loads it at the first table)
from storage_samples import ALERT, NOW, SOUTH, digest, entry, poll, stored

import storage.store
from spywatch.urls import canonical
from storage import journal
from storage.applying import digest_payload
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.store import PipelineStore

ROOM = Path(storage.store.__file__).parent
EFFECTS = {str(ROOM / f"{name}.py") for name in ("store", "connection", "journal", "layout", "lock")}
PURE = {"plain", "<listcomp>", "<dictcomp>", "<genexpr>"}
"""Where values are only turned over in memory: a kill there is a kill at the call before."""
canonical("https://north.example/")  # so that no child has to load the libraries again
ENTRIES = [entry(f"https://north.example/{n}") for n in range(30)]


def prepare(folder: Path) -> None:
    folder.mkdir()
    shutil.copyfile(sys.argv[2], Layout(folder).pipeline)


def whole_run(folder: Path) -> None:
    journal.write(folder, journal.DIGEST, digest_payload(digest("told before")), NOW)
    with PipelineStore.open(folder, NOW) as store:
        store.record_polls("first", [poll(*ENTRIES), poll(*ENTRIES[:5], feed=SOUTH)], NOW)
        for at in (0, 15):
            batch = [stored(due, ALERT) for due in ENTRIES[at : at + 15]]
            store.store_outcomes("first", batch, NOW, RetryRule())
        store.publish(NOW)


def count_calls(until: int | None) -> list[int]:
    """Count from here on, and die at the given number; the list holds the count."""
    calls = [0]

    def at_call(frame, event, _):
        code = frame.f_code
        if event in {"call", "c_call", "c_return"} and code.co_filename in EFFECTS and code.co_name not in PURE:
            calls[0] += 1
            if calls[0] == until:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(at_call)
    return calls


def main() -> None:
    folder, moments = Path(sys.argv[1]), int(sys.argv[3])
    reading, writing = os.pipe()
    if os.fork() == 0:
        prepare(folder / "whole")
        calls = count_calls(None)
        whole_run(folder / "whole")
        sys.setprofile(None)
        os.write(writing, str(calls[0]).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    total = int(os.read(reading, 20))
    for number in range(1, moments + 1):
        place = folder / f"moment-{number}"
        if os.fork() == 0:
            prepare(place)
            count_calls(total * number // (moments + 1))
            whole_run(place)
            os._exit(0)
        _, status = os.wait()
        print(place, os.waitstatus_to_exitcode(status), flush=True)


main()
