"""Tags stored articles again, a batch at each line, and says how many it has done."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storage_samples import ALERT, NOW, classified

from storage.retagging import Retag
from storage.store import PipelineStore

MODEL = "linear-0002"

with PipelineStore.open(Path(sys.argv[1]), NOW) as store:
    print("open", flush=True)
    done = 0
    for page in store.outdated(MODEL, 30):
        if not sys.stdin.readline():
            break
        said = classified(ALERT, model=MODEL)
        done += store.store_retags(
            [Retag(article_id=one.article_id, classification=said) for one in page], NOW
        ).articles
        print(done, flush=True)
