"""The outlets that are served only where they are asked for: pages that break readers, feeds that mislead."""

from __future__ import annotations

import gzip
import json
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser
import httpx
import pytest

from newsroom.extras import EXTRAS
from newsroom.hostile_bodies import ATTRIBUTES, BOMB_BYTES, ITEMS, NESTED_TAGS, ROWS
from newsroom.hostile_pages import FORMULA, FORMULA_AUTHOR, TERMINAL, TERMINAL_AUTHOR
from newsroom.process import NewsroomProcess, running_newsroom

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
LINKED = ["/rss/guids.xml", "/rss/now.xml", "/rss/titles.xml"]


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewsroomProcess]:
    with running_newsroom(tmp_path_factory.mktemp("strange"), now=NOW, hostile=True, lying=True) as started:
        yield started


@pytest.fixture
def asking(strange: NewsroomProcess) -> Iterator[httpx.Client]:
    strange.reset()
    with httpx.Client(trust_env=False, timeout=20) as opened:
        yield opened


def hostile(room: NewsroomProcess, name: str) -> str:
    return f"{room.base_urls['minefield']}/page/{name}"


def entries(client: httpx.Client, room: NewsroomProcess, path: str) -> list[dict[str, Any]]:
    answer = client.get(room.base_urls["weathervane"] + path)
    assert answer.status_code == 200
    return [dict(entry) for entry in feedparser.parse(answer.content).entries]


def test_the_standard_newsroom_has_none_of_them(room: NewsroomProcess) -> None:
    assert {"minefield", "weathervane"}.isdisjoint(room.base_urls)
    assert room.expected.hostile == room.expected.lying == {}
    assert not room.hostile_feeds_file.exists()


def test_each_has_a_register_of_its_own_beside_the_whole_one(strange: NewsroomProcess) -> None:
    def listed(path: Any) -> list[str]:
        return [feed["url"] for feed in tomllib.loads(path.read_text(encoding="utf-8"))["feeds"]]

    own = listed(strange.hostile_feeds_file) + listed(strange.lying_feeds_file)
    assert len(own) == 11
    assert set(strange.expected.lying) == set(listed(strange.lying_feeds_file))
    assert listed(strange.feeds_file) == [feed.url for feed in strange.expected.feeds] + own


# what is hostile


def test_the_small_feed_lists_every_hostile_page(strange: NewsroomProcess, asking: httpx.Client) -> None:
    items = asking.get(strange.base_urls["minefield"] + "/feed.json").json()["items"]
    assert {item["url"] for item in items} == set(strange.expected.hostile)
    assert len(items) == 11
    assert all(item["content_text"] for item in items)
    told = {item["title"]: item["authors"][0]["name"] for item in items}
    assert told[FORMULA] == FORMULA_AUTHOR
    assert told[TERMINAL] == TERMINAL_AUTHOR


@pytest.mark.parametrize(
    ("name", "mark", "count"),
    [
        ("huge-spans", "<td rowspan=100 colspan=100>", ROWS),
        ("nested-tags", "<div>", NESTED_TAGS),
        ("many-attributes", " data-a", ATTRIBUTES),
    ],
)
def test_pages_are_as_large_as_they_say(
    strange: NewsroomProcess, asking: httpx.Client, name: str, mark: str, count: int
) -> None:
    page = asking.get(hostile(strange, name))
    assert page.text.count(mark) == count
    assert "lost gloves" in page.text
    assert name != "huge-spans" or 45_000 < len(page.content) < 60_000


def test_pages_are_not_what_they_say(strange: NewsroomProcess, asking: httpx.Client) -> None:
    pages = {name: asking.get(hostile(strange, name)) for name in ("pdf-as-page", "json-as-page", "charset-lie")}
    assert {page.headers["content-type"] for page in pages.values()} == {"text/html; charset=utf-8"}
    assert pages["pdf-as-page"].content.startswith(b"%PDF-1.4\n")
    assert json.loads(pages["json-as-page"].content)["gloves"]
    with pytest.raises(UnicodeDecodeError):
        pages["charset-lie"].content.decode("utf-8")
    assert "Schleusenwärter" in pages["charset-lie"].content.decode("windows-1252")
    assert b"\0" in asking.get(hostile(strange, "nul-bytes")).content


def test_a_small_answer_unfolds_to_a_large_one(strange: NewsroomProcess, asking: httpx.Client) -> None:
    with asking.stream("GET", hostile(strange, "gzip-bomb")) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < 100_000
    assert len(gzip.decompress(sent)) >= BOMB_BYTES


def test_the_tarpit_goes_on(strange: NewsroomProcess) -> None:
    begun = time.monotonic()
    with (
        httpx.Client(trust_env=False, timeout=0.4) as hasty,
        pytest.raises(httpx.ReadTimeout),
        hasty.stream("GET", hostile(strange, "tarpit")) as answer,
    ):
        assert answer.status_code == 200
        answer.read()
    assert time.monotonic() - begun < 10


def test_control_sequences_and_script_reach_the_page(strange: NewsroomProcess, asking: httpx.Client) -> None:
    page = asking.get(hostile(strange, "terminal-sequences")).text
    assert "\x1b[2J" in page
    assert "<script>alert('text')</script>" in page
    assert "\u202e" in page
    assert "=HYPERLINK(" in asking.get(hostile(strange, "spreadsheet-formula")).text


def test_the_bomb_the_tower_and_the_crowd(strange: NewsroomProcess, asking: httpx.Client) -> None:
    base = strange.base_urls["minefield"]
    bomb = asking.get(base + "/feeds/bomb.xml").text
    assert bomb.count("<!ENTITY") == 12
    assert len(bomb) < 3_000
    assert asking.get(base + "/feeds/nested.xml").text.count("<step>") == NESTED_TAGS
    assert asking.get(base + "/feeds/crowd.xml").text.count("<item>") == ITEMS == 20_000


# what lies


def test_the_liar_hides_what_was_published_from_who_asks_politely(
    strange: NewsroomProcess, asking: httpx.Client
) -> None:
    url = strange.base_urls["weathervane"] + "/rss/liar.xml"
    first = asking.get(url)
    strange.publish()
    polite = {"If-None-Match": first.headers["etag"]}
    assert asking.get(url, headers=polite).status_code == 304
    assert asking.get(url, headers={"If-None-Match": '"anything"'}).status_code == 304
    plain = asking.get(url)
    assert plain.text.count("<item>") == first.text.count("<item>") + 1 == 5
    assert plain.headers["etag"] == first.headers["etag"]
    newest = feedparser.parse(plain.content).entries[0].link
    assert newest not in first.text
    assert "committee" in asking.get(newest).text


def test_the_ticker_changes_all_but_its_guids(strange: NewsroomProcess, asking: httpx.Client) -> None:
    first, second = (entries(asking, strange, "/rss/ticker.xml") for _ in range(2))
    assert [entry["id"] for entry in first] == [entry["id"] for entry in second]
    assert not any("link" in entry for entry in first)
    for key in ("title", "published", "summary"):
        assert all(one[key] != two[key] for one, two in zip(first, second, strict=True)), key


@pytest.mark.parametrize(("path", "changing"), list(zip(LINKED, ["id", "published", "title"], strict=True)))
def test_one_thing_changes_and_the_links_stay(
    strange: NewsroomProcess, asking: httpx.Client, path: str, changing: str
) -> None:
    first = entries(asking, strange, path)
    strange.set_clock(NOW + timedelta(days=1))
    second = entries(asking, strange, path)
    for key in ("link", "id", "published", "title", "summary"):
        same = [one[key] == two[key] for one, two in zip(first, second, strict=True)]
        assert set(same) == {key != changing}, key
    assert all(asking.get(entry["link"]).status_code == 200 for entry in second)


def test_dates_are_always_now(strange: NewsroomProcess, asking: httpx.Client) -> None:
    for now in (NOW, NOW + timedelta(days=7)):
        strange.set_clock(now)
        dates = {parsedate_to_datetime(entry["published"]) for entry in entries(asking, strange, "/rss/now.xml")}
        assert len(dates) == 1
        assert now <= dates.pop() < now + timedelta(minutes=5)


def test_reset_takes_everything_back(strange: NewsroomProcess, asking: httpx.Client) -> None:
    paths = ["/rss/liar.xml", "/rss/ticker.xml", "/rss/guids.xml", "/rss/titles.xml"]
    before = [[entry["title"] for entry in entries(asking, strange, path)] for path in paths]
    strange.publish()
    strange.set_clock(NOW + timedelta(days=30))
    strange.reset()
    assert [[entry["title"] for entry in entries(asking, strange, path)] for path in paths] == before


def test_moves_that_nobody_should_follow(strange: NewsroomProcess, asking: httpx.Client) -> None:
    base = strange.base_urls["weathervane"]
    page = asking.get(base + "/rss/moved.xml", follow_redirects=True)
    assert [answer.status_code for answer in (*page.history, page)] == [301, 200]
    assert "<rss" not in page.text
    inside = asking.get(base + "/rss/inside.xml")
    assert (inside.status_code, inside.headers["location"]) == (301, "http://10.20.30.40/feed.xml")


@pytest.mark.parametrize("said", ["", "tomorrow", "2026-05-20T12:00:00"], ids=["nothing", "words", "no-zone"])
def test_a_clock_that_cannot_be_set_is_an_error(strange: NewsroomProcess, asking: httpx.Client, said: str) -> None:
    answer = asking.post(strange.base_urls["meridian"] + "/_control/clock", params={"now": said})
    assert answer.status_code == 400
    assert answer.text.startswith("now must")


def test_what_hangs_and_what_lies_are_apart() -> None:
    assert {item.on for item in EXTRAS["lying"].table} == {"feed"}
    assert all(item.end(1) == "page" for item in EXTRAS["lying"].table)
    assert {item.end(1) for item in EXTRAS["hostile"].table if item.on == "page"} == {
        *("page", "feed", "stored", "waiting")
    }
