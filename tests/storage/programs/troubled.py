"""Meets a full disk and a folder without write permission, and prints what the storage says to each."""

import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage_samples import NOW, article, classified, entry, poll

from spywatch.records import Disposition, EntryOutcome, TaggedArticle
from storage import journal
from storage.errors import StorageError
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.store import PipelineStore

NOBODY = 65534


def say(what: str, action) -> None:
    try:
        action()
        print(what, "worked", flush=True)
    except StorageError as error:
        print(what, type(error).__name__, flush=True)


def full_disk(folder: Path) -> None:
    big = entry("https://north.example/big")
    text = os.urandom(3_000_000).hex()
    tagged = TaggedArticle(article=replace(article(big), text=text), classification=classified())
    outcome = EntryOutcome(entry=big, disposition=Disposition.STORED, articles=(tagged,))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    with PipelineStore.open(folder, NOW) as store:
        store.record_polls("r1", [poll(big)], NOW)
        store.publish(NOW)
        size = Layout(folder).pipeline.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, unlimited[1]))
        say("store", lambda: store.store_outcomes("r1", [outcome], NOW, RetryRule()))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))
        say("publish", lambda: store.publish(NOW))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, unlimited[1]))
        say("journal", lambda: journal.write(folder, journal.DIGEST, {"text": "x" * 1000}, NOW))
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        print("due", len(store.due_entries(NOW)), flush=True)
        say("store again", lambda: store.store_outcomes("r1", [outcome], NOW, RetryRule()))
        say("publish again", lambda: store.publish(NOW))


def no_permission(folder: Path) -> None:
    folder.chmod(0o555)
    (folder / "pipeline.lock").chmod(0o444)
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    say("open", lambda: PipelineStore.open(folder, NOW))
    say("make", lambda: PipelineStore.open(folder / "inside", NOW))
    say("journal", lambda: journal.write(folder, journal.DIGEST, {}, NOW))


full_disk(Path(sys.argv[1]))
no_permission(Path(sys.argv[1]))
