"""The schema grows by numbered steps, each whole or not at all."""

from dataclasses import replace
from datetime import datetime

import pytest
from storage_samples import NOW

from storage.connection import open_to_write, rows
from storage.errors import DamagedDatabase, NewerSchema, NotPublishedYet, OlderSchema
from storage.layout import Layout
from storage.migrations import Migration, found_version, known_version, migrate, migrations
from storage.published import open_current, run_sql
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
    with pytest.raises(OlderSchema, match="spywatch run"):
        open_current(folder)


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
