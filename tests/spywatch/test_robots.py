import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from protego import Protego

from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Reason, RobotsFile, RobotsState
from spywatch.robots import MAX_BYTES, MAX_PATTERNS, Robots, own_groups, product_token, read_body
from spywatch.web import Web
from tests.spywatch.conftest import Site, after, ask_all, manners, send

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
RULES = b"User-agent: *\nDisallow: /private\n"


def robots(web: Web, **options: Any) -> Robots:
    return Robots(web, **{"now": NOW, **options})


def reason(told: Failure | None) -> Reason | None:
    return told.reason if told else None


def copy(
    site: Site, age: timedelta, state: RobotsState = RobotsState.FOUND, body: str = RULES.decode()
) -> RobotsFile:
    return RobotsFile(origin=site.url, state=state, fetched_at=NOW - age, body=body)


def asked(site: Site) -> int:
    return [path for path, _ in site.seen].count("/robots.txt")


async def test_a_page_is_allowed_or_not(site: Site) -> None:
    site.paths["/robots.txt"] = send(200, RULES)
    async with Web(manners()) as web:
        rules = robots(web)
        refused = await rules.allows(site.url + "/private/a?token=0123456789abcdef0")
        assert await rules.allows(site.url + "/news/a") is None
    assert isinstance(refused, Failure)
    assert (refused.reason, refused.retryable, refused.at) == (Reason.ROBOTS_DISALLOWED, False, NOW)
    assert "127.0.0.1" in refused.detail
    assert "spywatch-test" in refused.detail
    assert "0123456789abcdef0" not in refused.subject
    [file] = rules.fetched
    assert (file.origin, file.state, file.body, file.fetched_at) == (
        site.url,
        RobotsState.FOUND,
        RULES.decode(),
        NOW,
    )


async def test_it_is_fetched_once_whoever_asks_at_once(site: Site) -> None:
    site.paths["/robots.txt"] = after(0.1, send(200, RULES))
    site.paths["*"] = send(200, b"x")
    async with Web(manners()) as web:
        rules = robots(web)
        urls = [f"{site.url}/private/{number}" for number in range(20)]
        told = await asyncio.gather(*(rules.allows(url) for url in urls))
    assert {reason(one) for one in told} == {Reason.ROBOTS_DISALLOWED}
    assert asked(site) == 1
    assert len(rules.fetched) == 1


@pytest.mark.parametrize(
    ("status", "state", "expected"),
    [
        (404, RobotsState.ABSENT, None),
        (410, RobotsState.ABSENT, None),
        (401, RobotsState.ABSENT, None),
        (403, RobotsState.ABSENT, None),
        (418, RobotsState.ABSENT, None),
        (429, RobotsState.UNREACHABLE, Reason.ROBOTS_UNREACHABLE),
        (500, RobotsState.UNREACHABLE, Reason.ROBOTS_UNREACHABLE),
        (503, RobotsState.UNREACHABLE, Reason.ROBOTS_UNREACHABLE),
    ],
)
async def test_what_a_status_means(site: Site, status: int, state: RobotsState, expected: Reason | None) -> None:
    site.paths["/robots.txt"] = send(status, b"<html>no", Retry_After="90")
    async with Web(manners()) as web:
        rules = robots(web)
        told = await rules.allows(site.url + "/news")
        assert reason(await rules.allows(site.url + "/more")) == expected
    assert reason(told) == expected
    assert [(file.state, file.body) for file in rules.fetched] == [(state, "")]
    assert str(status) in rules.fetched[0].detail
    assert asked(site) == 1
    if told:
        assert told.retryable
        assert told.retry_after == timedelta(seconds=90)


@pytest.mark.parametrize(("status", "expected"), [(403, None), (503, Reason.ROBOTS_UNREACHABLE)])
async def test_a_challenge_means_what_its_status_means(site: Site, status: int, expected: Reason | None) -> None:
    site.paths["/robots.txt"] = send(status, b"<html>", Cf_Mitigated="challenge", Content_Type="text/html")
    async with Web(manners()) as web:
        assert reason(await robots(web).allows(site.url + "/news")) == expected


async def test_a_host_that_cannot_be_reached_keeps_us_out_for_now(site: Site) -> None:
    site.close()
    async with Web(manners()) as web:
        rules = robots(web)
        told = await rules.allows(site.url + "/news")
        await rules.allows("http://no-such-host.invalid/")
    assert told is not None
    assert (told.reason, told.retryable) == (Reason.ROBOTS_UNREACHABLE, True)
    assert [file.state for file in rules.fetched] == [RobotsState.UNREACHABLE] * 2


async def test_a_dead_host_and_one_that_rests(site: Site) -> None:
    site.paths["*"] = send(429, Retry_After="60")
    async with Web(manners()) as web:
        await ask_all(web, [site.url])
        told = await robots(web).allows(site.url + "/news")
    assert told is not None
    assert told.reason is Reason.HOST_RESTING
    assert told.retry_after is not None
    assert told.retry_after > timedelta(seconds=30)
    assert asked(site) == 0


async def test_robots_is_asked_for_once_the_rest_is_over(site: Site) -> None:
    site.paths["/feed"] = send(429, Retry_After="1")
    site.paths["/robots.txt"] = send(200, RULES)
    async with Web(manners()) as web:
        rules = robots(web)
        await ask_all(web, [site.url + "/feed"])
        assert reason(await rules.allows(site.url + "/news")) is Reason.HOST_RESTING
        await asyncio.sleep(1.2)
        assert await rules.allows(site.url + "/news") is None


async def test_redirects_are_followed_and_their_rules_hold_where_they_were_asked_for(site: Site) -> None:
    other = Site()
    site.paths["/robots.txt"] = send(301, Location=other.url + "/elsewhere.txt")
    other.paths["/elsewhere.txt"] = send(200, RULES)
    async with Web(manners()) as web:
        rules = robots(web)
        assert reason(await rules.allows(site.url + "/private")) is Reason.ROBOTS_DISALLOWED
        assert await rules.allows(other.url + "/private") is None
    other.close()
    assert [file.origin for file in rules.fetched] == [site.url, other.url]


@pytest.mark.parametrize("target", ["/robots.txt", "ftp://a.example/robots.txt"])
async def test_redirects_that_lead_nowhere_mean_that_there_is_none(site: Site, target: str) -> None:
    site.paths["/robots.txt"] = send(302, Location=target)
    async with Web(manners()) as web:
        assert await robots(web).allows(site.url + "/private") is None


async def test_a_redirect_to_a_private_address_keeps_us_out(site: Site) -> None:
    site.paths["/robots.txt"] = send(302, Location="http://10.20.30.40/robots.txt")
    async with Web(manners()) as web:
        assert reason(await robots(web).allows(site.url + "/news")) is Reason.ROBOTS_UNREACHABLE


async def test_a_private_host_is_left_to_the_guard(site: Site) -> None:
    site.paths["*"] = send(200)
    async with Web(manners(allowed_private_hosts=AllowedHosts())) as web:
        rules = robots(web)
        assert await rules.allows(site.url + "/news") is None
        [told] = await ask_all(web, [site.url + "/news"])
    assert isinstance(told, Failure)
    assert told.reason is Reason.PRIVATE_ADDRESS
    assert site.seen == []


@pytest.mark.parametrize(
    ("age", "state", "fetches"),
    [
        (timedelta(hours=1), RobotsState.FOUND, 0),
        (timedelta(hours=1), RobotsState.ABSENT, 0),
        (timedelta(hours=1), RobotsState.UNREACHABLE, 1),
        (timedelta(hours=24), RobotsState.FOUND, 1),
        (timedelta(hours=-1), RobotsState.FOUND, 1),
    ],
    ids=["found", "absent", "unreachable", "a-day-old", "from-the-future"],
)
async def test_a_copy_is_used_for_a_day(site: Site, age: timedelta, state: RobotsState, fetches: int) -> None:
    site.paths["/robots.txt"] = send(200, b"User-agent: *\nDisallow: /other\n")
    async with Web(manners()) as web:
        rules = robots(web, known=[copy(site, age, state)])
        told = await rules.allows(site.url + "/private")
    assert asked(site) == len(rules.fetched) == fetches
    assert reason(told) == (Reason.ROBOTS_DISALLOWED if state is RobotsState.FOUND and not fetches else None)


@pytest.mark.parametrize(
    ("days", "state", "expected"),
    [
        (29, RobotsState.FOUND, (Reason.ROBOTS_DISALLOWED, None)),
        (30, RobotsState.FOUND, (Reason.ROBOTS_UNREACHABLE, Reason.ROBOTS_UNREACHABLE)),
        (2, RobotsState.ABSENT, (Reason.ROBOTS_UNREACHABLE, Reason.ROBOTS_UNREACHABLE)),
    ],
)
async def test_an_older_copy_stands_in(
    site: Site, days: int, state: RobotsState, expected: tuple[Reason | None, ...]
) -> None:
    site.paths["/robots.txt"] = send(500)
    async with Web(manners()) as web:
        rules = robots(web, known=[copy(site, timedelta(days=days), state)])
        told = tuple([reason(await rules.allows(site.url + path)) for path in ("/private", "/news")])
    assert told == expected
    assert bool(rules.fetched) == (expected[0] is Reason.ROBOTS_UNREACHABLE)  # a stand-in is not stored anew


async def test_who_does_not_obey_does_not_ask(site: Site) -> None:
    site.paths["/robots.txt"] = send(200, RULES)
    async with Web(manners()) as web:
        rules = robots(web, obey=False)
        assert await rules.allows(site.url + "/private") is None
    assert site.seen == []
    assert rules.fetched == ()


@pytest.mark.parametrize("url", ["", "ftp://a.example/", "http://", "http://[::1", "http://\x00/"])
async def test_an_address_that_is_none_is_left_to_the_web(url: str) -> None:
    async with Web(manners()) as web:
        assert await robots(web).allows(url) is None


@pytest.mark.parametrize(
    ("asked_for", "limit", "least", "most"),
    [(0.3, 30.0, 0.1, 60.0), (60.0, 0.2, 0.0, 30.0)],
    ids=["kept", "capped"],
)
async def test_a_crawl_delay_reaches_the_gate_and_ends_at_its_limit(
    site: Site, asked_for: float, limit: float, least: float, most: float
) -> None:
    site.paths["*"] = send(200, b"x")
    text = f"User-agent: *\nCrawl-delay: {asked_for}\n\nUser-agent: other\nCrawl-delay: 900\n"
    site.paths["/robots.txt"] = send(200, text.encode())
    async with Web(manners(host_delay_max=limit)) as web:
        await robots(web).allows(site.url)
        await ask_all(web, [f"{site.url}/{number}" for number in range(2)])
    gaps = [later - earlier for earlier, later in itertools.pairwise(site.starts)]
    assert len(gaps) == 2
    assert least < min(gaps) <= max(gaps) < most


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("User-agent: *\nDisallow: /a", False),
        ("User-agent: *\nDisallow: /b", True),
        ("User-agent: *\nDisallow:", True),
        ("", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: SpyWatch\nAllow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: spywatch/2.0\nDisallow: /", False),
        ("User-agent: spy\nDisallow: /", True),
        ("User-agent: spywatch-images\nDisallow: /", True),
        ("User-agent: spywatch\nUser-agent: other\nDisallow: /a", False),
        ("User-agent: other\nUser-agent: third\nDisallow: /", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/page", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a", True),
        ("User-agent: *\nDisallow: /*/page", False),
        ("User-agent: *\nDisallow: *.html$", True),
        ("User-agent: *\nDisallow: /a/page?id=*&x", False),
        ("User-agent: *\nDisallow: /a/page$", True),
        ("User-agent: *\r\nDisallow: /a\r\n", False),
        ("User-agent: *\rDisallow: /a\r", False),
        ("  user-AGENT :  *  # everybody\n  DISALLOW : /a # this", False),
        ("Disallow: /", True),
        ("User-agent: one\nDisallow: /x\nUser-agent: two\nDisallow: /", True),
        ("User-agent: *\nDisallow: /%61", False),
        ("User-agent: *\nSitemap: https://a.example/s.xml\nDisallow: /a", False),
    ],
)
async def test_how_rules_are_read(site: Site, body: str, allowed: bool) -> None:
    site.paths["/robots.txt"] = send(200, body.encode())
    async with Web(manners(user_agent="spywatch/0.1 (+https://desk.example)")) as web:
        told = await robots(web).allows(site.url + "/a/page?id=1&x=2#part")
    assert reason(told) == (None if allowed else Reason.ROBOTS_DISALLOWED)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\xef\xbb\xbf" + RULES, Reason.ROBOTS_DISALLOWED),
        (RULES.decode().encode("utf-16"), Reason.ROBOTS_DISALLOWED),
        (RULES.replace(b"Dis", b"D\0is"), Reason.ROBOTS_DISALLOWED),
        (b"\xff\xe9\n" + RULES + b"Disallow: /\xe9", Reason.ROBOTS_DISALLOWED),
        (b"<!DOCTYPE html><title>Disallow: /</title>\n" + RULES, None),
        (b"  <html>\n" + RULES, None),
        (b"\0" * 1000, None),
        (bytes(range(256)) * 100, None),
        (b"%PDF-1.7\n" + bytes(range(128, 256)), None),
    ],
    ids=["bom", "utf-16", "nul-inside", "latin-1", "html", "html-after-space", "nuls", "bytes", "pdf"],
)
async def test_files_that_are_not_quite_robots(site: Site, body: bytes, expected: Reason | None) -> None:
    site.paths["/robots.txt"] = send(200, body)
    async with Web(manners()) as web:
        rules = robots(web)
        assert reason(await rules.allows(site.url + "/private")) == expected
    assert "\0" not in rules.fetched[0].body
    rules.fetched[0].body.encode("utf-8")


async def test_half_a_mebibyte_is_read_and_the_torn_line_left_out(site: Site) -> None:
    filler = b"# " + b"x" * 97 + b"\n"
    lines = MAX_BYTES // len(filler)
    kept = RULES + filler * (lines - 5)
    body = kept + b"Disallow: /late\n"
    torn = body + b"#" * (MAX_BYTES - len(body) - 12) + b"\nDisallow: /long-path\n" + filler * 9000
    site.paths["/robots.txt"] = send(200, torn)
    async with Web(manners()) as web:
        rules = robots(web)
        told = {path: reason(await rules.allows(site.url + path)) for path in ("/private", "/late", "/long", "/")}
    assert told == {
        "/private": Reason.ROBOTS_DISALLOWED,
        "/late": Reason.ROBOTS_DISALLOWED,
        "/long": None,
        "/": None,
    }
    assert len(rules.fetched[0].body) <= MAX_BYTES


def fill(line: str) -> str:
    return "User-agent: *\n" + "".join(line.format(number) for number in range(MAX_BYTES // len(line)))


HOSTILE = {
    "agents-times-rules": "".join(f"User-agent: a{n}\n" for n in range(12_000)) + "Disallow: /a\n" * 20_000,
    "agents-twice": "".join(f"User-agent: a{n}\n" for n in range(12_000)) * 2 + "Disallow: /a\n",
    "repeating-patterns": fill("Disallow: *aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab{}\n"),
    "one-long-pattern": "User-agent: *\nDisallow: /" + "*a" * (MAX_BYTES // 2) + "z\n",
    "dollars": fill("Disallow: /$$$$$${}$\n"),
    "blanks-in-a-name": "user" + " " * MAX_BYTES + "agent",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_file_costs_little(site: Site, name: str) -> None:
    site.paths["/robots.txt"] = send(200, HOSTILE[name].encode())
    async with Web(manners()) as web:
        rules = robots(web)
        began = time.process_time()
        for path in ("/" + "a" * 8_000, "/" + "%C3%A9" * 3_000, "/a/story"):
            await rules.allows(f"{site.url}{path}")
        # The parser alone takes minutes over the first two.
        assert time.process_time() - began < 20


@pytest.mark.parametrize("name", HOSTILE)
def test_what_the_parser_is_given_is_bounded(name: str) -> None:
    lines = own_groups(HOSTILE[name], "spywatch").splitlines()
    assert len({line for line in lines if line.startswith("User-agent")}) <= 3
    assert sum("*" in line and not line.startswith("User-agent") for line in lines) <= MAX_PATTERNS


def test_beyond_the_limit_of_patterns_more_is_forbidden_never_less() -> None:
    many = "User-agent: *\n" + "Disallow: /x*y\n" * MAX_PATTERNS
    for rule, path, allowed in (
        ("Disallow: /a*b", "/ab", False),
        ("Disallow: /a*b", "/ac", False),
        ("Disallow: *.pdf", "/news", False),
        ("Disallow /a*b", "/ac", False),
        ("Disallow: /a$", "/abc", False),
        ("Disallow: /a", "/b", True),
        ("Disallow: /\nAllow: /a*", "/abc", False),
    ):
        reduced = own_groups(many + rule, "spywatch")
        assert Protego.parse(reduced).can_fetch(f"https://a.example{path}", "spywatch") == allowed, rule
        full = own_groups("User-agent: *\n" + rule, "spywatch")
        if not Protego.parse(full).can_fetch(f"https://a.example{path}", "spywatch"):
            assert not allowed


AGENTS = st.sampled_from(["*", "spywatch", "SpyWatch/1.0", "other", "third", ""])
PATHS = st.text(alphabet="ab/", max_size=4).map(lambda text: "/" + text)
LINES = st.one_of(
    AGENTS.map(lambda name: f"User-agent: {name}"),
    PATHS.map(lambda path: f"Disallow: {path}"),
    PATHS.map(lambda path: f"Allow: {path}*"),
    st.sampled_from(["", "# note", "Crawl-delay: 3", "Sitemap: https://a.example/s", "nonsense", "user agent other"]),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(LINES, max_size=15), PATHS)
def test_leaving_out_other_agents_changes_nothing(lines: list[str], path: str) -> None:
    text = "\n".join(lines)
    whole = Protego.parse(text.replace("SpyWatch/1.0", "spywatch"))
    own = Protego.parse(own_groups(text, "spywatch"))
    url = f"https://a.example{path}"
    assert own.can_fetch(url, "spywatch") == whole.can_fetch(url, "spywatch")
    assert own.crawl_delay("spywatch") == whole.crawl_delay("spywatch")


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("User-agent: *\n" + text).encode()))
def test_any_bytes_are_read(body: bytes) -> None:
    Protego.parse(own_groups(read_body(body), "spywatch")).can_fetch("https://a.example/x", "spywatch")


def test_our_name() -> None:
    assert product_token("spywatch/0.1 (news monitor; +x)") == "spywatch"
    assert product_token("Desk-Bot 2 (x)") == "desk-bot"
    assert product_token("") == product_token("/1") == "spywatch"
