"""The robots.txt of hosts lasts from run to run, as long as it may be used."""

from dataclasses import replace
from datetime import timedelta

from storage_samples import HOUR, NOW

from spywatch.records import RobotsFile, RobotsState

DAY = timedelta(days=1)
FOUND = RobotsFile(
    origin="https://a.example", state=RobotsState.FOUND, fetched_at=NOW, body="User-agent: *\nDisallow: /\0"
)
ABSENT = RobotsFile(origin="https://b.example:8443", state=RobotsState.ABSENT, fetched_at=NOW, detail="404")


def test_files_come_back_as_they_were_and_are_replaced(store):
    store.record_robots([FOUND, ABSENT], NOW)
    assert store.robots_files(NOW) == (FOUND, ABSENT)
    later = replace(FOUND, body="", fetched_at=NOW + DAY)
    for _ in range(2):
        store.record_robots([later], NOW + DAY)
    assert store.robots_files(NOW + DAY) == (later, ABSENT)
    store.record_robots([], NOW)


def test_old_files_and_those_from_a_clock_that_was_ahead_are_left_out(store):
    store.record_robots([FOUND, replace(ABSENT, fetched_at=NOW + 90 * DAY)], NOW + 90 * DAY)
    assert store.robots_files(NOW + 90 * DAY) == (replace(ABSENT, fetched_at=NOW + 90 * DAY),)
    assert store.robots_files(NOW) == (FOUND,)
    assert store.robots_files(NOW + 30 * DAY) == (FOUND,)
    assert store.robots_files(NOW + 30 * DAY + HOUR) == ()
    store.record_robots([replace(FOUND, origin="https://c.example")], NOW)
    assert [file.origin for file in store.robots_files(NOW + 90 * DAY)] == []  # thrown away for good


def test_a_file_that_cannot_be_had_does_not_replace_a_copy_that_may_stand_in(store):
    unreachable = replace(FOUND, state=RobotsState.UNREACHABLE, body="", detail="timeout", fetched_at=NOW + DAY)
    store.record_robots([FOUND, ABSENT], NOW)
    store.record_robots([unreachable, replace(unreachable, origin=ABSENT.origin)], NOW + DAY)
    assert store.robots_files(NOW + DAY) == (FOUND, replace(unreachable, origin=ABSENT.origin))
    late = replace(unreachable, fetched_at=NOW + 40 * DAY)
    store.record_robots([late], NOW + 40 * DAY)
    assert store.robots_files(NOW + 40 * DAY) == (late,)
