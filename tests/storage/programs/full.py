"""A whole run on a disk that fills up at one of its steps: says what it met there, and dies there and then.

Arguments: the folder, and the step. Twelve million characters are to be written; from the step on, no file may grow
beyond what the database has by then.
"""

import os
import resource
import signal
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage_samples import ALERT, NOW, article, classified, digest, entry, poll

from spywatch.records import Disposition, EntryOutcome, TaggedArticle
from storage import journal
from storage.applying import digest_payload
from storage.errors import StorageError
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.store import PipelineStore

folder, full_at = Path(sys.argv[1]), sys.argv[2]
LONG = 400_000
ENTRIES = [
    replace(
        entry(f"https://north.example/{n}"),
        content_html=os.urandom(LONG // 2).hex() if full_at == "record polls" else "",
    )
    for n in range(30)
]
OUTCOMES = [
    EntryOutcome(
        entry=one,
        disposition=Disposition.STORED,
        articles=(
            TaggedArticle(article=article(one, text=os.urandom(LONG // 2).hex()), classification=classified(ALERT)),
        ),
    )
    for one in ENTRIES
]

with PipelineStore.open(folder, NOW) as store:
    store.publish(NOW)
journal.write(folder, journal.DIGEST, digest_payload(digest("told before")), NOW)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def fill_up(step: str) -> str:
    if step == full_at:
        size = Layout(folder).pipeline.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return step


step = "open"
try:
    store = PipelineStore.open(folder, NOW)
    step = fill_up("record polls")
    store.record_polls("first", [poll(*ENTRIES)], NOW)
    step = fill_up("store outcomes")
    store.store_outcomes("first", OUTCOMES, NOW, RetryRule())
    step = fill_up("publish")
    store.publish(NOW)
    step = "nothing"
except StorageError as error:
    print(step, type(error).__name__, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
