"""Questions are answered from the published copy; nothing else can be reached from there."""

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from storage_samples import (
    ALERT,
    HOUR,
    NORTH,
    NOW,
    REVIEW,
    SOUTH,
    article,
    classified,
    digest,
    entry,
    failed,
    failed_poll,
    poll,
    stored,
    verdict,
)

from spywatch.records import Disposition, EntryOutcome, Opinion, Reason, RunReport, TaggedArticle
from storage.errors import QueryError, StorageError
from storage.layout import Layout
from storage.ledger import EntryState, PollResult, RetryRule
from storage.published import ExportFormat, Result, export, open_published, run_sql, write
from storage.queries import ready_queries, ready_query
from storage.recording import record_digest
from storage.retagging import Retag
from storage.status import status
from storage.store import PipelineStore
from storage.verdicts import record_verdict
from storage.whereabouts import where

RETRY = RetryRule(base=HOUR)
RECENT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
A, B, C = (entry(f"https://north.example/{name}", published_at=RECENT - 2 * HOUR) for name in "abc")
D = entry("https://north.example/d", published_at=None)
REPORT = RunReport(run_id="r1", started_at=RECENT, finished_at=RECENT + HOUR, seen=4, stored=3, failed=1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    with PipelineStore.open(folder, RECENT) as store:
        also = replace(A, feed_url=SOUTH.url)
        store.record_polls(
            "r1",
            [poll(A, B, C, D, at=RECENT), poll(also, feed=SOUTH, at=RECENT), failed_poll(EAST, at=RECENT)],
            RECENT,
        )
        both = stored(A, ALERT, replace(ALERT, category="tech-transfer", score=0.8))
        foreign = article(D, language="")
        unscored = classified(scores={}, not_classified="no examples in this language", language="")
        unread = EntryOutcome(
            entry=D,
            disposition=Disposition.STORED,
            articles=(TaggedArticle(article=foreign, classification=unscored),),
        )
        store.store_outcomes("r1", [both, stored(B, REVIEW), failed(C), unread], RECENT, RETRY)
        store.record_run(REPORT)
        store.publish(RECENT)
    return folder


EAST = replace(NORTH, url="https://east.example/atom", name="Eastern Herald")


def answers(folder, query, **params):
    return list(run_sql(folder, query, params or None).rows())


def test_the_view_of_matches_has_the_promised_columns(filled):
    result = run_sql(filled, "SELECT * FROM tagged_articles ORDER BY score DESC")
    assert result.columns == (
        "article_id",
        "url",
        "title",
        "text",
        "outlet",
        "language",
        "published_at",
        "first_seen_at",
        "category",
        "score",
        "evidence",
        "decided_by",
        "judged_by",
        "note",
        "retroactive",
        "terms",
        "corpus",
        "model",
        "access",
        "backlog",
    )
    first, second = result.rows()
    told = article(A)
    evidence = "A diplomat was told to leave. … He has three days."
    assert first == (
        told.id,
        told.url,
        told.title,
        told.text,
        "The Northern Post",
        "en",
        A.published_at,
        RECENT,
        "expulsion",
        0.97,
        evidence,
        "model",
        None,
        None,
        False,
        "told to leave, diplomat",
        "corpus-0001",
        "linear-0001",
        "full",
        False,
    )
    assert (second[0], second[8]) == (told.id, "tech-transfer")


def test_evidence_points_into_the_text(filled):
    query = """SELECT e.sentence, a.text[e.char_start + 1 : e.char_end] FROM evidence AS e
        JOIN articles AS a USING (article_id) WHERE category = 'expulsion' ORDER BY position"""
    found = answers(filled, query)
    assert len(found) == 2
    assert all(sentence == cut for sentence, cut in found)


def test_the_other_views_tell_what_they_promise(filled):
    assert answers(filled, "SELECT title, category FROM review_queue") == [(B.title, "recruitment")]
    assert answers(filled, "SELECT state, count(*) FROM entry_ledger GROUP BY state ORDER BY state") == [
        ("due", 1),
        ("stored", 3),
    ]
    assert answers(filled, "SELECT feeds FROM entry_ledger WHERE url = $url", url=A.url) == [(2,)]
    health = (
        "SELECT outlet, health, last_reason, entries, articles, alert_articles FROM source_health ORDER BY outlet"
    )
    assert answers(filled, health) == [
        ("Eastern Herald", "failing", "timeout", 0, 0, 0),
        ("Southern Wire", "ok", None, 0, 0, 0),
        ("The Northern Post", "ok", None, 4, 3, 1),
    ]
    assert answers(filled, "SELECT stage, reason FROM recent_failures ORDER BY stage") == [
        ("download", "http_server_error"),
        ("poll", "timeout"),
    ]
    lists = "SELECT alerts, reviews, not_classified IS NULL FROM article_list ORDER BY url"
    assert answers(filled, lists) == [
        (["expulsion", "tech-transfer"], [], True),
        ([], ["recruitment"], True),
        ([], [], False),
    ]


def test_times_are_instants_whatever_the_zone_of_the_session(filled):
    with duckdb.connect(str(Layout(filled).published), read_only=True) as session:
        session.execute("SET TimeZone = 'Asia/Tokyo'")
        (seen,) = session.execute("SELECT first_seen_at FROM tagged_articles").fetchone()
        assert seen == RECENT
    (found,) = run_sql(filled, "SELECT current_setting('TimeZone')").rows()
    assert found == ("UTC",)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_text('{other}')",
        "SELECT * FROM read_csv('{other}')",
        "SELECT * FROM '{other}'",
        "SELECT * FROM glob('{folder}/*')",
        "COPY articles TO '{folder}/out.csv'",
        "EXPORT DATABASE '{folder}/out'",
        "ATTACH '{folder}/pipeline.duckdb' AS p",
        "INSTALL httpfs",
        "LOAD '{folder}/x.duckdb_extension'",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x')",
        "SET enable_external_access = true",
        "SET TimeZone = 'Asia/Tokyo'",
        "DELETE FROM articles",
        "CREATE TABLE x (a INTEGER)",
        "DROP VIEW tagged_articles",
        "SELECT * FROM folder",
    ],
)
def test_a_query_reaches_nothing_but_the_published_tables(filled, tmp_path, query):
    other = tmp_path / "other.csv"
    other.write_text("secret\n")
    before = sorted(path.name for path in filled.iterdir())
    with pytest.raises(QueryError) as caught:
        run_sql(filled, query.format(other=other, folder=filled))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in filled.iterdir()) == before


def test_a_wrong_query_is_one_line(filled):
    with pytest.raises(QueryError, match="no_such_table"):
        run_sql(filled, "SELECT *\nFROM no_such_table")
    with pytest.raises(QueryError):
        run_sql(filled, "SELECT $x", {"y": 1})


def test_a_query_that_takes_too_long_is_stopped(filled):
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE hash(a.range, b.range) % 7 = 3"
    with pytest.raises(QueryError, match="was stopped after"):
        run_sql(filled, endless, time_limit=0.2)
    assert answers(filled, "SELECT 1") == [(1,)]


def test_odd_results(filled):
    assert len(run_sql(filled, "")) == 0
    twice = run_sql(filled, "SELECT 1 AS a, 2 AS a, 3 AS b")
    assert (twice.columns, list(twice.rows())) == (("a", "a_2", "b"), [(1, 2, 3)])
    with open_published(filled) as session:
        assert session.execute("SELECT count(*) FROM articles").fetchone() == (3,)


ODD = """SELECT
    '=1+2' AS formula, 'plain, "quoted"' AS text, -3 AS number, 0.5::DOUBLE AS part, true AS flag, NULL AS nothing,
    TIMESTAMPTZ '2024-01-02 03:04:05+00' AS moment, DATE '2024-01-02' AS day, ['a', 'b'] AS list,
    MAP {'k': 1} AS map, {'s': 1, 't': [DATE '2024-01-02']} AS struct, 'NaN'::DOUBLE AS nan,
    INTERVAL 90 SECOND AS wait, '\\x00ff'::BLOB AS bytes, 12.50::DECIMAL(9, 2) AS money, sum(7) AS total"""


def written(result: Result, form: ExportFormat, **options) -> bytes:
    out = io.BytesIO()
    write(result, out, form, **options)
    return out.getvalue()


def test_csv_is_read_back_and_safe_for_spreadsheets(filled):
    result = run_sql(filled, ODD)
    names, cells = csv.reader(io.StringIO(written(result, ExportFormat.CSV).decode(), newline=""))
    found = dict(zip(names, cells, strict=True))
    assert found["formula"] == "'=1+2"
    assert found["text"] == 'plain, "quoted"'
    assert (found["number"], found["flag"], found["nothing"]) == ("-3", "true", "")
    assert found["moment"] == "2024-01-02T03:04:05+00:00"
    assert json.loads(found["list"]) == ["a", "b"]
    plain = written(result, ExportFormat.CSV, safe_cells=False).decode()
    assert "\n=1+2," in plain


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_disarmed(filled, start):
    result = run_sql(filled, "SELECT $cell AS cell", {"cell": start + "x"})
    _, (cell,) = csv.reader(io.StringIO(written(result, ExportFormat.CSV).decode(), newline=""))
    assert cell == "'" + start + "x"


def test_json_holds_every_kind_of_value(filled):
    (found,) = json.loads(written(run_sql(filled, ODD), ExportFormat.JSON))
    assert found["formula"] == "=1+2"
    assert (found["number"], found["part"], found["flag"], found["nothing"], found["nan"]) == (
        -3,
        0.5,
        True,
        None,
        None,
    )
    assert (found["list"], found["map"]) == (["a", "b"], {"k": 1})
    assert found["struct"] == {"s": 1, "t": ["2024-01-02"]}
    assert (found["day"], found["money"], found["total"]) == ("2024-01-02", 12.5, 7)
    assert json.loads(written(run_sql(filled, "SELECT 1 AS a WHERE false"), ExportFormat.JSON)) == []
    assert len(json.loads(written(run_sql(filled, "SELECT * FROM range(3)"), ExportFormat.JSON))) == 3


def test_parquet_keeps_types(filled, tmp_path):
    path = tmp_path / "out.parquet"
    export(
        run_sql(filled, "SELECT article_id, score, first_seen_at FROM tagged_articles"), path, ExportFormat.PARQUET
    )
    table = pq.read_table(path)
    assert table.num_rows == 2
    assert table.column("first_seen_at").to_pylist()[0] == RECENT


def test_an_export_is_whole_or_not_there(filled, tmp_path):
    result = run_sql(filled, "SELECT 1 AS a")
    with pytest.raises(StorageError):
        export(result, tmp_path / "missing" / "out.csv", ExportFormat.CSV)
    path = tmp_path / "out.csv"
    path.write_text("old")
    export(result, path, ExportFormat.CSV)
    assert path.read_bytes() == b"a\r\n1\r\n"
    assert [found.name for found in tmp_path.iterdir()] == ["out.csv"]


def test_there_are_ready_queries_with_heads():
    names = [query.name for query in ready_queries()]
    assert len(names) >= 8
    for query in ready_queries():
        assert query.title and query.shows.endswith(".")
        assert all(f"${parameter.name}" in query.sql for parameter in query.parameters)
    assert ready_query(names[0]) in ready_queries()
    with pytest.raises(QueryError, match="no ready query"):
        ready_query("nonsense")


# Of each ready query, a cell of the first row that the sample data must give.
EXPECTED = {
    "access_by_source": {"outlet": "The Northern Post", "full_text": 3},
    "alerts_by_source": {"outlet": "The Northern Post", "articles": 1},
    "alerts_by_week": {"category": "expulsion", "articles": 1},
    "dates_missing": {"outlet": "The Northern Post", "without_date": 1},
    "entries_not_stored": {"state": "due", "url": C.url},
    "failing_sources": {"outlet": "Eastern Herald", "last_reason": "timeout"},
    "failures_by_reason": {"stage": "download", "failures": 1},
    "feed_latency": {"outlet": "The Northern Post", "median_hours": 2.0},
    "in_review": {"url": B.url, "category": "recruitment"},
    "languages": {"language": "en", "articles": 2},
    "last_runs": {"seen": 4, "balanced": True},
    "new_alerts": {"url": A.url, "category": "expulsion"},
    "pages_in_several_feeds": {"feeds": 2, "url": A.url},
    "source_yield": {"outlet": "The Northern Post", "alert_percent": 33.3},
}


# The same of the queries that ask for verdicts, late finds and foreign languages.
EXPECTED_OF_JUDGED = {
    "disagreements": {"analyst_says": "no", "model_says": "alert", "author": "ana", "url": A.url},
    "languages_not_covered": {"language": "xx", "articles": 1, "example": D.title},
    "retroactive_finds": {"category": "expulsion", "url": B.url, "model": "linear-0002"},
    "verdicts_given": {"opinion": "no", "category": "expulsion", "latest": True, "model_says": "alert"},
}


@pytest.fixture(scope="module")
def judged(filled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("judged")
    shutil.copyfile(Layout(filled).pipeline, Layout(folder).pipeline)
    with PipelineStore.open(folder, RECENT) as store:
        foreign = classified(scores={}, not_classified="language_not_covered", language="xx", model="linear-0002")
        found = classified(ALERT, model="linear-0002")
        store.store_retags(
            [
                Retag(article_id=article(B).id, classification=found),
                Retag(article_id=article(D).id, classification=foreign),
            ],
            RECENT,
        )
        store.publish(RECENT)
    record_verdict(folder, verdict(article(A).id, RECENT, expulsion=Opinion.NO), RECENT)
    return folder


def test_each_ready_query_is_tested():
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [query.name for query in ready_queries() if f'"{query.name}"' not in tests] == []


@pytest.mark.parametrize("name", [*EXPECTED, *EXPECTED_OF_JUDGED])
def test_a_ready_query_answers(filled, judged, name):
    query = ready_query(name)
    folder, expected = (filled, EXPECTED) if name in EXPECTED else (judged, EXPECTED_OF_JUDGED)
    result = run_sql(folder, query.sql, query.values())
    first = dict(zip(result.columns, next(result.rows()), strict=True))
    assert expected[name].items() <= first.items()


def test_the_parameters_of_a_ready_query(filled):
    query = ready_query("new_alerts")
    assert query.values() == {"days": 7}
    assert list(run_sql(filled, query.sql, query.values({"days": "0"})).rows()) == []
    with pytest.raises(QueryError, match="no parameter 'weeks'"):
        query.values({"weeks": "1"})
    with pytest.raises(QueryError, match="needs a number"):
        query.values({"days": "many"})


def test_status_sums_up(filled):
    found = status(filled)
    assert (found.feeds, found.failing, found.articles, found.awaiting_review) == (3, ("Eastern Herald",), 3, 1)
    assert found.entries == {"due": 1, "stored": 3}
    assert found.alerts == {"expulsion": 1, "tech-transfer": 1}
    assert found.last_run == REPORT
    assert (found.running, found.journal_records, found.digests, found.last_digest_at) == (None, 0, 0, None)
    assert found.bytes == Layout(filled).published.stat().st_size


@pytest.mark.parametrize("asked", [A.url, "http://north.example/a/?utm_source=x#top", A.id, article(A).id])
def test_where_finds_an_item_by_any_of_its_names(filled, asked):
    found = where(filled, asked)
    (trace,) = found.entries
    assert (trace.state, trace.attempts, trace.article_ids) == (EntryState.STORED, 1, (article(A).id,))
    assert [seen.outlet for seen in trace.seen_in] == ["The Northern Post", "Southern Wire"]
    (told,) = found.articles
    assert told.tags[0] == ALERT
    assert (told.model, told.corpus, told.verdicts) == ("linear-0001", "corpus-0001", ())
    assert told.scores == {"expulsion": 0.97, "recruitment": 0.02}


def test_where_tells_why_an_item_failed(filled):
    (trace,) = where(filled, C.url).entries
    assert (trace.state, trace.reason, trace.due_at) == (EntryState.DUE, Reason.HTTP_SERVER_ERROR, RECENT + HOUR)
    (failure,) = trace.failures
    assert (failure.subject, failure.retryable, failure.at) == (C.url, True, RECENT)


def test_where_knows_feeds_with_and_without_their_secrets(filled):
    for asked in (SOUTH.url, "https://south.example/rss?token=REDACTED"):
        (feed,) = where(filled, asked).feeds
        assert (feed.outlet, feed.health) == ("Southern Wire", "ok")
        (polled,) = feed.polls
        assert (polled.outcome, polled.linked, polled.new_entries) == (PollResult.READ, 1, 0)


def test_where_says_when_nothing_is_known(filled):
    for asked in ("https://nowhere.example/", "", "'; DROP TABLE entries; --", "x" * 10_000):
        assert not where(filled, asked).known


def test_where_tells_the_digests_of_an_article(folder, store):
    store.record_polls("r1", [poll(A)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT)], NOW, RETRY)
    store.close()
    made = digest(article(A).id, at=NOW + HOUR)
    record_digest(folder, made, NOW)
    (told,) = where(folder, A.url).articles
    assert [(one.digest_id, one.made_at) for one in told.digests] == [(made.id, NOW + HOUR)]
