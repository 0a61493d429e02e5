"""The schema grows by numbered steps, each whole or not at all."""

from dataclasses import replace
from datetime import datetime

import pytest
from storage_samples import ALERT, NOW, classified

from storage.candidates import digest_candidates
from storage.connection import open_to_write, rows
from storage.errors import DamagedDatabase, NewerSchema, NotPublishedYet, OlderSchema
from storage.layout import Layout
from storage.migrations import Migration, found_version, known_version, migrate, migrations
from storage.published import is_of_older_schema, open_current, run_sql
from storage.retagging import Retag
from storage.status import status
from storage.store import PipelineStore


@pytest.fixture
def database(tmp_path):
    with open_to_write(tmp_path / "x.duckdb") as connection:
        yield connection


def test_every_step_is_recorded_once(database, tmp_path):
    assert migrate(database, tmp_path, NOW) == known_version()
    assert migrate(database, tmp_path, NOW) == 0
    taken = database.execute("SELECT version, name FROM migrations ORDER BY version").fetchall()
    assert taken == [(step.version, step.name) for step in migrations()]


def test_a_step_that_fails_leaves_nothing(database, tmp_path):
    steps = (
        Migration(version=1, name="good", sql="CREATE TABLE one (a INTEGER);"),
        Migration(version=2, name="bad", sql="CREATE TABLE two (a INTEGER); SELECT nonsense;"),
    )
    with pytest.raises(Exception, match="nonsense"):
        migrate(database, tmp_path, NOW, steps)
    assert found_version(database) == 1
    assert [row["name"] for row in rows(database, "describe_tables")] == ["migrations", "one"]
    mended = (steps[0], replace(steps[1], sql="CREATE TABLE two (a INTEGER);"))
    assert migrate(database, tmp_path, NOW, mended) == 1


def test_numbers_without_gap_are_required(tmp_path):
    (tmp_path / "0001_a.sql").write_text("SELECT 1;")
    (tmp_path / "0003_c.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match="gaps"):
        migrations(tmp_path)


def set_version(folder, version: int, when: datetime) -> None:
    for path in (Layout(folder).pipeline, Layout(folder).published):
        with open_to_write(path) as connection:
            if version > known_version():
                connection.execute("INSERT INTO migrations VALUES (?, 'from the future', ?)", [version, when])
            else:
                connection.execute("DELETE FROM migrations WHERE version > ?", [version])


def test_a_database_of_a_newer_version_is_refused_untouched(folder, store):
    store.publish(NOW)
    store.close()
    set_version(folder, 99, NOW)
    before = Layout(folder).pipeline.read_bytes()
    with pytest.raises(NewerSchema, match="newer version of spywatch") as caught:
        PipelineStore.open(folder, NOW)
    assert (caught.value.found, caught.value.known) == (99, known_version())
    assert Layout(folder).pipeline.read_bytes() == before
    with pytest.raises(NewerSchema):
        open_current(folder)
    assert list(run_sql(folder, "SELECT 1").rows()) == [(1,)]  # plain SQL needs no schema


def test_a_copy_of_an_older_version_asks_for_a_run(folder, store):
    store.publish(NOW)
    store.close()
    set_version(folder, 1, NOW)
    with pytest.raises(OlderSchema, match="`spywatch retag --yes` or `spywatch run` brings"):
        open_current(folder)
    assert is_of_older_schema(folder)


def test_a_file_that_is_no_database(folder, store):
    store.close()
    Layout(folder).pipeline.write_bytes(b"something else" * 1000)
    Layout(folder).published.write_bytes(b"something else" * 1000)
    with pytest.raises(DamagedDatabase, match="cannot be read as a database"):
        PipelineStore.open(folder, NOW)
    with pytest.raises(DamagedDatabase):
        run_sql(folder, "SELECT 1")
    with pytest.raises(DamagedDatabase):  # and the lock was given back
        PipelineStore.open(folder, NOW)


def test_a_folder_without_database(tmp_path):
    with pytest.raises(NotPublishedYet, match="spywatch run --db"):
        run_sql(tmp_path, "SELECT 1")
    with pytest.raises(NotPublishedYet):
        open_current(tmp_path / "nowhere")


OLD_ROWS = """
INSERT INTO feeds (feed_id, url, outlet, name, language, country, kind, verified, registered, added_at,
    consecutive_failures, retired)
VALUES ('f', 'https://north.example/feed', 'North', '', 'en', '', 'other', true, true, $now, 0, false);
INSERT INTO articles BY NAME
SELECT 'a' || i AS article_id, 'e' || i AS entry_id, 'f' AS feed_id, 'https://north.example/' || i AS url,
    'https://north.example/' || i AS canonical_url, 'Title' AS title, 'A text.' AS "text", []::VARCHAR[] AS authors,
    'en' AS language, 'none' AS date_source, 'full' AS access, 'page' AS text_source, '' AS feed_text,
    $now AS first_seen_at, $now AS fetched_at, $now AS classified_at, 'linear-old' AS model, 'r' AS run_id
FROM range(3000) AS numbers(i);
INSERT INTO tags BY NAME
SELECT article_id, 'expulsion' AS category, 0.9 AS score, 'alert' AS decision, model, $now AS classified_at,
    [{'field': 'text', 'char_start': 0, 'char_end': 7, 'sentence': 'A text.'}] AS evidence
FROM articles;
INSERT INTO scores BY NAME SELECT article_id, 'expulsion' AS category, 0.9 AS score, model FROM articles;
INSERT INTO runs BY NAME
SELECT 'r' || i AS run_id, $now AS started_at, $now AS finished_at, 1 AS feeds, 1 AS feeds_ok,
    0 AS feeds_not_modified, 0 AS feeds_failed, 0 AS feeds_skipped, 0 AS seen, 0 AS stored, 0 AS unchanged,
    0 AS linked, 0 AS failed, 0 AS dropped, 0 AS articles, 0 AS not_classified, MAP {'poll/dns': 1} AS failures,
    MAP {'expulsion': 2} AS tags
FROM range(3000) AS numbers(i);
"""


def test_a_database_from_before_verdicts_is_brought_up_to_date(tmp_path):
    path = Layout(tmp_path).pipeline
    with open_to_write(path) as connection:
        migrate(connection, path, NOW, migrations()[:2])
        for part in OLD_ROWS.strip().split(";\n"):
            connection.execute(part.rstrip(";"), {"now": NOW} if "$now" in part else None)
    with PipelineStore.open(tmp_path, NOW) as store:  # thousands of rows: one is not enough to try a new column
        store.publish(NOW)
        tags = """SELECT count(*), bool_and(terms = []), bool_and(nearest = []), bool_and(corpus = ''),
            bool_or(retroactive), min(evidence[1].sentence) FROM tags"""
        assert list(run_sql(tmp_path, tags).rows()) == [(3000, True, True, True, False, "A text.")]
        assert list(run_sql(tmp_path, "SELECT DISTINCT corpus FROM articles").rows()) == [("",)]
        runs = "SELECT count(*), min(alert_tags), min(len(map_keys(not_covered))) FROM run_log"
        assert list(run_sql(tmp_path, runs).rows()) == [(3000, 2, 0)]
        assert list(run_sql(tmp_path, "SELECT count(*), min(terms) FROM tagged_articles").rows()) == [(3000, "")]
        assert len(digest_candidates(tmp_path).items) == 3000
        assert last_run_of(tmp_path) == ({"expulsion": 2}, {})
        (page,) = store.outdated("linear-new", 5000)
        retags = [
            Retag(article_id=one.article_id, classification=classified(ALERT, model="linear-new")) for one in page
        ]
        assert store.store_retags(retags, NOW).found == {}
        store.publish(NOW)
    filled = "SELECT count(*) FROM tags WHERE len(terms) = 2 AND corpus = 'corpus-0001' AND NOT retroactive"
    assert list(run_sql(tmp_path, filled).rows()) == [(3000,)]


ROWS_OF_VERSION_3 = """
INSERT INTO entries BY NAME
SELECT 'e' || i AS entry_id, 'f' AS feed_id, '' AS url, '' AS canonical_url, 'Title ' || i AS title, 'g' || i AS guid,
    []::VARCHAR[] AS authors, '' AS language, false AS link_shared, $now AS published_at,
    'feed_published' AS date_source, $now AS first_seen_at, 'r' AS first_run_id, 'due' AS state,
    0 AS attempts, $now AS due_at
FROM range(3000) AS numbers(i);
INSERT INTO polls BY NAME
SELECT 'p' || i AS poll_id, 'r' AS run_id, 'f' AS feed_id, $now AS polled_at, 'read' AS outcome, 0 AS bytes_read,
    0 AS seconds, 1 AS entries, 1 AS new_entries, 0 AS due_again, 0 AS unchanged, 0 AS linked, 0 AS dropped
FROM range(3000) AS numbers(i);
INSERT INTO digests BY NAME
SELECT 'd' || i AS digest_id, $now AS made_at, 0 AS items, 1 AS sources, 1 AS sources_read, 1 AS articles_read,
    0 AS awaiting_review, ['North'] AS failing
FROM range(3000) AS numbers(i);
"""


def test_a_full_database_of_version_3_is_brought_up_to_date(tmp_path):
    path = Layout(tmp_path).pipeline
    with open_to_write(path) as connection:
        migrate(connection, path, NOW, migrations()[:3])
        old = OLD_ROWS.replace("AS model, 'r' AS run_id", "AS model, '' AS corpus, 'r' AS run_id")
        old = old.replace(
            "'sentence': 'A text.'}] AS evidence",
            "'sentence': 'A text.'}] AS evidence, [] AS terms, [] AS nearest, '' AS corpus, false AS retroactive",
        )
        old = old.replace("MAP {'expulsion': 2} AS tags", "MAP {'expulsion': 2} AS tags, MAP {} AS not_covered")
        for part in (old + ROWS_OF_VERSION_3).strip().split(";\n"):
            connection.execute(part.strip().rstrip(";"), {"now": NOW} if "$now" in part else None)
    # A step that alters a table with rows after it was written to would not get past its commit.
    with PipelineStore.open(tmp_path, NOW) as store:
        store.publish(NOW)
        assert len(store.due_entries(NOW)) == 3000
    for query, expected in {
        "SELECT failure_points, permanent_days, validators_lie, clean_checks FROM feeds": (0.0, 0, False, 0),
        "SELECT sum(compared), sum(changed_titles), count(*) FROM polls": (0, 0, 3000),
        "SELECT count(*) FILTER (NOT backlog), count(dates), count(replayed_at) FROM entries": (3000, 0, 0),
        "SELECT count(*) FILTER (NOT backlog), count(dates) FROM articles": (3000, 0),
        "SELECT count(*) FILTER (backlog = 0), count(silent) FROM digests": (3000, 0),
        "SELECT count(*), min(guid), min(text_key) FROM entry_aspects": (3000, "g0", ""),
    }.items():
        assert list(run_sql(tmp_path, query).rows()) == [expected], query
    assert len(digest_candidates(tmp_path).items) == 3000


def last_run_of(folder):
    report = status(folder).last_run
    return report.tags, report.not_covered
