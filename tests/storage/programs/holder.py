"""A run that holds a folder: publishes at each line and ends with its input."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage_samples import NOW

from storage.store import PipelineStore

with PipelineStore.open(Path(sys.argv[1]), NOW) as store:
    print("open", flush=True)
    for _ in sys.stdin:
        print(store.publish(NOW).journal_records, flush=True)
