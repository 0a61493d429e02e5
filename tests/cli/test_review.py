"""`spywatch review` in a real terminal, key by key."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from terminal import CTRL_C, CTRL_D, UP, Terminal, plain

from spywatch.records import Classification, Decision, Evidence, SeedMatch, Tag, Term
from storage.layout import Layout
from storage.lock import FolderLock
from storage.retagging import Retag
from storage.store import PipelineStore

AtTerminal = Callable[..., Terminal]
NOW = datetime.fromisoformat("2026-05-20T13:00:00+00:00")
KEYS = "? help · q quit"


@pytest.fixture
def db(desk: Any, tmp_path: Path) -> Path:
    """A desk with five articles in doubt: two categories of one, then one category of two others, and one hostile."""
    folder: Path = desk.copy(tmp_path)
    with duckdb.connect(str(Layout(folder).pipeline)) as connection:
        connection.execute("DELETE FROM tags WHERE decision = 'review'")
        articles = connection.execute(
            "SELECT article_id FROM articles ANTI JOIN tags USING (article_id) "
            "WHERE language = 'en' AND length(text) > 500 ORDER BY article_id LIMIT 4"
        ).fetchall()
        first, second, third, hostile = (str(row[0]) for row in articles)
        change = "UPDATE articles SET title = ?, text = ? WHERE article_id = ?"
        connection.execute(change, [HOSTILE_TITLE, HOSTILE, hostile])
    with PipelineStore.open(folder, NOW) as store:
        doubts = {
            first: {"expulsion": 0.50, "recruitment": 0.48},
            second: {"expulsion": 0.45},
            third: {"tech-transfer": 0.40},
            hostile: {"expulsion": 0.30},
        }
        retags = [Retag(article_id=one, classification=doubtful(scores)) for one, scores in doubts.items()]
        store.store_retags(retags, NOW)
        store.publish(NOW)
    return folder


def doubtful(scores: dict[str, float]) -> Classification:
    """A classification that leaves everything to a person."""
    tags = [
        Tag(
            category=category,
            score=score,
            decision=Decision.REVIEW,
            evidence=(Evidence(field="text", start=4, end=40, text="as the text has it"),),
            terms=(Term(text="a word", weight=0.7),),
            nearest=(SeedMatch(example_id="x-1", title="A case alike", similarity=0.6),),
        )
        for category, score in scores.items()
    ]
    return Classification(tags=tuple(tags), scores=scores, model="linear-1", corpus="corpus-1", language="en")


HOSTILE_TITLE = "Title \x1b]0;owned\x07 \x1b[2J end"
HOSTILE = "One \x1b[31mtwo\x1b[0m \x9b2J three \x07\x08 four \u202e five [bold]six[/bold].\n" * 20


def queue(inside: Any, db: Path, *more: str) -> list[dict[str, Any]]:
    done = inside("review", "--json", "--db", db, *more)
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdicts(inside: Any, db: Path) -> list[tuple[str, str, str]]:
    query = "SELECT article_id, category, opinion FROM verdicts ORDER BY judged_at, category"
    rows = json.loads(inside("sql", query, "--db", db, "--format", "json").stdout)
    return [(row["article_id"], row["category"], row["opinion"]) for row in rows]


def test_the_queue_as_json_has_the_worst_doubt_first(inside: Any, db: Path) -> None:
    items = queue(inside, db)
    assert [item["score"] for item in items] == [0.50, 0.48, 0.45, 0.40, 0.30]
    assert [item["doubt"] for item in items] == sorted((item["doubt"] for item in items), reverse=True)
    assert items[0]["tag"]["terms"] == [{"text": "a word", "weight": 0.7}]
    assert items[0]["tag"]["nearest"] == [{"id": "x-1", "title": "A case alike", "similarity": 0.6}]
    assert [tag["category"] for tag in items[0]["other_tags"]] == ["recruitment"]
    assert len(queue(inside, db, "--limit", "2")) == 2
    assert {item["category"] for item in queue(inside, db, "--category", "tech-transfer")} == {"tech-transfer"}


def test_every_key_does_what_it_says(inside: Any, at_terminal: AtTerminal, db: Path) -> None:
    first, again, second, third, hostile = queue(inside, db)
    with at_terminal("review", "--db", db, "--author", "Ana") as terminal:
        shown = terminal.wait_for(KEYS)
        assert "1 of 5 · Expulsion 0.50" in shown
        assert first["title"] in shown
        assert first["url"] in "".join(shown.split())  # a long address is folded
        assert "also: recruitment 0.48 in doubt" in shown
        assert "words: a word" in shown
        assert "like “A case alike”" in shown
        terminal.press("?")
        terminal.wait_for("quit; what was answered is kept")
        terminal.press(UP + "xt")
        assert "1 of 5" in terminal.wait_for(KEYS)
        terminal.press("y")
        assert "→ yes" in terminal.wait_for("2 of 5 · Recruitment 0.48")
        terminal.press("N")
        assert "→ no" in terminal.wait_for("3 of 5 · Expulsion 0.45")
        terminal.press(" ")
        assert "→ later" in terminal.wait_for("4 of 5 · Tech transfer 0.40")
        terminal.press("n")
        terminal.wait_for("5 of 5")
        terminal.press("u")
        assert "→ undone" in terminal.wait_for("4 of 5")
        terminal.press("u")
        terminal.wait_for("3 of 5")
        terminal.press("s")
        terminal.wait_for("4 of 5")
        terminal.press("y")
        terminal.wait_for("5 of 5")
        terminal.press("q")
        assert terminal.end() == 0
    assert "3 answered (2 yes, 1 no), 2 left in doubt" in plain(terminal.raw)
    assert verdicts(inside, db) == [
        (first["article_id"], "expulsion", "yes"),
        (again["article_id"], "recruitment", "no"),
        (third["article_id"], "tech-transfer", "no"),
        (third["article_id"], "tech-transfer", "withdrawn"),
        (third["article_id"], "tech-transfer", "yes"),
    ]
    assert [item["article_id"] for item in queue(inside, db)] == [second["article_id"], hostile["article_id"]]
    told = json.loads(inside("digest", "--db", db, "--peek", "--format", "json").stdout)["items"]
    judged = {tag["category"]: tag["judged_by"] for tag in told for tag in tag["tags"] if tag["judged_by"]}
    assert judged == {"expulsion": "Ana", "tech-transfer": "Ana"}


def test_no_category_settles_the_whole_article_and_undo_restores_what_others_said(
    inside: Any, at_terminal: AtTerminal, db: Path
) -> None:
    article = queue(inside, db)[0]["article_id"]
    inside("verdict", article, "+tech-transfer", "--db", db, "--author", "Jo")
    with at_terminal("review", "--db", db, "--limit", "3") as terminal:
        terminal.wait_for(KEYS)
        terminal.press("a")
        terminal.wait_for("3 of 3")
        terminal.press("u")
        terminal.wait_for("1 of 3")
        terminal.press("q")
        assert terminal.end() == 0
    given = verdicts(inside, db)[1:]
    names = ("expulsion", "police-infiltration", "recruitment", "tech-transfer")
    assert given[:4] == [(article, name, "no") for name in names]
    assert given[4:] == [(article, name, "yes" if name == "tech-transfer" else "withdrawn") for name in names]
    assert "nothing answered, 3 left in doubt" in plain(terminal.raw)


def test_the_last_answer_can_be_undone(inside: Any, at_terminal: AtTerminal, db: Path) -> None:
    (last,) = queue(inside, db, "--limit", "1")
    with at_terminal("review", "--db", db, "--limit", "1") as terminal:
        terminal.wait_for(KEYS)
        terminal.press("n")
        terminal.wait_for("That was the last; u undoes it, q ends.")
        terminal.press("ynat u")
        assert "→ undone" in terminal.wait_for("1 of 1")
        terminal.wait_for(KEYS)
        terminal.press("y")
        terminal.wait_for("That was the last")
        terminal.press("q")
        assert terminal.end() == 0
    assert "1 answered (1 yes), 0 left in doubt" in plain(terminal.raw)
    assert verdicts(inside, db) == [(last["article_id"], "expulsion", word) for word in ("no", "withdrawn", "yes")]


def test_what_a_colleague_says_meanwhile_is_told_before_it_is_overruled_and_restored(
    inside: Any, at_terminal: AtTerminal, db: Path
) -> None:
    first, again = queue(inside, db)[:2]
    with at_terminal("review", "--db", db, "--author", "Jo") as terminal:
        terminal.wait_for(KEYS)
        for word in ("+expulsion", "+recruitment", "+tech-transfer"):
            inside("verdict", first["article_id"], word, "--db", db, "--author", "Ana")
        terminal.press("n")
        told = terminal.wait_for("Press the key again to overrule, s to leave it.")
        assert "→ Ana said yes at" in told
        terminal.press("n")
        terminal.wait_for("2 of 5")
        terminal.press("u")
        terminal.wait_for("1 of 5")
        terminal.press("s")
        terminal.wait_for("2 of 5")
        terminal.press("a")
        told = terminal.wait_for("Press the key again to overrule")
        assert "→ Ana said yes to tech transfer at" in told
        assert "to expulsion" not in told, "that is known by now"
        terminal.press("y")
        terminal.wait_for("3 of 5")
        terminal.press("u")
        terminal.wait_for("2 of 5")
        terminal.press("s")
        terminal.wait_for("3 of 5")
        terminal.press("q")
        assert terminal.end() == 0
    assert "nothing answered, 2 left as others say, 3 left in doubt" in plain(terminal.raw)
    assert verdicts(inside, db)[3:] == [
        (first["article_id"], "expulsion", "no"),
        (first["article_id"], "expulsion", "yes"),
        (again["article_id"], "recruitment", "yes"),
        (again["article_id"], "recruitment", "yes"),
    ]


def test_undo_leaves_what_a_colleague_has_said_since(inside: Any, at_terminal: AtTerminal, db: Path) -> None:
    article = queue(inside, db)[0]["article_id"]
    with at_terminal("review", "--db", db, "--author", "Jo") as terminal:
        terminal.wait_for(KEYS)
        terminal.press("n")
        terminal.wait_for("2 of 5")
        inside("verdict", article, "+expulsion", "--db", db, "--author", "Ana")
        terminal.press("u")
        assert "→ expulsion stays: Ana has said yes since" in terminal.wait_for("1 of 5")
        terminal.press("q")
        assert terminal.end() == 0
    assert verdicts(inside, db) == [(article, "expulsion", "no"), (article, "expulsion", "yes")]


def test_an_answer_holds_over_the_word_of_a_clock_that_was_ahead(
    inside: Any, at_terminal: AtTerminal, db: Path
) -> None:
    article = queue(inside, db)[0]["article_id"]
    ahead = datetime.now(UTC) + timedelta(hours=5)
    inside("verdict", article, "=expulsion", "--db", db, "--now", ahead.isoformat())
    with at_terminal("review", "--db", db) as terminal:
        terminal.wait_for(KEYS)
        terminal.press("n")
        terminal.wait_for("2 of 5")
        terminal.press("q")
        assert terminal.end() == 0
    assert (article, "expulsion") not in {(item["article_id"], item["category"]) for item in queue(inside, db)}


def test_no_category_means_those_that_have_left_the_corpus_too(
    inside: Any, at_terminal: AtTerminal, db: Path
) -> None:
    article = queue(inside, db)[2]["article_id"]
    with PipelineStore.open(db, NOW) as store:
        said = Retag(article_id=article, classification=doubtful({"expulsion": 0.5, "smuggling": 0.47}))
        store.store_retags([said], NOW)
        store.publish(NOW)
    with at_terminal("review", "--db", db) as terminal:
        for key in "sa":
            shown = terminal.wait_for(KEYS)
            terminal.press("a" if "also: smuggling" in shown else key)
            if "also: smuggling" in shown:
                break
        terminal.wait_for("→ no category applies")
        terminal.press("q")
        assert terminal.end() == 0
    assert (article, "smuggling", "no") in verdicts(inside, db)


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D], ids=["ctrl-c", "ctrl-d"])
def test_whoever_leaves_keeps_what_was_answered(inside: Any, at_terminal: AtTerminal, db: Path, key: str) -> None:
    with at_terminal("review", "--db", db) as terminal:
        terminal.wait_for(KEYS)
        terminal.press("n")
        terminal.wait_for("2 of 5")
        terminal.press(key)
        assert terminal.end() == 0
    assert "1 answered (1 no), 4 left in doubt" in plain(terminal.raw)
    assert b"Traceback" not in terminal.raw
    assert len(verdicts(inside, db)) == 1


@pytest.mark.parametrize("busy", [False, True], ids=["free", "a run at work"])
def test_an_answer_outlives_the_process(inside: Any, at_terminal: AtTerminal, db: Path, busy: bool) -> None:
    with FolderLock(db) if busy else nullcontext(), at_terminal("review", "--db", db) as terminal:
        terminal.wait_for(KEYS)
        terminal.press("y")
        terminal.wait_for("2 of 5")
        terminal.press("n")
        terminal.wait_for("3 of 5")
        os.killpg(terminal.pid, signal.SIGKILL)
        terminal.end()
    assert [item["score"] for item in queue(inside, db)] == [0.45, 0.40, 0.30]


def test_while_a_run_is_at_work(inside: Any, at_terminal: AtTerminal, db: Path) -> None:
    with FolderLock(db):
        with at_terminal("review", "--db", db, "--limit", "1") as terminal:
            terminal.wait_for(KEYS)
            terminal.press("n")
            terminal.wait_for("That was the last")
            terminal.press("q")
            assert terminal.end() == 0
        assert "in the journal" in plain(terminal.raw)
        assert len(queue(inside, db)) == 4
    assert verdicts(inside, db) == []


def test_nothing_of_an_article_steers_the_terminal(at_terminal: AtTerminal, db: Path) -> None:
    with at_terminal("review", "--db", db, "--category", "expulsion") as terminal:
        for number in (1, 2, 3):
            assert f"{number} of 3" in terminal.wait_for(KEYS)
            terminal.press("t" if number == 3 else "s")
        terminal.wait_for(KEYS)
        terminal.press("q")
        terminal.end()
    colourless = re.sub(rb"\x1b\[[0-9;]*m", b"", terminal.raw).decode()
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", colourless)
    assert b"\x1b[31m" not in terminal.raw
    assert "[bold]six[/bold]" in colourless
    assert "2J three" in colourless


def test_without_a_terminal_it_says_what_else_to_do(inside: Any, desk: Any) -> None:
    refused = inside("review", "--db", desk.db)
    assert refused.exit_code == 2
    for words in ("needs a terminal", "spywatch review --json", "spywatch verdict", "spywatch sql"):
        assert words in refused.stderr


def test_an_unknown_category_and_an_empty_queue(inside: Any, at_terminal: AtTerminal, db: Path) -> None:
    refused = inside("review", "--json", "--db", db, "--category", "expulsions")
    assert refused.exit_code == 2
    assert "did you mean expulsion?" in refused.stderr
    with at_terminal("review", "--db", db, "--category", "police-infiltration") as terminal:
        assert terminal.end() == 0
    assert "nothing is in doubt in police-infiltration" in plain(terminal.raw)
