"""Every page and feed over real HTTP, and every misbehaviour of the table."""

from __future__ import annotations

import html
import json
import re
import time
import tomllib
from collections import Counter
from datetime import timedelta
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

import feedparser
import httpx
import pytest

from newsroom.content import load_newsroom
from newsroom.misbehaviour import MISBEHAVIOURS, OVERSIZE_BYTES, named
from newsroom.outlet_types import absolute
from newsroom.process import NewsroomProcess

ROOM = load_newsroom()


class Reader(HTMLParser):
    """Collects a page's visible text, its links and its open tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.hidden = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in ("script", "style")
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.text += data


def url_of(room: NewsroomProcess, name: str) -> str:
    item = named(name)
    return absolute(item.path, room.base_urls[item.outlet], room.dead)


def get(client: httpx.Client, url: str) -> httpx.Response:
    """A page or feed in its healed state."""
    response = client.get(url, follow_redirects=True)
    if response.status_code in (429, 503):
        for _ in range(2):
            client.get(f"{url.partition('/articles/')[0]}/flux.xml")
    return client.get(url) if response.status_code in (429, 500, 503) else response


def read_feed(client: httpx.Client, url: str) -> tuple[list[dict[str, Any]], bool]:
    """Entries and whether the feed was ill-formed; JSON Feed by the json module, the rest by feedparser."""
    response = get(client, url)
    assert response.status_code == 200
    kind = response.headers["content-type"]
    if "json" in kind:
        items = json.loads(response.content)["items"]
        return [{"title": i["title"], "link": i["url"], "published": i["date_published"]} for i in items], False
    parsed = feedparser.parse(response.content, response_headers={"content-type": kind})
    return [dict(entry) for entry in parsed.entries], bool(parsed.bozo)


def test_the_register_lists_all_feeds_with_known_kinds(room: NewsroomProcess) -> None:
    feeds = tomllib.loads(room.feeds_file.read_text(encoding="utf-8"))["feeds"]
    assert [feed["url"] for feed in feeds] == [feed.url for feed in room.expected.feeds]
    kinds = {"agency", "newspaper", "broadcaster", "magazine", "blog", "government", "aggregator"}
    assert {feed["kind"] for feed in feeds} == kinds
    assert {feed["language"] for feed in feeds} == {"en", "de", "fr", "ru"}
    assert all(feed["name"] and re.fullmatch("[a-z]{2}", feed["language"]) for feed in feeds)


def test_every_article_page_shows_its_text(room: NewsroomProcess, client: httpx.Client) -> None:
    for url, article in room.expected.articles.items():
        response = get(client, url)
        assert response.status_code == 200, url
        reader = Reader(response.text)
        shown = " ".join(reader.text.split())
        assert article.title in shown, url
        paid = 2 if article.outlet == "farsight" else len(article.paragraphs)
        for number, paragraph in enumerate(article.paragraphs):
            assert (paragraph in shown) == (number < paid), (url, number)


def test_every_page_has_related_headlines_navigation_and_a_footer(
    room: NewsroomProcess, client: httpx.Client
) -> None:
    for key, base in room.base_urls.items():
        article = ROOM.of_outlet(key)[0]
        reader = Reader(get(client, base + ROOM.path_of(article)).text)
        assert "/about" in reader.links
        assert "invented" in reader.text or key in ("meridian", "vantage", "elbufer")
        others = {base + ROOM.path_of(other) for other in ROOM.of_outlet(key)} - {base + ROOM.path_of(article)}
        assert others & set(reader.links) or ROOM.outlets[key].tag_page


def test_no_link_within_an_outlet_is_broken(room: NewsroomProcess, client: httpx.Client) -> None:
    for base in room.base_urls.values():
        for link in sorted(set(Reader(client.get(base + "/").text).links)):
            if not link.startswith(("#", "javascript:")):
                target = link if link.startswith("http") else base + link
                assert get(client, target).status_code == 200, target


def test_outlets_look_different(room: NewsroomProcess, client: httpx.Client) -> None:
    """No two outlets share the sequence of their first tags."""
    shapes = set()
    for key, base in room.base_urls.items():
        page = get(client, base + ROOM.path_of(ROOM.of_outlet(key)[0])).text
        shapes.add(tuple(re.findall(r"<([a-z0-9]+)", page.partition("<body")[2]))[:25])
    assert len(shapes) == len(room.base_urls)


def test_robots_txt_is_missing_or_says_what_the_outlet_says(room: NewsroomProcess, client: httpx.Client) -> None:
    said = {key: get(client, base + "/robots.txt") for key, base in room.base_urls.items()}
    assert {key: answer.text for key, answer in said.items() if answer.status_code == 200} == {
        outlet.key: outlet.robots for outlet in ROOM.outlets.values() if outlet.robots
    }
    assert sum(answer.status_code == 404 for answer in said.values()) > len(said) / 2
    assert "Disallow: /print/" in said["basket"].text
    assert "Crawl-delay: 0.01" in said["karvelia"].text


def test_every_feed_lists_what_it_should(room: NewsroomProcess, client: httpx.Client) -> None:
    for feed in room.expected.feeds:
        if feed.first == feed.second == "failed":
            continue
        entries, ill = read_feed(client, feed.url)
        malformed = feed.url == url_of(room, "feed-malformed")
        assert ill == malformed, feed.url
        whole = [entry for entry in entries if entry.get("link")]
        assert sorted(entry["link"] for entry in whole) == sorted(feed.links), feed.url
        assert all(entry["title"] for entry in whole)


def test_all_feed_formats_and_all_ways_to_carry_text_are_there(room: NewsroomProcess, client: httpx.Client) -> None:
    versions = set()
    for feed in room.expected.feeds:
        response = get(client, feed.url)
        if response.status_code == 200 and "json" not in response.headers["content-type"]:
            versions.add(feedparser.parse(response.content).version)
    assert versions == {"rss20", "atom10", "rss10"}
    full, _ = read_feed(client, room.base_urls["meridian"] + "/rss/all.xml")
    text = html.unescape(re.sub("<[^>]+>", " ", full[0]["content"][0]["value"]))
    assert ROOM.of_outlet("meridian")[0].paragraphs[-1] in " ".join(text.split())
    titles, _ = read_feed(client, room.base_urls["vantage"] + "/rss/news.xml")
    assert not any(entry.get("summary") for entry in titles)


def test_dates_count_back_from_now(room: NewsroomProcess, client: httpx.Client) -> None:
    entries, _ = read_feed(client, room.base_urls["meridian"] + "/rss/all.xml")
    by_link = {entry["link"]: parsedate_to_datetime(entry["published"]) for entry in entries}
    for article in ROOM.of_outlet("meridian"):
        url = room.base_urls["meridian"] + ROOM.path_of(article)
        assert by_link[url] == room.now - timedelta(hours=article.age_hours)


# the table of misbehaviours


@pytest.mark.parametrize(
    "item", [item for item in MISBEHAVIOURS if item.statuses and not item.counted_by], ids=lambda item: item.name
)
def test_statuses_come_in_the_order_of_the_table(room: NewsroomProcess, client: httpx.Client, item: Any) -> None:
    url = url_of(room, item.name)
    for status in (*item.statuses, item.statuses[-1]):
        with client.stream("GET", url) as response:
            assert response.status_code == status


def test_reset_makes_what_has_healed_ill_again(room: NewsroomProcess, client: httpx.Client) -> None:
    url = url_of(room, "feed-heals")
    assert [client.get(url).status_code for _ in range(3)] == [500, 200, 200]
    assert client.post(room.base_urls["meridian"] + "/_control/reset").status_code == 200
    assert client.get(url).status_code == 500


@pytest.mark.parametrize(
    ("outlet", "path", "validators"),
    [
        ("meridian", "/rss/all.xml", {"etag", "last-modified"}),
        ("courier", "/feeds/business.rss", {"last-modified"}),
        ("karvelia", "/press/index.rdf", {"etag"}),
        ("basket", "/picks.xml", set()),
    ],
)
def test_each_validator_brings_304(
    room: NewsroomProcess, client: httpx.Client, outlet: str, path: str, validators: set[str]
) -> None:
    url = room.base_urls[outlet] + path
    first = client.get(url)
    assert {"etag", "last-modified"} & set(first.headers) == validators
    asking = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    for name in validators:
        again = client.get(url, headers={asking[name]: first.headers[name]})
        assert (again.status_code, again.content) == (304, b"")
    stale = {"If-None-Match": '"other"', "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert client.get(url, headers=stale).content == first.content


def test_if_none_match_decides_alone(room: NewsroomProcess, client: httpx.Client) -> None:
    url = url_of(room, "not-modified")
    modified = client.get(url).headers["last-modified"]
    headers = {"If-None-Match": '"other"', "If-Modified-Since": modified}
    assert client.get(url, headers=headers).status_code == 200


def test_second_polls_answer_as_expected(room: NewsroomProcess, client: httpx.Client) -> None:
    for feed in room.expected.feeds:
        first = client.get(feed.url, follow_redirects=True)
        assert (first.status_code == 200) == (feed.first == "parsed"), feed.url
        known = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        headers = {known[name]: first.headers[name] for name in known if name in first.headers}
        if feed.url == url_of(room, "feed-malformed"):
            assert headers, "it has validators, which a careful reader does not keep"
            headers = {}
        second = client.get(feed.url, headers=headers, follow_redirects=True)
        outcomes = {200: "parsed", 304: "not-modified"}
        assert outcomes.get(second.status_code, "failed") == feed.second, feed.url


def test_the_moved_feed_names_its_new_address(room: NewsroomProcess, client: httpx.Client) -> None:
    response = client.get(url_of(room, "feed-moved"))
    assert response.status_code == 301
    assert response.headers["location"] == room.base_urls["farsight"] + "/feeds/essays.xml"
    assert client.get(response.headers["location"]).status_code == 200


def test_the_slow_page_is_slow_and_whole(room: NewsroomProcess, client: httpx.Client) -> None:
    url = url_of(room, "page-slow")
    begun = time.monotonic()
    response = client.get(url)
    assert time.monotonic() - begun >= 0.29  # a lower bound: the server sleeps for 0.3 s before it answers
    assert room.expected.articles[url].title in html.unescape(response.text)


def test_the_oversize_page_streams_without_a_length(room: NewsroomProcess, client: httpx.Client) -> None:
    with client.stream("GET", url_of(room, "page-oversize")) as response:
        assert "content-length" not in response.headers
        assert sum(len(chunk) for chunk in response.iter_bytes()) >= OVERSIZE_BYTES > 6_000_000


def test_a_reader_may_break_off_the_oversize_page(room: NewsroomProcess, client: httpx.Client) -> None:
    with client.stream("GET", url_of(room, "page-oversize")) as response:
        next(response.iter_bytes())
    assert client.get(room.base_urls["northlight"] + "/").status_code == 200


def test_the_latin_1_feed_says_so_and_is(room: NewsroomProcess, client: httpx.Client) -> None:
    response = client.get(url_of(room, "feed-latin-1"))
    assert response.headers["content-type"] == "application/atom+xml; charset=iso-8859-1"
    assert response.content.startswith(b'<?xml version="1.0" encoding="iso-8859-1"?>')
    assert "Alte Brücke".encode("latin-1") in response.content
    with pytest.raises(UnicodeDecodeError):
        response.content.decode("utf-8")


def test_guids_repeat_but_links_do_not(room: NewsroomProcess, client: httpx.Client) -> None:
    entries, _ = read_feed(client, url_of(room, "repeated-guid"))
    assert len({entry["id"] for entry in entries}) == 1
    assert len({entry["link"] for entry in entries}) == len(entries) > 3


def test_two_feeds_share_articles_and_one_adds_tracking(room: NewsroomProcess, client: httpx.Client) -> None:
    politics, _ = read_feed(client, url_of(room, "shared-links"))
    world, _ = read_feed(client, room.base_urls["courier"] + "/feeds/world.rss")
    assert all("utm_source=" in entry["link"] for entry in politics)
    bare = {entry["link"].partition("?")[0] for entry in politics}
    shared = bare & {entry["link"] for entry in world}
    assert 2 <= len(shared) < len(bare)
    assert client.get(politics[0]["link"]).status_code == 200


def test_private_addresses_are_only_named(room: NewsroomProcess, client: httpx.Client) -> None:
    entries, _ = read_feed(client, url_of(room, "no-validators"))
    links = {entry["link"] for entry in entries}
    assert {named("private-address").path, named("metadata-address").path} <= links


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("date-missing", None),
        ("date-1970", "Thu, 01 Jan 1970 00:00:00 +0000"),
        ("date-2099", "Thu, 31 Dec 2099 23:59:00 +0000"),
        ("date-words", "yesterday"),
        ("date-slashes", "03/04/2025 09:15"),
        ("date-epoch", "1779037200"),
        ("date-cest", "Sun, 17 May 2026 17:00:00 CEST"),
        ("date-french", "18 mai 2026 à 10:00:00"),
        ("date-russian", "19 мая 2026, 01:00:00"),
    ],
)
def test_odd_dates_in_the_feed(room: NewsroomProcess, client: httpx.Client, name: str, date: str | None) -> None:
    url = url_of(room, name)
    feeds = [feed.url for feed in room.expected.feeds if url in {link.partition("?")[0] for link in feed.links}]
    for feed in feeds:
        entries, _ = read_feed(client, feed)
        mine = [entry.get("published") for entry in entries if entry["link"].partition("?")[0] == url]
        assert mine == [date]
    assert feeds
    true = room.expected.articles[url].published_at(room.now)
    assert room.expected.published[url] == (None if name == "date-words" else true)
    published = room.expected.articles[url].published_at(room.now).strftime("%Y-%m-%d")
    assert (published in get(client, url).text) == (name != "date-words")


def test_the_tag_page_holds_all_posts_and_the_feed_one_entry(room: NewsroomProcess, client: httpx.Client) -> None:
    entries, _ = read_feed(client, room.base_urls["envoy"] + "/feed.xml")
    assert [entry["link"] for entry in entries] == [url_of(room, "tag-page")]
    page = client.get(url_of(room, "tag-page")).text
    shown = " ".join(Reader(page).text.split())
    posts = ROOM.of_outlet("envoy")
    assert len(re.findall(r"Author: [^|]+ \| Date: [A-Z][a-z]+ \d\d, \d{4} \| Permalink", shown)) == len(posts) >= 5
    for post in posts:
        assert post.paragraphs[-1] in shown
        assert room.base_urls["envoy"] + ROOM.path_of(post) in Reader(page).links


def test_the_paywall_is_declared(room: NewsroomProcess, client: httpx.Client) -> None:
    page = client.get(url_of(room, "paywall")).text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert block
    assert json.loads(block[1])["isAccessibleForFree"] is False


def test_json_ld_of_the_newspaper_parses(room: NewsroomProcess, client: httpx.Client) -> None:
    for article in ROOM.of_outlet("courier"):
        page = get(client, room.base_urls["courier"] + ROOM.path_of(article)).text
        block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
        assert block
        data = json.loads(block[1])
        assert data["headline"] == article.title
        assert [author["name"] for author in data["author"]] == list(article.authors)


def test_what_is_expected_after_each_run(room: NewsroomProcess) -> None:
    expected = room.expected
    first, second = expected.articles_after(1), expected.articles_after(2)
    assert first < second
    assert all(not expected.labels[url] for url in second - first)
    waiting, kept = expected.waiting_urls(1), expected.from_feed(1)
    assert waiting | kept == expected.failing_urls(1)
    assert Counter(expected.troubled[url].name for url in waiting) == {
        "page-heals": 1,
        "rate-limited": 3,
        "dead-host": 3,
        "robots-unreachable": 2,
    }
    assert {expected.troubled[url].name for url in kept} == {
        *("page-missing", "page-oversize", "private-address", "metadata-address"),
        *("bot-challenge", "consent-wall", "login-wall", "robots-disallow"),
    }
    assert expected.from_feed(2) == kept
    assert {expected.troubled[url].name for url in expected.waiting_urls(2)} == {"dead-host"}
    assert {url for url, labels in expected.labels.items() if labels} <= first | kept
    lost = set(expected.articles) - second
    assert [expected.articles[url].slug for url in lost] == ["clock-tower-strikes-thirteen"]


def test_what_a_digest_may_tell(room: NewsroomProcess) -> None:
    expected = room.expected
    matches = {url for url, labels in expected.labels.items() if labels}
    assert expected.backlog == {url_of(room, "backlog")}
    assert expected.news_after(1) == expected.news_after(2) == matches - expected.backlog
    assert url_of(room, "bot-challenge") in expected.news_after(1)


def test_every_entry_that_fails_has_a_reason_or_a_wall(room: NewsroomProcess) -> None:
    expected = room.expected
    for url in expected.failing_urls(1):
        assert expected.reasons(url) or url in expected.walls, url
    assert set(expected.walls.values()) == {"challenge", "consent", "login", "robots"}
    assert set(expected.walls) <= expected.from_feed(1)


def test_walls_stand_in_front_of_their_pages(room: NewsroomProcess, client: httpx.Client) -> None:
    challenge = client.get(url_of(room, "bot-challenge"))
    assert (challenge.status_code, challenge.headers["cf-mitigated"]) == (403, "challenge")
    assert challenge.headers["content-type"].startswith("text/html")
    assert "/cdn-cgi/challenge-platform/" in challenge.text
    consent = client.get(url_of(room, "consent-wall"), follow_redirects=True)
    assert (consent.status_code, consent.url.path) == (200, "/consent")
    assert 'id="consent-form"' in consent.text
    login = client.get(url_of(room, "login-wall"), follow_redirects=True)
    assert (login.status_code, login.url.path) == (200, "/login")
    assert 'type="password"' in login.text
    for page in (challenge, consent, login):
        assert len(Reader(page.text).links) <= 3
        assert len(" ".join(Reader(page.text).text.split())) < 500


def test_pages_are_refused_until_the_feed_is_asked_again(room: NewsroomProcess, client: httpx.Client) -> None:
    """So that the first run is refused however many pages it asks for at once, and the second one is not."""
    item = named("rate-limited")
    pages = [room.base_urls["bac"] + path for path in item.served]
    feed = room.base_urls["bac"] + item.counted_by
    assert set(pages) == {url for url, article in room.expected.articles.items() if article.outlet == "bac"}
    client.get(feed)
    for _ in range(2):
        refused = [client.get(url) for url in pages]
        assert [answer.status_code for answer in refused] == [429, 503, 503]
        assert [answer.headers.get("retry-after") for answer in refused] == ["3600", None, None]
    client.get(feed)
    for url in pages:
        answer = client.get(url)
        assert (answer.status_code, "retry-after" in answer.headers) == (200, False)


def test_nobody_listens_at_the_dead_host(room: NewsroomProcess, client: httpx.Client) -> None:
    item = named("dead-host")
    links = {absolute(path, "", room.dead) for path in item.entries}
    assert len(links) == 3
    assert links <= room.expected.entry_urls(1)
    with pytest.raises(httpx.ConnectError):
        client.get(min(links))


def test_a_page_that_robots_txt_closes_would_answer(room: NewsroomProcess, client: httpx.Client) -> None:
    """So that only the access log tells whether it was asked for."""
    assert client.get(url_of(room, "robots-disallow")).status_code == 200


def test_the_backlog_is_old_and_in_the_first_document(room: NewsroomProcess, client: httpx.Client) -> None:
    url = url_of(room, "backlog")
    entries, _ = read_feed(client, room.base_urls["meridian"] + "/rss/all.xml")
    [published] = [parsedate_to_datetime(entry["published"]) for entry in entries if entry["link"] == url]
    assert published == room.now - timedelta(days=40)
    assert room.expected.labels[url]


def test_the_log_tells_who_asked_for_what(room: NewsroomProcess, client: httpx.Client) -> None:
    url = url_of(room, "not-modified")
    etag = client.get(url).headers["etag"]
    client.get(url + "?utm_source=log-test", headers={"If-None-Match": etag})
    plain, conditional = room.requests()[-2:]
    assert conditional.pop("time")
    assert conditional == {
        "outlet": "meridian",
        "method": "GET",
        "path": "/rss/all.xml?utm_source=log-test",
        "status": 304,
        "user_agent": "newsroom-test/1",
        "conditional": True,
    }
    assert plain["conditional"] is False
