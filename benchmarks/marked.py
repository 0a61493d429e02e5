"""The product with marks: the same command or flow, which also tells a pipe what it enters and leaves.

    python -m benchmarks.marked DESCRIPTOR spywatch run --feeds ...
    python -m benchmarks.marked DESCRIPTOR flows.ingest ingest

Started by `benchmarks.victim`, which kills it: with the marks a kill can be aimed at a stage, and it is known
afterwards what was going on when it hit. Nothing else is changed; a mark costs a write of some thirty bytes.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import inspect
import os
import sys
import time
from collections.abc import Callable
from typing import Any

POINTS = (
    ("poll", "feeds.poll", "poll"),
    ("download", "extractors.download", "download"),
    ("extract", "extractors.workers", "ExtractionPool.extract"),
    ("classify", "classifiers.model", "Classifier.classify_many"),
    ("store", "storage.store", "PipelineStore.register_feeds"),
    ("store", "storage.store", "PipelineStore.record_polls"),
    ("store", "storage.store", "PipelineStore.store_outcomes"),
    ("store", "storage.store", "PipelineStore.record_run"),
    ("publish", "storage.store", "PipelineStore.publish"),
    ("digest: read", "flows.tell", "next_digest"),
    ("digest: write", "flows.tell", "write_page"),
    ("digest: record", "storage.recording", "record_digest"),
)
"""Stage, module, and the function or method whose calls are marked."""
STAGES = tuple(dict.fromkeys(stage for stage, _, _ in POINTS))


def main() -> None:
    """Put the marks in, then be the command or the flow."""
    descriptor, program = int(sys.argv[1]), sys.argv[2]

    def tell(sign: str, stage: str) -> None:
        os.write(descriptor, f"{time.monotonic():.6f} {sign} {stage}\n".encode())

    # Before anybody imports a name out of these modules, so that everybody gets the marked one.
    for stage, module, name in POINTS:
        owner: Any = importlib.import_module(module)
        *inside, last = name.split(".")
        for part in inside:
            owner = getattr(owner, part)
        setattr(owner, last, _marked(getattr(owner, last), stage, tell))
    if program == "spywatch":
        from cli.app import main as command

        sys.argv = sys.argv[2:]
        command()
    else:
        flow = getattr(importlib.import_module(program), sys.argv[3])
        asyncio.run(flow())


def _marked(call: Callable[..., Any], stage: str, tell: Callable[[str, str], None]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(call):

        @functools.wraps(call)
        async def awaited(*arguments: Any, **named: Any) -> Any:
            tell("+", stage)
            try:
                return await call(*arguments, **named)
            finally:
                tell("-", stage)

        return awaited

    @functools.wraps(call)
    def called(*arguments: Any, **named: Any) -> Any:
        tell("+", stage)
        try:
            return call(*arguments, **named)
        finally:
            tell("-", stage)

    return called


if __name__ == "__main__":
    main()
