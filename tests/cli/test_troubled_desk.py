"""What `status`, `where` and the others say of a desk in trouble, and that hostile words do no harm anywhere."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from troubled import DOWN, EVIL_PAGE, FORMULA, FORMULA_PAGE, HOSTILE, LOGIN, MOVED

LATER = "2026-03-02T13:00:00+00:00"


@pytest.mark.parametrize("width", ["80", "100"])
def test_the_status_of_all(spywatch: Any, troubled: Path, width: str) -> None:
    shown = spywatch("status", "--db", troubled, COLUMNS=width)
    assert (shown.code, shown.err) == (0, "")
    assert max(map(len, shown.text.splitlines())) <= int(width)
    words = " ".join(re.sub("[│┃]", " ", shown.text).split())
    assert "aside 3 entries" in words
    assert "spywatch replay" in words
    assert "failing: connect" in words
    assert "ok, moved" in words
    assert words.index("mistake of spywatch itself") < words.index("feeds 3 read"), "first and loud"
    assert words.index("can no longer be read") < words.index("moved to another address"), "the urgent first"
    sources = shown.text[shown.text.index("sources: 1 failing") :]
    assert sources.index("Down Under") < sources.index("Moved Gazette"), "trouble stands first"


def test_the_status_of_all_as_json(inside: Any, troubled: Path) -> None:
    standing = json.loads(inside("status", "--db", troubled, "--json").stdout)
    assert standing["set_aside"] == 3
    assert standing["failing"] == ["Down Under"]
    notices = {(one["kind"], one["outlet"]) for one in standing["last_run"]["notices"]}
    assert {("moved", "Moved Gazette"), ("failing", "Down Under")} <= notices
    [moved] = [one for one in standing["sources"] if one["outlet"] == "Moved Gazette"]
    assert moved["adopted_url"] == "https://moved.example/new.xml"
    assert moved["habits"] == ["false_not_modified"]


@pytest.mark.parametrize("name", ["Moved Gazette", "moved gazette", "Gazette", MOVED.url])
def test_the_status_of_one_source(inside: Any, troubled: Path, name: str) -> None:
    shown = inside("status", "--source", name, "--db", troubled)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "https://moved.example/new.xml" in shown.stdout
    assert "false_not_modified" in shown.stdout
    assert "moved: Asked at new.xml now." in shown.stdout
    assert "Down Under" not in shown.stdout
    [told] = json.loads(inside("status", "--source", name, "--db", troubled, "--json").stdout)["sources"]
    assert told["outlet"] == "Moved Gazette"
    assert [one["habit"] for one in told["habits"]] == ["false_not_modified"]
    assert told["silence"]["silent"] is None
    assert {one["kind"] for one in told["notices"]} >= {"moved"}


def test_the_figures_of_a_source_with_articles(inside: Any, troubled: Path) -> None:
    shown = inside("status", "--source", "The Quay", "--db", troubled).stdout
    for words in ("90 days", "2 (100 %)", "login", "1 (50 %)", "too few articles to tell", "too little history"):
        assert words in shown


def test_a_source_that_there_is_not(inside: Any, troubled: Path) -> None:
    done = inside("status", "--source", "Moved Gazete", "--db", troubled)
    assert (done.exit_code, done.stdout) == (3, "")
    assert "did you mean 'Moved Gazette'?" in done.stderr
    assert inside("status", "--source", "", "--db", troubled).exit_code == 3


def test_where_tells_dates_access_and_how_to_try_again(inside: Any, troubled: Path) -> None:
    shown = " ".join(inside("where", LOGIN, "--db", troubled).stdout.split())
    assert "“02/03/2026”, not believed: it has no single meaning" in shown
    assert "not believed: it lies in the future" in shown
    assert "access login" in shown
    assert "login_required: a login page" in shown
    assert "first document that was read of its feed" in shown
    told = json.loads(inside("where", LOGIN, "--db", troubled, "--json").stdout)
    [article] = told["articles"]
    assert [(one["source"], one["fault"]) for one in article["dates"]] == [
        ("feed_published", "unreadable"),
        ("json_ld", "future"),
        ("meta", None),
    ]
    assert told["entries"][0]["backlog"] is True
    assert article["backlog"] is False, "it is young enough to be told"


def test_where_tells_all_of_a_feed(inside: Any, troubled: Path) -> None:
    shown = " ".join(inside("where", MOVED.url, "--db", troubled).stdout.split())
    for words in (
        "asked at https://moved.example/new.xml",
        "adopted",
        "fresh until",
        "habit false_not_modified",
        "poll",
    ):
        assert words in shown
    down = inside("where", DOWN.url, "--db", troubled).stdout
    assert "failure points" in down
    assert "next attempt" in down


COMMANDS = [
    ["status"],
    ["status", "--source", "Down Under"],
    ["status", "--source", HOSTILE],
    ["where", EVIL_PAGE],
    ["where", DOWN.url],
    ["replay"],
    ["digest", "--peek", "--now", LATER],
    ["digest", "--peek", "--now", LATER, "--format", "markdown"],
    ["sql", "SELECT title, outlet, evidence FROM tagged_articles"],
    ["sql", "FROM tagged_articles"],
    ["sql", "SELECT 1 FROM no_such\x1b[2J\u202etable"],
    ["where", "https://none.example/\x1b[2J\u202e"],
    ["replay", "https://none.example/\x1b[2J\u202e"],
    ["verdict", "https://none.example/\x1b[2J\u202e"],
    ["verdict", FORMULA_PAGE],
]
JSON_COMMANDS = [
    ["status", "--json"],
    ["status", "--source", "Down Under", "--json"],
    ["where", EVIL_PAGE, "--json"],
    ["replay", "--json"],
    ["digest", "--peek", "--now", LATER, "--format", "json"],
    ["sql", "FROM tagged_articles", "--format", "json"],
    ["verdict", FORMULA_PAGE, "--json"],
]


def steering(text: str) -> list[str]:
    return [char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs"}]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"{command[0]}-{len(' '.join(command))}")
def test_no_command_lets_hostile_words_steer_the_terminal(inside: Any, troubled: Path, command: list[str]) -> None:
    done = inside(*command, "--db", troubled)
    assert done.stdout + done.stderr
    assert steering(done.stdout) == steering(done.stderr) == []


@pytest.mark.parametrize("command", JSON_COMMANDS, ids=lambda command: "-".join(command[:1] + command[-1:]))
def test_json_keeps_hostile_words_and_does_no_harm(inside: Any, troubled: Path, command: list[str]) -> None:
    done = inside(*command, "--db", troubled)
    assert done.exit_code == 0, done.stderr
    assert steering(done.stdout) == []
    json.loads(done.stdout)


def test_json_says_what_the_article_said(inside: Any, troubled: Path) -> None:
    answer = inside("sql", "SELECT title FROM tagged_articles", "--format", "json", "--db", troubled)
    assert {HOSTILE, FORMULA} <= {row["title"] for row in json.loads(answer.stdout)}


def test_the_review_queue_does_no_harm(inside: Any, troubled: Path) -> None:
    lines = inside("review", "--json", "--db", troubled).stdout.splitlines()
    assert HOSTILE in {json.loads(line)["title"] for line in lines}
    assert steering("\n".join(lines)) == []


def test_a_digest_in_markdown_has_only_the_articles_own_links(inside: Any, troubled: Path) -> None:
    page = inside("digest", "--peek", "--now", LATER, "--format", "markdown", "--db", troubled).stdout
    html = MarkdownIt("commonmark").enable("table").render(page)
    links = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert len(links) == 4
    assert {re.sub(r"^https?://([^/]+)/.*", r"\1", link) for link in links} == {"quay.example", "evil.example"}
    assert not re.search(r"<(script|img|i|table|del)\b", html)
    assert "a login page stood in its place: told from the feed" in page.replace("\\", "")


def test_csv_of_hostile_headlines_has_no_formula(inside: Any, troubled: Path) -> None:
    answer = inside("sql", "SELECT title FROM tagged_articles ORDER BY title", "--format", "csv", "--db", troubled)
    titles = [row[0] for row in csv.reader(io.StringIO(answer.stdout))][1:]
    assert "'" + FORMULA in titles
    assert not [title for title in titles if title.startswith(("=", "+", "-", "@"))]
