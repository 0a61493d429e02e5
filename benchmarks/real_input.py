"""The whole product on real pages: serve them, run `spywatch run` on them, and look at what came out.

    python -m benchmarks.real_input [--shared DIR] [--json]

DIR holds `pages/labels.jsonl` with the pages that it names, and `seeds/`, the documents that the categories come
from. A page is served as it is and without a charset in its Content-Type; a seed is wrapped in a page that has its
first line as title and heading and each other line as a paragraph. One RSS feed lists all of them, title and link
only. The command runs twice; before the second time the feed gets a newer date, so that it is read again and not just
"304".

Ends with 0 where everything required came out, 1 where something did not (it says what), 3 where DIR was named and
does not hold the data.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from resiliparse.parse.html import HTMLTree
from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks import NOT_AS_REQUIRED, find_data

HOST = "127.0.0.1"
_SPACE = re.compile(r"\s+")
_EXPULSION = frozenset({"expulsion"})
SEEDS: dict[str, tuple[frozenset[str], ...]] = {
    "000": (frozenset({"recruitment", "police-infiltration"}),),
    "001": (
        _EXPULSION,
        _EXPULSION | {"tech-transfer"},
        _EXPULSION,
        _EXPULSION | {"recruitment"},
        _EXPULSION,
        _EXPULSION,
        _EXPULSION,
    ),
    "002": (frozenset({"recruitment"}),),
    "003": (frozenset({"police-infiltration"}),),
    "004": (frozenset({"tech-transfer"}),),
}
"""What the seeds must come out as: for each article, in the order of the page, the categories to alert on."""

_DISPOSITIONS = ("seen", "stored", "unchanged", "linked", "failed", "dropped")
_ENTRIES = "SELECT entry_id, url, state, reason, detail, linked_to_article_id FROM entry_ledger"
_ARTICLES = """
SELECT a.article_id, a.entry_id, a.part, a.title, a.text, a.language, a.access, a.text_source, a.date_source,
       a.not_classified, l.alerts, l.reviews
FROM articles a JOIN article_list l USING (article_id)
ORDER BY a.entry_id, a.part
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A document of the site: its name in the data, its path on the server, its title in the feed, its bytes."""

    name: str
    path: str
    title: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages:
    """How much of what must be in the stored text is there, and of what must not."""

    wanted: int = 0
    found: int = 0
    unwanted: int = 0
    leaked: int = 0

    @property
    def recall(self) -> float:
        """Share of the wanted passages that were found."""
        return self.found / max(self.wanted, 1)

    @property
    def leakage(self) -> float:
        """Share of the unwanted passages that were found."""
        return self.leaked / max(self.unwanted, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedArticle:
    """An article that came of a seed, with what it should have been tagged and what it was."""

    seed: str
    part: int | None
    title: str
    expected: list[str]
    alerts: list[str]
    reviews: list[str]

    @property
    def right(self) -> bool:
        """Whether the alerts are exactly the expected ones."""
        return sorted(self.alerts) == self.expected


@dataclass(slots=True, kw_only=True)
class Findings:
    """What is reported: the two runs' own reports, and what lies in the published database."""

    first_run: dict[str, Any]
    second_run: dict[str, Any]
    pages: int
    seeds: list[SeedArticle]
    not_stored: list[dict[str, str]]
    counts: dict[str, dict[str, int]]
    split: list[dict[str, Any]]
    passages: Passages
    missed: list[dict[str, Any]]
    alerts: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    required: dict[str, bool] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code is told above."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, metavar="DIR", help="folder with pages/ and seeds/; default ../shared")
    parser.add_argument("--json", action="store_true", help="print everything as JSON instead of tables")
    chosen = parser.parse_args(arguments)
    data = find_data(chosen.shared, "pages/labels.jsonl", "seeds")
    if isinstance(data, int):
        return data
    labels = [json.loads(line) for line in (data / "pages" / "labels.jsonl").read_text("utf-8").splitlines() if line]
    site = [*_pages(data / "pages", labels), *_seeds(data / "seeds")]
    with tempfile.TemporaryDirectory(prefix="real-input-") as temporary:
        findings = _measure(site, labels, Path(temporary))
    if chosen.json:
        print(json.dumps(_as_json(findings), ensure_ascii=False, indent=1))
    else:
        _show(findings)
    return 0 if all(findings.required.values()) else NOT_AS_REQUIRED


# ---- the site ------------------------------------------------------------------------------------------------------


def _pages(folder: Path, labels: list[dict[str, Any]]) -> Iterator[Served]:
    for label in labels:
        name = label["file"]
        body = gzip.decompress((folder / name).read_bytes())
        path = "pages/" + Path(name).name.removesuffix(".gz")
        yield Served(name=name, path=path, title=_title(body) or label["url"], body=body)


def _title(body: bytes) -> str:
    """The page's `<title>`, as a publisher's system would put it into the feed."""
    encoding = detect_encoding(body, from_html_meta=True) or "utf-8"
    return _plain(HTMLTree.parse(bytes_to_str(body, encoding)).title or "")


def _seeds(folder: Path) -> Iterator[Served]:
    for file in sorted(folder.glob("*.txt")):
        first, *others = file.read_text("utf-8").split("\n")
        title = html.escape(first.strip(), quote=False)
        paragraphs = "\n".join(f"<p>{html.escape(line.strip(), quote=False)}</p>" for line in others if line.strip())
        page = (
            f"<!doctype html>\n<html><head><title>{title}</title></head>\n"
            f"<body>\n<h1>{title}</h1>\n{paragraphs}\n</body></html>\n"
        )
        yield Served(
            name=f"seeds/{file.name}", path=f"seeds/{file.stem}.html", title=first.strip(), body=page.encode()
        )


def _write_site(site: list[Served], folder: Path, base: str) -> Path:
    """Write pages and feed below `folder`, to be served at `base`; the feed's file."""
    items = []
    for document in site:
        file = folder / document.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(document.body)
        # XML 1.0 has no way to write control characters, and some real titles hold them.
        title = html.escape("".join(one for one in document.title if one.isprintable()), quote=False)
        items.append(f"<item><title>{title}</title><link>{base}/{document.path}</link></item>")
    feed = folder / "feed.xml"
    feed.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>Real input</title>'
        f"<link>{base}/</link><description>Pages to measure with</description>\n{chr(10).join(items)}\n"
        "</channel></rss>\n",
        encoding="utf-8",
    )
    return feed


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of loopback, in a process of its own; yields the base address."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", HOST, "--directory", str(folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()  # "Serving HTTP on 127.0.0.1 port 40123 (http://127.0.0.1:40123/) ..."
            port = re.search(r" port (\d+) ", line)
            if port is None:
                raise RuntimeError(f"the server did not start: {line!r}")
            yield f"http://{HOST}:{port[1]}"
        finally:
            server.terminate()


# ---- the product ---------------------------------------------------------------------------------------------------


def _spywatch(*arguments: str | Path, folder: Path) -> Any:
    """What a `spywatch` command prints as JSON. Settings other than those given here are left out of its world."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("SPYWATCH_")}
    settings = {
        "SPYWATCH_ALLOWED_PRIVATE_HOSTS": HOST,
        "SPYWATCH_HOST_DELAY_SECONDS": "0",
        "SPYWATCH_HOST_CONCURRENCY": "8",
        "NO_PROXY": HOST,
        "no_proxy": HOST,
    }
    command = [str(Path(sys.executable).with_name("spywatch")), *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, env=outside | settings, stdout=subprocess.PIPE, check=False)
    if done.returncode and not done.stdout.strip():
        raise SystemExit(f"spywatch {arguments[0]} ended with {done.returncode}")
    return json.loads(done.stdout)


def _measure(site: list[Served], labels: list[dict[str, Any]], folder: Path) -> Findings:
    served = folder / "site"
    served.mkdir()
    db = folder / "db"
    register = folder / "register.toml"
    with _serving(served) as base:
        feed = _write_site(site, served, base)
        register.write_text(f'[[feeds]]\nurl = "{base}/feed.xml"\nname = "Real input"\n', encoding="utf-8")
        run = ("run", "--feeds", register, "--db", db, "--json")
        first = _spywatch(*run, folder=folder)
        later = feed.stat().st_mtime + 3_600
        os.utime(feed, (later, later))
        second = _spywatch(*run, folder=folder)
    ask = ("sql", "--db", db, "--format", "json")
    entries = {row["url"].removeprefix(f"{base}/"): row for row in _spywatch(*ask, _ENTRIES, folder=folder)}
    articles = _spywatch(*ask, _ARTICLES, folder=folder)
    return _judge(site, labels, first, second, entries, articles)


def _judge(
    site: list[Served],
    labels: list[dict[str, Any]],
    first: dict[str, Any],
    second: dict[str, Any],
    entries: dict[str, dict[str, Any]],
    articles: list[dict[str, Any]],
) -> Findings:
    """Put the database's rows beside what is known of the documents."""
    of_entry: dict[str, list[dict[str, Any]]] = {}
    for article in articles:
        of_entry.setdefault(article["entry_id"], []).append(article)
    by_id = {article["article_id"]: article for article in articles}

    def of(document: Served) -> list[dict[str, Any]]:
        entry = entries.get(document.path, {})
        linked = by_id.get(entry.get("linked_to_article_id") or "")
        return of_entry.get(entry.get("entry_id", ""), []) or ([linked] if linked else [])

    pages = [document for document in site if document.name.startswith("html/")]
    rows = [(page.name, article) for page in pages for article in of(page)]
    passages, missed = _passages(labels, {page.name: "\n".join(one["text"] for one in of(page)) for page in pages})
    seeds = [
        one for document in site if document.name.startswith("seeds/") for one in _seed_rows(document, of(document))
    ]
    findings = Findings(
        first_run=first,
        second_run=second,
        pages=len(pages),
        seeds=seeds,
        not_stored=[
            {"file": page.name, **{key: entry.get(key) or "" for key in ("state", "reason", "detail")}}
            for page in pages
            if (entry := entries.get(page.path, {})).get("state") != "stored"
        ],
        counts={
            name: dict(Counter(str(article[name] or "none") for _, article in rows).most_common())
            for name in ("access", "text_source", "date_source", "language", "not_classified")
        },
        split=[{"file": page.name, "articles": len(of(page))} for page in pages if len(of(page)) > 1],
        passages=passages,
        missed=missed,
        alerts=[_tagged(name, article, "alerts") for name, article in rows if article["alerts"]],
        reviews=[_tagged(name, article, "reviews") for name, article in rows if article["reviews"]],
    )
    parts = Counter(one.seed for one in seeds if one.title or one.alerts)
    findings.required = {
        "both runs balance": bool(first["balanced"] and second["balanced"]),
        "every document was seen": first["seen"] == len(site),
        "every seed came out as so many articles as it holds": dict(parts)
        == {name: len(expected) for name, expected in SEEDS.items()},
        "every article of a seed has its alerts and no other": all(one.right for one in seeds),
        "the second run read the feed again": second["seen"] == len(site),
        "the second run stored nothing": second["stored"] == 0 and second["articles"] == 0,
    }
    return findings


def _tagged(name: str, article: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"file": name, "categories": article[kind], "language": article["language"], "title": article["title"]}


def _seed_rows(document: Served, articles: list[dict[str, Any]]) -> Iterator[SeedArticle]:
    """A row for each article expected of a seed, and for each one more that came."""
    number = Path(document.name).name[:3]
    expected = SEEDS.get(number, ())
    for place in range(max(len(expected), len(articles))):
        article = articles[place] if place < len(articles) else {}
        yield SeedArticle(
            seed=number,
            part=article.get("part"),
            title=article.get("title", ""),
            expected=sorted(expected[place]) if place < len(expected) else [],
            alerts=list(article.get("alerts") or ()),
            reviews=list(article.get("reviews") or ()),
        )


def _passages(labels: list[dict[str, Any]], texts: dict[str, str]) -> tuple[Passages, list[dict[str, Any]]]:
    """Look the labelled passages up in the stored texts; white space is not compared.

    Returns:
        The sums, and the pages of which no wanted passage at all was found.
    """
    wanted = found = unwanted = leaked = 0
    missed = []
    for label in labels:
        text = _plain(texts[label["file"]])
        there = sum(_plain(passage) in text for passage in label["with"])
        wanted, found = wanted + len(label["with"]), found + there
        unwanted += len(label["without"])
        leaked += sum(_plain(passage) in text for passage in label["without"])
        if label["with"] and not there:
            missed.append({"file": label["file"], "address": label["url"], "characters": len(text)})
    return Passages(wanted=wanted, found=found, unwanted=unwanted, leaked=leaked), missed


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


# ---- the report ----------------------------------------------------------------------------------------------------


def _as_json(findings: Findings) -> dict[str, Any]:
    shown = asdict(findings)
    shown["passages"] |= {"recall": findings.passages.recall, "leakage": findings.passages.leakage}
    for row, seed in zip(shown["seeds"], findings.seeds, strict=True):
        row["right"] = seed.right
    return shown


def _show(findings: Findings) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    console.print(_runs_table(findings))
    passages = findings.passages
    console.print(
        f"passages that must be in the text: {passages.found} of {passages.wanted} ({passages.recall:.3f}); "
        f"that must not: {passages.leaked} of {passages.unwanted} ({passages.leakage:.3f})\n"
    )
    for name, counts in findings.counts.items():
        console.print(Text(f"{name}: " + ", ".join(f"{value} {count}" for value, count in counts.items())))
    split = ", ".join(f"{one['file']} into {one['articles']}" for one in findings.split) or "none"
    console.print(Text(f"split: {split}\n"))
    if findings.not_stored:
        console.print(_rows_table("real pages that were not stored", findings.not_stored))
    if findings.missed:
        console.print(_rows_table("real pages of which no wanted passage was found", findings.missed))
    console.print(_seeds_table(findings.seeds))
    flagged = len({row["file"] for row in findings.alerts})
    title = f"alerts on {flagged} of {findings.pages} real pages, which are general: look for false alarms"
    console.print(_rows_table(title, findings.alerts))
    console.print(
        _rows_table(f"reviews on {len({row['file'] for row in findings.reviews})} real pages", findings.reviews)
    )
    for sentence, met in findings.required.items():
        console.print(Text(f"{'yes' if met else 'NO':>4}  {sentence}", style="" if met else "bold red"))


def _runs_table(findings: Findings) -> Table:
    table = Table(title=f"{findings.pages} real pages and {len(SEEDS)} seeds", title_justify="left")
    table.add_column("")
    for heading in ("first run", "second run"):
        table.add_column(heading, justify="right")
    runs = (findings.first_run, findings.second_run)
    for name in (
        "seen",
        "stored",
        "unchanged",
        "linked",
        "failed",
        "dropped",
        "articles",
        "not_classified",
        "balanced",
    ):
        table.add_row(name, *(str(run[name]) for run in runs))
    for name in sorted({name for run in runs for name in run["failures"]}):
        table.add_row(Text(f"failed: {name}"), *(str(run["failures"].get(name, 0)) for run in runs))
    for name in sorted({name for run in runs for name in run["tags"]}):
        table.add_row(Text(f"alert: {name}"), *(str(run["tags"].get(name, 0)) for run in runs))
    return table


def _rows_table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(", ".join(value) if isinstance(value, list) else str(value)) for value in row.values()))
    return table


def _seeds_table(seeds: list[SeedArticle]) -> Table:
    table = Table(title="the seeds", title_justify="left")
    for heading in ("seed", "part", "expected", "alerts", "reviews", "title", ""):
        table.add_column(heading, overflow="fold")
    for one in seeds:
        table.add_row(
            one.seed,
            str(one.part or ""),
            ", ".join(one.expected),
            ", ".join(one.alerts),
            ", ".join(one.reviews),
            Text(one.title[:60]),
            "right" if one.right else "[bold red]WRONG[/]",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
