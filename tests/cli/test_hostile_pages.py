"""Pages of the newsroom whose titles and authors are weapons, through a whole run and out of every command."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import unicodedata
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from newsroom.process import running_newsroom

NOW = "2026-05-20T12:00:00+00:00"
PAGES = ("spreadsheet-formula", "terminal-sequences")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, spywatch: Any) -> Iterator[Path]:
    """A database after a run over a feed that lists just these pages, whose titles the pages themselves bring."""
    folder = tmp_path_factory.mktemp("hostile")
    with running_newsroom(folder / "newsroom", hostile=True) as room:
        base = room.base_urls["minefield"]
        items = "".join(f"<item><link>{base}/page/{name}</link></item>" for name in PAGES)
        feed = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode()

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.end_headers()
                self.wfile.write(feed)

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            register = folder / "feeds.toml"
            register.write_text(
                f'[[feeds]]\nurl = "http://127.0.0.1:{server.server_port}/"\nname = "=1+1|Mine[d](x)"\n'
            )
            ran = spywatch("run", "--feeds", register, "--db", folder / "db", "--json", "--now", NOW)
            server.shutdown()
        assert ran.code == 0, ran.err
        assert ran.json["stored"] == len(PAGES), ran.text
        assert ran.json["tags"], "the pages are matches"
    return folder / "db"


def steering(text: str) -> list[str]:
    return [char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize(
    "command",
    [["status"], ["digest", "--peek"], ["digest", "--peek", "--format", "markdown"], ["sql", "FROM tagged_articles"]],
    ids=lambda command: "-".join(command[:1] + command[-1:]),
)
def test_nothing_steers_the_terminal(inside: Any, hostile: Path, command: list[str]) -> None:
    done = inside(*command, "--db", hostile)
    assert done.exit_code == 0
    assert steering(done.stdout) == []


def test_nothing_is_markup(inside: Any, hostile: Path) -> None:
    page = inside("digest", "--peek", "--format", "markdown", "--db", hostile).stdout
    html = MarkdownIt("commonmark").enable("table").render(page)
    assert not re.search(r"<(script|img|b|i|table)\b", html)
    assert all("/page/" in link for link in re.findall(r'(?:href|src)="([^"]*)"', html))


def test_nothing_is_a_formula(inside: Any, hostile: Path) -> None:
    query = "SELECT title, outlet, array_to_string(authors, ';') FROM articles JOIN feeds USING (feed_id)"
    rows = list(csv.reader(io.StringIO(inside("sql", query, "--format", "csv", "--db", hostile).stdout)))[1:]
    assert len(rows) == len(PAGES)
    assert any(row[0].startswith("'=") for row in rows)
    assert not [value for row in rows for value in row if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_json_is_json(inside: Any, hostile: Path) -> None:
    for command in (["status", "--json"], ["digest", "--peek", "--format", "json"]):
        text = inside(*command, "--db", hostile).stdout
        json.loads(text)
        assert steering(text) == []
