"""What other commands write is durable, taken in once, and never in the way."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from storage_samples import ALERT, HOUR, NORTH, NOW, digest, entry, poll, stored

from storage import journal
from storage.applying import digest_payload
from storage.candidates import digest_candidates
from storage.errors import StorageError
from storage.layout import Layout
from storage.ledger import RetryRule
from storage.published import run_sql
from storage.recording import Recorded, record_digest
from storage.status import status
from storage.store import PipelineStore

A, B = entry("https://north.example/a"), entry("https://north.example/b")


def fill(store):
    store.record_polls("r1", [poll(A, B)], NOW)
    store.store_outcomes("r1", [stored(A, ALERT), stored(B, ALERT)], NOW, RetryRule())
    store.publish(NOW)


def recorded_digests(folder):
    return list(run_sql(folder, "SELECT digest_id, items FROM digests ORDER BY made_at").rows())


def test_records_come_back_in_order_as_they_were(folder):
    for n in (2, 0, 1):
        journal.write(folder, "digest", {"n": n, "text": "„ě\ud800\n"}, NOW + n * HOUR)
    found = journal.pending(folder)
    assert [record.payload["n"] for record in found] == [0, 1, 2]
    assert found[0].payload["text"] == "„ě\ud800\n"
    assert found[0].written_at == NOW and found[0].written_at.tzinfo is UTC


def test_a_folder_without_journal_has_nothing_pending(tmp_path):
    assert journal.pending(tmp_path / "nowhere") == ()


def test_a_digest_is_recorded_at_once_when_nobody_writes(folder, store):
    fill(store)
    store.close()
    ids = [item.article_id for item in digest_candidates(folder).items]
    assert len(ids) == 2
    made = digest(*ids, at=NOW + HOUR)
    assert record_digest(folder, made, NOW + HOUR) is Recorded.APPLIED
    assert recorded_digests(folder) == [(made.id, 2)]
    material = digest_candidates(folder)
    assert (material.items, material.since) == ((), NOW + HOUR)
    assert journal.pending(folder) == ()


def test_a_digest_waits_in_the_journal_while_a_run_writes(folder, store):
    fill(store)
    made = digest(digest_candidates(folder).items[0].article_id, at=NOW + HOUR)
    assert record_digest(folder, made, NOW + HOUR) is Recorded.JOURNALED
    assert recorded_digests(folder) == []
    material = digest_candidates(folder)
    assert ([item.article_id for item in material.items], material.since) == (
        [item.article_id for item in material.items if item.article_id != made.items[0].article_id],
        NOW + HOUR,
    )
    assert len(material.items) == 1
    assert store.publish(NOW + 2 * HOUR).journal_records == 1
    assert recorded_digests(folder) == [(made.id, 1)]
    assert len(digest_candidates(folder).items) == 1


def test_a_digest_taken_in_and_not_yet_published_is_not_told_again(folder, store):
    fill(store)
    made = digest(*(item.article_id for item in digest_candidates(folder).items), at=NOW + HOUR)
    assert record_digest(folder, made, NOW + HOUR) is Recorded.JOURNALED
    store.close()  # the run ends without publishing
    for _ in range(2):
        with PipelineStore.open(folder, NOW):  # takes the digest in and ends without publishing, too
            material = digest_candidates(folder)
            assert (material.items, material.since) == ((), NOW + HOUR)
        assert digest_candidates(folder).items == ()
    assert recorded_digests(folder) == []
    assert status(folder).journal_records == 1
    with PipelineStore.open(folder, NOW) as last:
        assert last.publish(NOW).journal_records == 1
    assert journal.pending(folder) == ()
    assert digest_candidates(folder).items == ()
    assert recorded_digests(folder) == [(made.id, 2)]


def test_a_publish_that_fails_leaves_the_journal(folder, store):
    fill(store)
    made = digest(*(item.article_id for item in digest_candidates(folder).items))
    record_digest(folder, made, NOW)
    Layout(folder).unfinished.mkdir()  # in the place of the copy to be made
    with pytest.raises(StorageError):
        store.publish(NOW)
    assert digest_candidates(folder).items == ()
    Layout(folder).unfinished.rmdir()
    store.publish(NOW)
    assert (journal.pending(folder), digest_candidates(folder).items) == ((), ())
    assert recorded_digests(folder) == [(made.id, 2)]


def test_a_record_written_while_the_copy_is_made_stays(folder, store, monkeypatch):
    fill(store)
    made = digest(*(item.article_id for item in digest_candidates(folder).items))
    copy = store._copy

    def copy_and_write():
        size = copy()
        record_digest(folder, made, NOW)
        return size

    monkeypatch.setattr(store, "_copy", copy_and_write)
    assert store.publish(NOW).journal_records == 0
    assert digest_candidates(folder).items == ()
    assert status(folder).journal_records == 1


def test_recording_a_digest_twice_is_harmless(folder, store):
    fill(store)
    store.close()
    made = digest(*(item.article_id for item in digest_candidates(folder).items))
    for _ in range(2):
        record_digest(folder, made, NOW)
    assert recorded_digests(folder) == [(made.id, 2)]
    assert list(run_sql(folder, "SELECT count(*) FROM digest_items").rows()) == [(2,)]


def test_a_record_applied_before_a_kill_is_not_applied_again(folder, store):
    journal.write(folder, journal.DIGEST, digest_payload(digest("x")), NOW)
    (path,) = Layout(folder).journal.glob("*.json")
    kept = path.read_bytes()
    assert store.apply_journal(NOW) == 1
    store.publish(NOW)
    assert not path.exists()
    path.write_bytes(kept)  # as if the process had died between the rename of the copy and the deletion
    store.close()
    with PipelineStore.open(folder, NOW) as again:
        assert again.apply_journal(NOW) == 0
        again.publish(NOW)
    assert not path.exists()
    assert list(run_sql(folder, "SELECT count(*) FROM journal_applied").rows()) == [(1,)]


def record(**fields):
    values = {"format": 1, "id": "bad", "kind": "digest", "written_at": NOW.isoformat(), "payload": {}}
    return json.dumps({**values, **fields})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"format": 99}',
        record(id="other"),
        record(),
        record(kind="from the future"),
        record(written_at="yesterday"),
    ],
)
def test_a_record_that_cannot_be_applied_is_set_aside_and_told(folder, store, text):
    Layout(folder).journal.mkdir()
    (Layout(folder).journal / "bad.json").write_text(text)
    good = digest("x")
    journal.write(folder, journal.DIGEST, digest_payload(good), NOW)
    store.publish(NOW)
    assert recorded_digests(folder) == [(good.id, 1)]
    assert (Layout(folder).journal / "bad.refused").read_text() == text
    told = run_sql(folder, "SELECT stage, reason, subject FROM failures")
    assert list(told.rows()) == [("store", "bad_line", "journal/bad.json")]
    assert store.publish(NOW).journal_records == 0


def test_half_written_records_are_no_records(folder, store):
    Layout(folder).journal.mkdir()
    (Layout(folder).journal / ".20240101-digest-x.new").write_text('{"format": 1, ')
    assert journal.pending(folder) == ()
    assert store.apply_journal(NOW) == 0


def test_a_journal_that_cannot_be_written_says_so(tmp_path):
    (tmp_path / "data").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="not a folder"):
        journal.write(tmp_path / "data", journal.DIGEST, {}, NOW)


def test_coverage_tells_what_was_read_since_the_last_digest(folder, store):
    fill(store)
    first = digest_candidates(folder).coverage
    assert (first.sources, first.sources_read, first.articles_read, first.failing) == (1, 1, 2, ())
    store.close()
    record_digest(folder, digest("x", at=NOW + timedelta(days=1)), NOW)
    second = digest_candidates(folder).coverage
    assert (second.sources, second.sources_read, second.articles_read) == (1, 0, 0)


def test_candidates_carry_their_tags_with_evidence(folder, store):
    fill(store)
    item = digest_candidates(folder).items[0]
    assert item.tags == (ALERT,)
    assert (item.outlet, item.first_seen_at) == (NORTH.name, NOW)
    assert isinstance(item.published_at, datetime)
