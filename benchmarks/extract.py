"""Extraction quality and speed, side by side.

    python benchmarks/extract.py [--pages DIR] [--limit N]

DIR holds `labels.jsonl`, one page a line: `{"file", "url", "with": [...], "without": [...]}`, where `file` is a
gzipped page below DIR, `with` lists passages that the text must hold and `without` passages that it must not.
Recall is the share of `with` passages found, leakage the share of `without` passages found, F the harmonic mean of
recall and precision (found `with` against all found). White space is not compared. Speed is CPU time of one process.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extractors.article import articles_from_page
from extractors.markup import NotAPage, read_page
from spywatch.records import Failure, Page

_SPACE = re.compile(r"\s+")


def main() -> int:
    """Print the table; exit code 0, also where there are no pages to measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    default = Path(__file__).resolve().parent.parent.parent / "shared" / "pages"
    parser.add_argument("--pages", type=Path, default=default, help="folder with labels.jsonl and the pages")
    parser.add_argument("--limit", type=int, default=0, help="only the first N pages")
    arguments = parser.parse_args()
    labels = arguments.pages / "labels.jsonl"
    if not labels.is_file():
        print(f"no labelled pages at {arguments.pages}: nothing measured")
        return 0
    logging.disable(logging.CRITICAL)
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = rows[: arguments.limit or None]
    bodies = [gzip.decompress((arguments.pages / row["file"]).read_bytes()) for row in rows]
    print(f"{len(rows)} pages, {sum(map(len, bodies)) / 1e6:.0f} MB\n")
    print(f"{'':34}{'recall':>8}{'leakage':>9}{'F':>8}{'empty':>7}{'pages/s':>9}")
    for name, extract in _systems().items():
        extract(bodies[0], "")  # imports and models are not counted
        began = time.process_time()
        texts = [extract(body, row["url"]) for body, row in zip(bodies, rows, strict=True)]
        seconds = time.process_time() - began
        recall, leakage, f_score = _score(rows, texts)
        empty = sum(not text for text in texts)
        print(f"{name:34}{recall:8.4f}{leakage:9.4f}{f_score:8.4f}{empty:7}{len(rows) / seconds:9.0f}")
    _describe(rows, bodies)
    return 0


def _systems() -> dict[str, Callable[[bytes, str], str]]:
    from resiliparse.extract.html2text import extract_plain_text
    from trafilatura.core import bare_extraction

    now = datetime.now(UTC)

    def ours(body: bytes, url: str) -> str:
        found = articles_from_page(Page(url=url, status=200, body=body), None, now=now, whole=True)
        return "" if isinstance(found, Failure) else found[0].text

    def trafilatura(**options: Any) -> Callable[[bytes, str], str]:
        def extract(body: bytes, url: str) -> str:
            found = bare_extraction(body, url=url, **options)
            return str(getattr(found, "text", "") or "")

        return extract

    def resiliparse(body: bytes, url: str) -> str:
        document = read_page(body, url=url)
        if isinstance(document, NotAPage):
            return ""
        return str(extract_plain_text(document.source, main_content=True, preserve_formatting=True))

    dates = {"original_date": True, "extensive_search": False, "max_date": now.strftime("%Y-%m-%d")}
    precise = {"include_comments": False, "favor_precision": True}
    return {
        "spywatch (whole article record)": ours,
        "trafilatura, precision": trafilatura(**precise),
        "trafilatura, precision, metadata": trafilatura(**precise, with_metadata=True, date_extraction_params=dates),
        "trafilatura, no comments": trafilatura(include_comments=False),
        "trafilatura, as it comes": trafilatura(),
        "resiliparse, main content": resiliparse,
    }


def _score(rows: list[dict[str, Any]], texts: list[str]) -> tuple[float, float, float]:
    found = wanted = leaked = unwanted = 0
    for row, text in zip(rows, texts, strict=True):
        plain = _plain(text)
        wanted += len(row["with"])
        unwanted += len(row["without"])
        found += sum(_plain(passage) in plain for passage in row["with"])
        leaked += sum(_plain(passage) in plain for passage in row["without"])
    recall, precision = found / max(wanted, 1), found / max(found + leaked, 1)
    return recall, leaked / max(unwanted, 1), 2 * recall * precision / max(recall + precision, 1e-9)


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def _describe(rows: list[dict[str, Any]], bodies: list[bytes]) -> None:
    """What else our records say of these pages: access states, date sources, pages that were split."""
    states: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    split = []
    for row, body in zip(rows, bodies, strict=True):
        found = articles_from_page(Page(url=row["url"], status=200, body=body), None, now=datetime.now(UTC))
        if isinstance(found, Failure):
            states[f"failed: {found.reason.value}"] += 1
            continue
        states[found[0].access.value] += 1
        sources[found[0].date_source.value] += 1
        if len(found) > 1:
            split.append((row["file"], len(found)))
    print("\naccess:", ", ".join(f"{name} {count}" for name, count in states.most_common()))
    print("dates: ", ", ".join(f"{name} {count}" for name, count in sources.most_common()))
    print("split: ", ", ".join(f"{name} into {count}" for name, count in split) or "none")


if __name__ == "__main__":
    sys.exit(main())
