"""`spywatch verdict`: the analyst's word wins, in views and digests, at once or through the journal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from terminal import plain

from storage.lock import FolderLock

NOW = datetime.fromisoformat("2026-05-20T12:00:00+00:00")
LATER = (NOW + timedelta(hours=1)).isoformat()
LAST = (NOW + timedelta(hours=2)).isoformat()


@pytest.fixture
def db(desk: Any, tmp_path: Path) -> Path:
    copied: Path = desk.copy(tmp_path)
    return copied


def ask(inside: Any, db: Path, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(inside("sql", query, "--db", db, "--format", "json").stdout)
    return rows


def expelled(inside: Any, db: Path) -> dict[str, Any]:
    """An article with the one tag expulsion, an alert."""
    query = (
        "SELECT article_id, url, title FROM article_list "
        "WHERE alerts = ['expulsion'] AND reviews = [] ORDER BY article_id LIMIT 1"
    )
    return ask(inside, db, query)[0]


def dull(inside: Any, db: Path) -> dict[str, Any]:
    """An article with no tag."""
    query = (
        "SELECT article_id, url, title FROM article_list "
        "WHERE alerts = [] AND reviews = [] AND not_classified IS NULL ORDER BY article_id LIMIT 1"
    )
    return ask(inside, db, query)[0]


def digest(inside: Any, db: Path) -> dict[str, dict[str, Any]]:
    told = json.loads(inside("digest", "--db", db, "--peek", "--format", "json", "--now", LAST).stdout)
    return {item["article_id"]: item for item in told["items"]}


def standing_of(inside: Any, db: Path, article: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(inside("verdict", article, "--db", db, "--json").stdout)
    return told


def test_a_verdict_wins_over_the_model_in_views_and_digests(inside: Any, db: Path) -> None:
    wrong, missed = expelled(inside, db), dull(inside, db)
    assert wrong["article_id"] in digest(inside, db)
    line = (
        "verdict",
        wrong["article_id"],
        "-expulsion",
        "--note",
        "a recall, not an expulsion",
        "--author",
        "Ana W.",
    )
    done = inside(*line, "--db", db, "--now", LATER)
    assert done.exit_code == 0
    assert "Ana W.: expulsion no" in done.stdout
    assert done.stderr == "in the database\n"
    assert inside("verdict", missed["article_id"], "+recruitment", "--db", db, "--now", LATER).exit_code == 0
    tagged = ask(inside, db, "SELECT article_id, category, decided_by FROM tagged_articles")
    assert wrong["article_id"] not in {row["article_id"] for row in tagged}
    assert {"article_id": missed["article_id"], "category": "recruitment", "decided_by": "analyst"} in tagged
    told = digest(inside, db)
    assert wrong["article_id"] not in told
    (tag,) = told[missed["article_id"]]["tags"]
    assert (tag["category"], tag["evidence"]) == ("recruitment", [])
    assert tag["judged_by"]
    shown = inside("digest", "--db", db, "--peek", "--now", LAST).stdout
    assert f"{tag['judged_by']} says so" in shown
    log = ask(inside, db, "SELECT author, opinion, note FROM verdict_log WHERE category = 'expulsion'")
    assert log == [{"author": "Ana W.", "opinion": "no", "note": "a recall, not an expulsion"}]


def test_a_word_is_taken_back(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    inside("verdict", article, "-expulsion", "--db", db, "--now", LATER)
    assert article not in digest(inside, db)
    said = inside("verdict", article, "=expulsion", "--db", db, "--now", LAST, "--json")
    standing = json.loads(said.stdout)
    assert [one["opinion"] for one in standing["verdicts"]] == ["no", "withdrawn"]
    assert [tag["category"] for tag in standing["effective"]] == ["expulsion"]
    assert article in digest(inside, db)


def test_while_a_run_is_at_work_it_waits_in_the_journal_and_counts(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    with FolderLock(db):
        done = inside("verdict", article, "-expulsion", "--db", db, "--now", LATER)
        assert done.exit_code == 0
        assert "journal" in done.stderr
        assert article not in digest(inside, db)
        standing = json.loads(inside("verdict", article, "--db", db, "--json").stdout)
        assert (standing["effective"], standing["verdicts"][0]["opinion"]) == ([], "no")
        assert json.loads(inside("status", "--db", db, "--json").stdout)["journal_records"] == 1
        assert article in {row["article_id"] for row in ask(inside, db, "FROM tagged_articles")}, "not published yet"
    inside("verdict", dull(inside, db)["article_id"], "--none", "--db", db, "--now", LAST)
    assert json.loads(inside("status", "--db", db, "--json").stdout)["journal_records"] == 0
    assert article not in {row["article_id"] for row in ask(inside, db, "FROM tagged_articles")}


def test_none_says_no_to_every_category(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    said = inside("verdict", article, "--none", "-expulsion", "--db", db, "--now", LATER, "--json")
    standing = json.loads(said.stdout)
    assert {one["category"]: one["opinion"] for one in standing["verdicts"]} == dict.fromkeys(
        ("expulsion", "recruitment", "tech-transfer", "police-infiltration"), "no"
    )
    assert (standing["effective"], standing["recorded"]) == ([], "applied")


def test_an_article_is_named_by_its_address_or_the_beginning_of_its_id(inside: Any, db: Path) -> None:
    article = expelled(inside, db)
    for key in (article["url"], article["url"] + "#comments", article["article_id"][:10]):
        standing = json.loads(inside("verdict", key, "--db", db, "--json").stdout)
        assert standing["article_id"] == article["article_id"]


def test_what_is_said_of_an_article(inside: Any, db: Path) -> None:
    article = expelled(inside, db)
    inside("verdict", article["article_id"], "+recruitment", "--note", "both", "--author", "Ana", "--db", db)
    shown = inside("verdict", article["article_id"], "--db", db).stdout
    for words in (
        article["title"].split()[0],
        article["article_id"],
        "alert",
        "yes (Ana)",
        "recruitment yes, “both”",
    ):
        assert words in shown
    told = json.loads(inside("verdict", article["article_id"], "--db", db, "--json").stdout)
    assert set(told) == {
        *("article_id", "url", "title", "outlet", "published_at", "language", "model", "verdicts", "effective"),
    }
    assert set(told["model"]["tags"][0]) == {"category", "score", "decision", "evidence", "terms", "nearest"}
    assert {tag["category"]: tag["judged_by"] for tag in told["effective"]} == {
        "expulsion": None,
        "recruitment": "Ana",
    }


@pytest.mark.parametrize(
    "line", [["-police-infiltration"], ["--", "-police-infiltration"], ["-police-infiltration", "--"]]
)
def test_a_minus_is_no_option(inside: Any, db: Path, line: list[str]) -> None:
    article = expelled(inside, db)["article_id"]
    said = inside("verdict", "--db", db, "--json", article, *line)
    assert said.exit_code == 0, said.stderr
    assert [one["category"] for one in json.loads(said.stdout)["verdicts"]] == ["police-infiltration"]


def test_a_note_may_begin_with_a_minus(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    said = inside("verdict", article, "--note", "-expulsion is\x1b[31m wrong\n", "-expulsion", "--db", db, "--json")
    (one,) = json.loads(said.stdout)["verdicts"]
    assert (one["opinion"], one["note"]) == ("no", "-expulsion is [31m wrong")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (["{id}", "+expulsoin"], 2, "did you mean expulsion?"),
        (["{id}", "+bread"], 2, "The categories are expulsion, police-infiltration, recruitment, tech-transfer."),
        (["{id}", "=bread"], 2, "'bread' is no category"),
        (["{id}", "expulsion"], 2, "write +category"),
        (["{id}", "+"], 2, "write +category"),
        (["{id}", "+expulsion", "-expulsion"], 2, "two opinions on expulsion"),
        (["{id}", "+expulsion", "--none"], 2, "--none says that no category applies"),
        (["{id}", "--note", "why"], 2, "--note goes with an opinion"),
        (["{id}", "+expulsion", "--author", " \x00"], 2, "needs a name"),
        (["{id}", "+expulsion", "--note", "x " * 1_001], 2, "a note at most 2,000"),
        (["+expulsion", "{id}"], 2, "name the article first"),
        ([""], 2, "asks for an article"),
        (["abcde", "+expulsion"], 3, "too short"),
        (["000000000000", "+expulsion"], 3, "there is no article 000000000000"),
        (["https://nowhere.example/x?token=s3kr1tT0ken", "+expulsion"], 3, "there is no article"),
    ],
    ids=lambda value: " ".join(value).replace("\x00", "0")[:60] if isinstance(value, list) else None,
)
def test_what_cannot_be_recorded_is_one_sentence(
    inside: Any, desk: Any, line: list[str], code: int, words: str
) -> None:
    article = expelled(inside, desk.db)["article_id"]
    refused = inside("verdict", *[word.replace("{id}", article) for word in line], "--db", desk.db)
    assert refused.exit_code == code
    assert refused.stdout == ""
    assert words in refused.stderr
    assert "s3kr1tT0ken" not in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert ask(inside, desk.db, "FROM verdicts") == []


@pytest.mark.parametrize("option", ["--note", "--author", "--db", "--now"])
def test_an_option_at_the_end_asks_for_its_value(inside: Any, desk: Any, option: str) -> None:
    article = expelled(inside, desk.db)["article_id"]
    refused = inside("verdict", article, "+expulsion", option)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"Option '{option}' requires an argument" in plain(refused.stderr.encode())
    assert ask(inside, desk.db, "FROM verdicts") == []


def test_the_longest_note(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    said = inside("verdict", article, "+expulsion", "--note", "x" * 2_000 + "\n", "--db", db, "--json")
    assert json.loads(said.stdout)["verdicts"][0]["note"] == "x" * 2_000


def test_a_category_that_has_left_the_corpus_is_denied(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    corpus = Path("corpus")
    for folder, labels in (("recruitment", '["recruitment"]'), ("background", "[]")):
        (corpus / folder).mkdir(parents=True)
        examples = [
            f'[[example]]\nid = "{folder}-{number}"\nlabels = {labels}\nlanguage = "en"\n'
            f'title = "News"\ntext = "The news number {number} of {folder}."\n'
            for number in range(5)
        ]
        (corpus / folder / "some.toml").write_text("\n".join(examples))
    (corpus / "recruitment" / "definition.toml").write_text('title = "Recruitment"\nsummary = "Texts on it."\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPYWATCH_CORPUS", str(corpus))
        assert "'smuggling' is no category" in inside("verdict", article, "-smuggling", "--db", db).stderr
        said = inside("verdict", article, "-expulsion", "--db", db, "--now", LATER, "--json")
        assert json.loads(said.stdout)["effective"] == []
        inside("verdict", article, "=expulsion", "--db", db, "--now", LAST)
        assert [tag["category"] for tag in standing_of(inside, db, article)["effective"]] == ["expulsion"]
        inside("verdict", article, "--none", "--db", db)
        assert standing_of(inside, db, article)["effective"] == []


def test_what_is_printed_is_what_holds(inside: Any, db: Path) -> None:
    article = expelled(inside, db)["article_id"]
    inside("verdict", article, "+expulsion", "--db", db, "--author", "Ana", "--now", LAST)
    said = inside("verdict", article, "-expulsion", "--db", db, "--author", "Jo", "--now", LATER).stdout
    holds = standing_of(inside, db, article)["verdicts"][-1]
    assert ("what holds is expulsion yes: Ana" in said) is (holds["author"] == "Ana")
    assert said.rstrip().endswith("tagged expulsion" if holds["opinion"] == "yes" else "no tag")


def test_an_address_of_several_articles_names_them(inside: Any, db: Path) -> None:
    page = ask(inside, db, "SELECT url, entry_id FROM articles WHERE part = 1")[0]
    entry = ask(inside, db, f"SELECT url FROM entries WHERE entry_id = '{page['entry_id']}'")[0]
    refused = inside("verdict", entry["url"], "+expulsion", "--db", db)
    assert refused.exit_code == 3
    assert "may be one of these" in refused.stderr
    parts = ask(inside, db, f"SELECT article_id FROM articles WHERE entry_id = '{page['entry_id']}'")
    assert len(parts) == 5
    assert all(part["article_id"] in refused.stderr for part in parts)


def test_the_author_is_the_setting_or_the_login_name(inside: Any, db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    article = expelled(inside, db)["article_id"]
    monkeypatch.setenv("LOGNAME", "jo")
    inside("verdict", article, "+expulsion", "--db", db, "--now", LATER)
    monkeypatch.setenv("SPYWATCH_AUTHOR", "Desk North")
    inside("verdict", article, "-expulsion", "--db", db, "--now", LAST)
    told = json.loads(inside("verdict", article, "--db", db, "--json").stdout)
    assert [one["author"] for one in told["verdicts"]] == ["jo", "Desk North"]
