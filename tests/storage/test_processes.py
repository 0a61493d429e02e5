"""Real processes: locks, kills, a full disk, a folder without write permission."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from storage_samples import ALERT, HOUR, NORTH, NOW, SOUTH, digest, entry, poll, stored

from storage import journal
from storage.applying import digest_payload
from storage.candidates import digest_candidates
from storage.errors import HeldByAnotherRun, OpenElsewhere, ReadOnlyFolder
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.published import run_sql
from storage.recording import Recorded, record_digest
from storage.status import status
from storage.store import PipelineStore

PROGRAMS = Path(__file__).resolve().parent / "programs"
ENTRIES = [entry(f"https://north.example/{n}") for n in range(30)]


@contextmanager
def program(name, *arguments):
    command = [sys.executable, str(PROGRAMS / name), *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.stdin.close()


def ask(process) -> int:
    process.stdin.write("\n")
    return int(process.stdout.readline())


def store_articles(folder, *, run_id, entries):
    with PipelineStore.open(folder, NOW) as store:
        store.record_polls(run_id, [poll(*entries)], NOW)
        store.store_outcomes(run_id, [stored(due, ALERT) for due in entries], NOW, RetryRule())
        store.publish(NOW)


def test_an_open_session_and_a_run_do_not_disturb_each_other(folder):
    store_articles(folder, run_id="r1", entries=ENTRIES[:1])
    with program("reader.py", Layout(folder).published) as before:
        assert ask(before) == 1
        store_articles(folder, run_id="r2", entries=ENTRIES[1:4])
        assert ask(before) == 1  # an open session keeps the copy it opened
        with program("reader.py", Layout(folder).published) as after:
            assert ask(after) == 4


def test_while_a_run_holds_the_folder_others_read_and_use_the_journal(folder):
    store_articles(folder, run_id="r1", entries=ENTRIES[:1])
    with program("holder.py", folder) as holder:
        with pytest.raises(HeldByAnotherRun, match=rf"another spywatch process \({holder.pid}\)") as caught:
            PipelineStore.open(folder, NOW)
        assert caught.value.pid == holder.pid
        assert status(folder).running == holder.pid
        assert list(run_sql(folder, "SELECT count(*) FROM articles").rows()) == [(1,)]
        assert record_digest(folder, digest("x", at=NOW + HOUR), NOW) is Recorded.JOURNALED
        assert status(folder).journal_records == 1
        assert ask(holder) == 1  # the run took it in and published
        now = status(folder)
        assert (now.journal_records, now.digests, now.last_digest_at) == (0, 1, NOW + HOUR)
    assert status(folder).running is None
    assert record_digest(folder, digest("y"), NOW) is Recorded.APPLIED


def test_who_has_patience_waits_for_the_lock(folder):
    with program("holder.py", folder) as holder:
        done = threading.Timer(0.3, holder.stdin.close)  # its end
        done.start()
        with PipelineStore.open(folder, NOW, timedelta(minutes=1)) as store:
            assert store.due_entries(NOW) == ()
            with pytest.raises(HeldByAnotherRun):
                PipelineStore.open(folder, NOW, timedelta(milliseconds=60))
        done.join()


def test_a_session_on_the_pipelines_own_file_is_named(folder):
    store_articles(folder, run_id="r1", entries=ENTRIES[:1])
    with program("reader.py", Layout(folder).pipeline) as wrong:
        with pytest.raises(OpenElsewhere, match=f"process {wrong.pid}.; close it there"):
            PipelineStore.open(folder, NOW)
        assert record_digest(folder, digest("x"), NOW) is Recorded.JOURNALED
    PipelineStore.open(folder, NOW).close()


def test_a_killed_run_leaves_no_lock(folder):
    with program("holder.py", folder) as holder:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        with PipelineStore.open(folder, NOW) as store:
            assert store.due_entries(NOW) == ()


def test_a_digest_taken_in_by_a_killed_run_is_not_told_again(folder):
    store_articles(folder, run_id="r1", entries=ENTRIES[:2])
    made = digest(*(item.article_id for item in digest_candidates(folder).items))
    assert len(made.items) == 2
    journal.write(folder, journal.DIGEST, digest_payload(made), NOW)
    with program("holder.py", folder) as holder:  # has taken it in
        assert digest_candidates(folder).items == ()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    assert digest_candidates(folder).items == ()
    with PipelineStore.open(folder, NOW) as store:
        assert digest_candidates(folder).items == ()
        store.publish(NOW)
    assert (journal.pending(folder), digest_candidates(folder).items) == ((), ())
    assert list(run_sql(folder, "SELECT digest_id, items FROM digests").rows()) == [(made.id, 2)]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system where nobody can make a file")
def test_a_folder_where_no_lock_can_be_made_is_not_said_to_be_held():
    with pytest.raises(ReadOnlyFolder):
        PipelineStore.open(Path("/proc/self"), NOW)


def test_one_process_holds_a_folder_once(folder, store):
    with pytest.raises(HeldByAnotherRun, match=str(os.getpid())):
        PipelineStore.open(folder, NOW)
    store.close()
    store.close()
    PipelineStore.open(folder, NOW).close()


def test_a_run_killed_at_any_moment_loses_nothing_and_repeats_nothing(tmp_path, fresh):
    moments = 7
    command = [sys.executable, str(PROGRAMS / "killed.py"), str(tmp_path), str(Layout(fresh).pipeline), str(moments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")[:-1]
    assert [line.split()[1] for line in ended] == [str(-signal.SIGKILL)] * moments
    later = NOW + HOUR
    met = set()
    for number in range(1, moments + 1):
        folder = tmp_path / f"moment-{number}"
        with PipelineStore.open(folder, later) as store:
            polled = store.record_polls(
                "second", [poll(*ENTRIES, at=later), poll(*ENTRIES[:5], feed=SOUTH, at=later)], later
            )
            due = store.due_entries(later)
            met.add((polled.new > 0, polled.due_again))
            batch = store.store_outcomes("second", [stored(one, ALERT) for one in due], later, RetryRule())
            # What an earlier run stored is unchanged now, what it left is stored now; nothing else happens.
            assert batch.attempted == batch.stored == len(due) == polled.new + polled.due_again
            assert polled.settled + batch.attempted == 35
            store.publish(later)
        counts = """SELECT (SELECT count(*) FROM entries WHERE state = 'stored'), (SELECT count(*) FROM entries),
            (SELECT count(DISTINCT article_id) FROM articles), (SELECT count(*) FROM articles),
            (SELECT count(*) FROM tags), (SELECT count(*) FROM scores), (SELECT count(*) FROM sightings),
            (SELECT count(*) FROM digest_items), (SELECT count(*) FROM journal_applied)"""
        journaled = 1 if list(run_sql(folder, "SELECT 1 FROM digests").rows()) else 0
        assert list(run_sql(folder, counts).rows()) == [(30, 30, 30, 30, 30, 60, 35, journaled, journaled)]
        assert not Layout(folder).unfinished.exists()
        assert not list(Layout(folder).journal.glob("*.json"))
    assert len(met) >= 3  # the moments fell before, between and after the transactions


@pytest.mark.parametrize("step", ["record polls", "store outcomes", "publish"])
def test_a_run_that_fills_the_disk_is_finished_by_the_next(folder, step):
    command = [sys.executable, str(PROGRAMS / "full.py"), str(folder), step]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert (ended.stdout, ended.returncode) == (f"{step} DiskFull\n", -signal.SIGKILL), ended.stderr
    assert list(run_sql(folder, "SELECT count(*) FROM articles").rows()) == [(0,)]  # the old copy is whole
    assert status(folder).journal_records == 1

    later = NOW + HOUR
    with PipelineStore.open(folder, later) as store:
        known = store.feed_states([NORTH.url])[NORTH.url]
        # What makes a server say "not modified" is there with the entries, or not at all.
        assert (known.etag is None) == (step == "record polls")
        polled = store.record_polls("second", [poll(*ENTRIES, at=later)], later)
        due = store.due_entries(later)
        assert len(due) == (0 if step == "publish" else 30) == polled.new + polled.due_again
        store.store_outcomes("second", [stored(one, ALERT) for one in due], later, RetryRule())
        store.publish(later)
    counts = """SELECT (SELECT count(*) FROM entries WHERE state = 'stored'), (SELECT count(*) FROM entries),
        (SELECT count(*) FROM articles), (SELECT count(*) FROM tags), (SELECT count(*) FROM digests)"""
    assert list(run_sql(folder, counts).rows()) == [(30, 30, 30, 30, 1)]
    assert not Layout(folder).unfinished.exists()
    assert journal.pending(folder) == ()


def test_no_room_and_no_permission_are_told_in_one_sentence(tmp_path):
    folder = tmp_path / "data"
    # pytest keeps its folders to itself; the program gives up its rights and has to reach this one.
    command = [sys.executable, str(PROGRAMS / "troubled.py"), str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.stdout.split("\n") == [
        "store DiskFull",
        "publish DiskFull",
        "journal DiskFull",
        "due 1",
        "store again worked",
        "publish again worked",
        "open ReadOnlyFolder",
        "make ReadOnlyFolder",
        "journal ReadOnlyFolder",
        "",
    ], ended.stderr


def test_publishing_replaces_what_somebody_wrote_into_the_copy(folder, store):
    store.publish(NOW)
    layout = Layout(folder)
    # Left by a client that opened the copy to write and was killed.
    stray = layout.published.with_name("spywatch.duckdb.wal")
    stray.write_bytes(b"stale")
    layout.unfinished.write_bytes(b"half a copy")
    store.publish(NOW)
    assert not stray.exists()
    assert list(run_sql(folder, "SELECT count(*) FROM articles").rows()) == [(0,)]
