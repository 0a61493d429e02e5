"""Tagging stored articles again: the difference first, then the change; real database, real models."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from storage_samples import HOUR, NOW

from flows import equipment, retagging
from flows.equipment import trained_classifier
from flows.retagging import Change, ChangeKind, RetagReport, change_json, changes_of, retag_articles
from flows.steps import directly
from flows.tell import next_digest
from flows.tell_retag import retag_markdown, retag_summary
from spywatch.records import Classification, Decision, DigestItem, Opinion, Tag, Verdict
from spywatch.settings import Settings
from storage.connection import open_to_write
from storage.errors import HeldByAnotherRun, NotPublishedYet, OlderSchema
from storage.layout import Layout
from storage.lock import FolderLock
from storage.migrations import migrate, migrations
from storage.published import run_sql
from storage.recording import record_digest
from storage.retagging import StoredArticle
from storage.verdicts import journal_verdict, record_verdict

LATER = NOW + timedelta(days=3)


def retag(settings: Settings, *, commit: bool = False, **more: Any) -> RetagReport:
    return asyncio.run(retag_articles(settings, now=LATER, commit=commit, **more))


def alerts(settings: Settings) -> dict[str, str]:
    rows = run_sql(settings.db, "SELECT article_id, category FROM tags WHERE decision = 'alert'").rows()
    return {str(article_id): str(category) for article_id, category in rows}


def tell(settings: Settings) -> dict[str, DigestItem]:
    """The next digest, recorded."""
    digest = next_digest(settings.db, now=LATER)
    record_digest(settings.db, digest, LATER)
    return {item.article_id: item for item in digest.items}


def judge(settings: Settings, article_id: str, *, hours: int = 0, **opinions: Opinion) -> None:
    at = LATER + hours * HOUR
    record_verdict(settings.db, Verdict(article_id=article_id, opinions=opinions, author="Ana", at=at), at)


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix == ".duckdb")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_difference_is_shown_and_nothing_is_written(new_taste: Settings, old_desk: Any) -> None:
    before = content(old_desk.db)
    with FolderLock(old_desk.db):  # a run at work disturbs nobody who only looks
        report = retag(new_taste)
    assert content(old_desk.db) == before
    assert report.committed is False
    assert (report.articles, report.changed) == (5, 4)
    assert report.newly_tagged == {"bridge": 2}
    assert report.no_longer_tagged == {"cheese": 2}
    assert (report.told, report.overruled) == ({}, {})
    ids = old_desk.ids
    new = report.shown(ChangeKind.NEWLY_TAGGED, "bridge")
    assert {change.article_id for change in new} == {ids["span"], ids["fallen"]}
    assert all(change.old_score is None and change.new_score is not None for change in new)
    gone = report.shown(ChangeKind.NO_LONGER_TAGGED, "cheese")
    assert {change.title for change in gone} == {"Gold for a cheese", "The cellar of Eyre"}
    assert all(change.old_score is not None and change.new_score is None for change in gone), "no such category now"
    assert {change.outlet for change in report.changes} == {"The Northern Post"}


def test_what_was_shown_is_what_is_written(new_taste: Settings, old_desk: Any) -> None:
    shown = retag(new_taste)
    written = retag(new_taste, commit=True)
    assert written.committed
    assert [change_json(one) for one in written.changes] == [change_json(one) for one in shown.changes]
    ids = old_desk.ids
    assert alerts(new_taste) == {ids["span"]: "bridge", ids["fallen"]: "bridge"}
    versions = set(run_sql(new_taste.db, "SELECT model, corpus FROM articles").rows())
    assert versions == {(written.model, written.corpus)}
    again = retag(new_taste)
    assert (again.articles, again.changes) == (0, ())
    assert retag(new_taste, commit=True).articles == 0


def test_late_finds_stand_in_the_next_digest_and_say_so(new_taste: Settings, old_desk: Any) -> None:
    ids = old_desk.ids
    first = tell(new_taste)
    assert set(first) == {ids["rind"], ids["cellar"]}
    assert not any(item.retroactive for item in first.values())
    report = retag(new_taste, commit=True)
    assert report.told == {"cheese": 2}
    assert all(change.told for change in report.shown(ChangeKind.NO_LONGER_TAGGED, "cheese"))
    late = tell(new_taste)
    assert set(late) == {ids["span"], ids["fallen"]}
    assert all(item.retroactive for item in late.values())
    assert tell(new_taste) == {}


def test_a_verdict_stands_against_the_new_model(new_taste: Settings, old_desk: Any) -> None:
    ids = old_desk.ids
    judge(new_taste, ids["span"], bridge=Opinion.YES)
    judge(new_taste, ids["rind"], cheese=Opinion.YES)
    judge(new_taste, ids["cellar"], cheese=Opinion.YES)
    judge(new_taste, ids["cellar"], hours=1, cheese=Opinion.WITHDRAWN)
    for report in (retag(new_taste), retag(new_taste, commit=True)):
        assert report.newly_tagged == {"bridge": 1}
        assert report.no_longer_tagged == {"cheese": 1}
        assert report.overruled == {"bridge": 1, "cheese": 1}
        assert {change.article_id for change in report.standing} == {ids["span"], ids["rind"]}
    told = tell(new_taste)
    assert set(told) == {ids["fallen"], ids["span"], ids["rind"]}
    assert told[ids["rind"]].judged_by == {"cheese": "Ana"}
    assert told[ids["span"]].judged_by == {"bridge": "Ana"}
    assert told[ids["fallen"]].judged_by == {}


@pytest.mark.parametrize(
    ("said", "stands"), [(Opinion.YES, True), (Opinion.NO, True), (Opinion.WITHDRAWN, False), (None, False)]
)
def test_which_word_stands(said: Opinion | None, stands: bool) -> None:
    article = StoredArticle(
        article_id="a1",
        url="https://north.example/a",
        title="A",
        text="B",
        outlet="North",
        language="en",
        first_seen_at=NOW,
        tags=(Tag(category="expulsion", score=0.4, decision=Decision.REVIEW),),
        not_classified=None,
        model="linear-1",
        told=frozenset({"recruitment"}),
        verdicts={"expulsion": said} if said else {},
    )
    tag = Tag(category="expulsion", score=0.9, decision=Decision.ALERT)
    (change,) = changes_of(article, Classification(tags=(tag,), scores={"expulsion": 0.9}, model="linear-2"))
    assert (change.kind, change.old_score, change.new_score) == (ChangeKind.NEWLY_TAGGED, 0.4, 0.9)
    assert change.verdict == (said if stands else None)
    assert (change.told, change.told_as) == (False, ("recruitment",))


def test_counts_are_exact_where_few_changes_are_kept(new_taste: Settings) -> None:
    seen: list[Change] = []
    report = retag(new_taste, keep=1, each=seen.append)
    assert (report.newly_tagged, report.no_longer_tagged) == ({"bridge": 2}, {"cheese": 2})
    assert [(change.kind, change.category) for change in report.changes] == [
        (ChangeKind.NEWLY_TAGGED, "bridge"),
        (ChangeKind.NO_LONGER_TAGGED, "cheese"),
    ]
    assert len(seen) == 4
    largest = max((one for one in seen if one.category == "bridge"), key=lambda one: one.new_score or 0)
    assert report.changes[0].new_score == largest.new_score


@pytest.mark.parametrize("commit", [False, True])
def test_it_goes_by_batches(new_taste: Settings, monkeypatch: pytest.MonkeyPatch, commit: bool) -> None:
    whole = retag(new_taste)
    monkeypatch.setattr(retagging, "BATCH", 2)
    steps: list[str] = []
    told: list[tuple[str, int]] = []

    class Onlooker:
        def expect(self, what: str, total: int) -> None:
            told.append((what, total))

        def advance(self, what: str, count: int) -> None:
            told.append((what, count))

    async def step(name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        steps.append(name)
        return await directly(name, work)

    report = retag(new_taste, commit=commit, watch=Onlooker(), step=step)
    assert report.newly_tagged == whole.newly_tagged
    assert told[:2] == [("model", 1), ("model", 1)]
    assert told[2:] == [("articles", 5), ("articles", 2), ("articles", 2), ("articles", 1)]
    assert steps == ["batch 1", "batch 2", "batch 3", "batch 4", *(["publish"] if commit else [])]


def test_a_run_at_work_is_not_disturbed(new_taste: Settings, old_desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equipment, "PATIENCE", timedelta())
    before = content(old_desk.db)
    with FolderLock(old_desk.db), pytest.raises(HeldByAnotherRun):
        retag(new_taste, commit=True)
    assert content(old_desk.db) == before


def test_somebody_who_writes_for_a_moment_is_waited_for(new_taste: Settings, old_desk: Any) -> None:
    lock = FolderLock(old_desk.db)
    lock.acquire()
    done = threading.Timer(0.3, lock.release)
    done.start()
    assert retag(new_taste, commit=True).articles == 5
    done.join()


class PowerCut(Exception):
    """The end of a process, as far as the database can tell."""


def cut_off(settings: Settings, after: str) -> None:
    """A retag that ends with a step and does not publish."""

    async def step(name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if name == "publish":
            raise PowerCut
        done = await directly(name, work)
        if name == after:
            raise PowerCut
        return done

    with pytest.raises(PowerCut):
        retag(settings, commit=True, step=step)


@pytest.mark.parametrize(("after", "resumed"), [("batch 1", 2), ("batch 2", 4), ("publish", 5)])
def test_what_was_cut_off_is_told_by_the_next(
    new_taste: Settings, monkeypatch: pytest.MonkeyPatch, after: str, resumed: int
) -> None:
    tell(new_taste)
    shown = retag(new_taste)
    assert (shown.resumed, shown.told) == (0, {"cheese": 2})
    monkeypatch.setattr(retagging, "BATCH", 2)
    cut_off(new_taste, after)
    assert retag(new_taste) == shown, "readers see what they saw"
    written = retag(new_taste, commit=True)
    assert (written.committed, written.resumed, written.articles) == (True, resumed, 5)
    assert replace(written, committed=False, resumed=0) == shown
    assert f"Of these, {resumed} by a retag that was interrupted" in " ".join(retag_summary(written))
    again = retag(new_taste, commit=True)
    assert (again.articles, again.resumed) == (0, 0)


def test_what_was_cut_off_before_the_taste_changed_again_is_told_as_readers_know_it(
    new_taste: Settings, old_desk: Any
) -> None:
    cut_off(new_taste, "batch 1")
    judge_later = Verdict(article_id=old_desk.ids["match"], opinions={"bridge": Opinion.NO}, author="Ana", at=LATER)
    journal_verdict(new_taste.db, judge_later, LATER)  # the model learns from it and is another one
    shown = retag(new_taste)
    written = retag(new_taste, commit=True)
    assert written.no_longer_tagged == {"cheese": 2}
    assert replace(written, committed=False) == shown


def test_a_database_of_the_version_before_is_brought_up_to_date(new_taste: Settings, old_desk: Any) -> None:
    layout = Layout(old_desk.db)
    for path in (layout.pipeline, layout.published):
        path.unlink()
        with open_to_write(path) as connection:
            migrate(connection, path, NOW, migrations()[:2])
            for statement in OLD_ARTICLE.strip().split(";\n"):
                connection.execute(statement, {"now": NOW})
    with pytest.raises(OlderSchema, match="`spywatch retag --yes` or"):
        retag(new_taste)
    report = retag(new_taste, commit=True)
    assert (report.articles, report.newly_tagged, report.no_longer_tagged) == (1, {"bridge": 1}, {"cheese": 1})
    assert retag(new_taste).articles == 0
    assert alerts(new_taste) == {"a1": "bridge"}


OLD_ARTICLE = """
INSERT INTO articles BY NAME
SELECT 'a1' AS article_id, 'e1' AS entry_id, 'f' AS feed_id, 'https://north.example/1' AS url,
    'https://north.example/1' AS canonical_url, 'Bridge shut at Dorn' AS title,
    'Engineers closed the bridge at Dorn after a girder cracked and a pillar bent.' AS "text",
    []::VARCHAR[] AS authors, 'en' AS language, 'none' AS date_source, 'full' AS access, 'page' AS text_source,
    '' AS feed_text, $now AS first_seen_at, $now AS fetched_at, $now AS classified_at, 'linear-old' AS model,
    'r' AS run_id;
INSERT INTO tags BY NAME
SELECT 'a1' AS article_id, 'cheese' AS category, 0.9 AS score, 'alert' AS decision, 'linear-old' AS model,
    $now AS classified_at,
    [{'field': 'text', 'char_start': 0, 'char_end': 9, 'sentence': 'Engineers'}] AS evidence
"""


@pytest.mark.parametrize("commit", [False, True])
def test_where_there_is_no_database_none_is_made(new_taste: Settings, tmp_path: Path, commit: bool) -> None:
    nowhere = new_taste.model_copy(update={"db": tmp_path / "nowhere"})
    with pytest.raises(NotPublishedYet):
        retag(nowhere, commit=commit)
    assert not (tmp_path / "nowhere").exists()


def test_the_model_learns_from_verdicts(new_taste: Settings, old_desk: Any) -> None:
    before = trained_classifier(new_taste)
    judge(new_taste, old_desk.ids["rind"], bridge=Opinion.YES)
    after = trained_classifier(new_taste)
    assert after.corpus != before.corpus
    assert after.version != before.version
    nowhere = new_taste.model_copy(update={"db": old_desk.db / "nowhere"})
    assert trained_classifier(nowhere).version == before.version


def test_the_page_for_the_orchestrator(new_taste: Settings, old_desk: Any) -> None:
    tell(new_taste)
    judge(new_taste, old_desk.ids["span"], bridge=Opinion.YES)
    page = retag_markdown(retag(new_taste), zone=ZoneInfo("UTC"))
    assert "## Bridge: 1 newly tagged" in page
    assert "- Viaduct falls, The Northern Post" in page
    assert "told in a digest" in page
    assert "An analyst's verdict stands against the model: 1 bridge" in page
    assert "Nothing was written" in page
