import asyncio
import gzip
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spywatch.guard import AllowedHosts
from spywatch.records import Failure, Reason, Stage
from spywatch.web import REASONS, Answer, Web, reason_of, refusal, retry_after
from tests.spywatch.conftest import Site, ask, manners, send


async def fetch(url: str, *, max_bytes: int = 100_000, headers: dict[str, str] | None = None, **changes: object):  # type: ignore[no-untyped-def]
    async with Web(manners(**changes)) as web:
        return await web.get(url, stage=Stage.DOWNLOAD, max_bytes=max_bytes, headers=headers)


async def test_an_answer_holds_body_headers_and_our_name(site: Site) -> None:
    site.paths["/a"] = send(200, b"hello", ETag='"x"')
    answer = await fetch(site.url + "/a", headers={"If-None-Match": '"old"'})
    assert isinstance(answer, Answer)
    assert (answer.body, answer.status, answer.headers["etag"]) == (b"hello", 200, '"x"')
    sent = site.seen[0][1]
    assert sent["user-agent"] == "spywatch-test/1"
    assert sent["if-none-match"] == '"old"'


async def test_not_modified_is_an_answer_without_body(site: Site) -> None:
    site.paths["/a"] = send(304)
    answer = await fetch(site.url + "/a")
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body) == (304, b"")


@pytest.mark.parametrize(
    ("status", "reason", "retryable"),
    [
        (401, Reason.LOGIN_REQUIRED, False),
        (402, Reason.PAYMENT_REQUIRED, False),
        (403, Reason.FORBIDDEN, False),
        (404, Reason.NOT_FOUND, False),
        (407, Reason.LOGIN_REQUIRED, False),
        (410, Reason.GONE, False),
        (418, Reason.HTTP_CLIENT_ERROR, False),
        (429, Reason.RATE_LIMITED, True),
        (451, Reason.FORBIDDEN, False),
        (500, Reason.HTTP_SERVER_ERROR, True),
        (503, Reason.HTTP_SERVER_ERROR, True),
        (300, Reason.UNEXPECTED_STATUS, False),
    ],
)
async def test_a_refusal_is_a_failure(site: Site, status: int, reason: Reason, retryable: bool) -> None:
    site.paths["/a"] = send(status, b"no", Retry_After="120")
    failure = await fetch(site.url + "/a")
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.retryable) == (reason, retryable)
    assert failure.retry_after == timedelta(seconds=120)
    assert str(status) in failure.detail


async def test_permanent_redirects_are_told_from_temporary_ones(site: Site) -> None:
    site.paths["/old"] = send(301, Location="/older")
    site.paths["/older"] = send(308, Location="/new")
    site.paths["/tmp"] = send(302, Location="/old")
    site.paths["/new"] = send(200, b"x")
    moved, passing, plain = [await fetch(site.url + path) for path in ("/old", "/tmp", "/new")]
    assert isinstance(moved, Answer)
    assert moved.permanent_url == site.url + "/new"
    assert isinstance(passing, Answer)
    assert (passing.url, passing.permanent_url) == (site.url + "/new", None)
    assert isinstance(plain, Answer)
    assert plain.permanent_url is None


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/loop", Reason.TOO_MANY_REDIRECTS),
        ("ftp://example.org/", Reason.BAD_URL),
        ("file:///etc/passwd", Reason.BAD_URL),
        ("http://[::1", Reason.PROTOCOL),
        ("http://10.20.30.40/", Reason.PRIVATE_ADDRESS),
        ("http://169.254.169.254/latest", Reason.PRIVATE_ADDRESS),
        ("http://[::ffff:10.0.0.1]/", Reason.PRIVATE_ADDRESS),
        ("http://2130706434/", Reason.PRIVATE_ADDRESS),
    ],
)
async def test_redirects_end_and_lead_nowhere_private(site: Site, location: str, reason: Reason) -> None:
    site.paths["/loop"] = send(302, Location=location)
    failure = await fetch(site.url + "/loop")
    assert isinstance(failure, Failure)
    assert failure.reason == reason


async def test_loopback_is_refused_unless_allowed(site: Site) -> None:
    site.paths["/a"] = send(200, b"secret")
    for url in (site.url, site.url.replace("127.0.0.1", "localhost")):
        failure = await fetch(url + "/a", allowed_private_hosts=AllowedHosts())
        assert isinstance(failure, Failure)
        assert failure.reason == Reason.PRIVATE_ADDRESS
        assert not failure.retryable
    assert site.seen == []


@pytest.mark.parametrize("status", [401, 402, 403, 405, 407, 429, 451, 503])
async def test_the_page_of_a_refusal_comes_back_where_it_is_asked_for(site: Site, status: int) -> None:
    site.paths["/a"] = send(status, b"<html>subscribe" + b"." * 1000, Content_Type="text/html", Retry_After="60")
    async with Web(manners()) as web:
        answer = await ask(web, site.url + "/a", refusals=True, max_bytes=100)
    assert isinstance(answer, Answer)
    assert (answer.status, len(answer.body), answer.body[:15]) == (status, 100, b"<html>subscribe")
    assert answer.permanent_url is None
    plain = await fetch(site.url + "/a")
    assert isinstance(plain, Failure)
    assert plain.at is not None
    assert refusal(answer, stage=Stage.DOWNLOAD, at=plain.at) == plain


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (404, {"Content_Type": "text/html"}, b"<html>no such page"),
        (403, {"Content_Type": "application/json"}, b"{}"),
        (403, {}, b"no"),
        (403, {"Content_Type": "text/html"}, b""),
        (403, {"Content_Type": "text/html", "Content_Encoding": "gzip"}, b"<html>"),
    ],
    ids=["another-status", "json", "no-type", "empty", "broken"],
)
async def test_a_refusal_without_a_page_is_a_failure_all_the_same(
    site: Site, status: int, headers: dict[str, str], body: bytes
) -> None:
    site.paths["/a"] = send(status, body, **headers)
    async with Web(manners()) as web:
        failure = await ask(web, site.url + "/a", refusals=True)
    assert isinstance(failure, Failure)
    assert failure.reason is (Reason.NOT_FOUND if status == 404 else Reason.FORBIDDEN)


async def test_a_refusal_without_a_type_is_known_by_its_first_character(site: Site) -> None:
    site.paths["/a"] = send(403, b"  <!doctype html><p>subscribe")
    async with Web(manners()) as web:
        assert isinstance(await ask(web, site.url + "/a", refusals=True), Answer)


@pytest.mark.parametrize(
    ("status", "header", "value", "challenge"),
    [
        (403, "cf-mitigated", "challenge", True),
        (503, "CF-Mitigated", "Challenge", True),
        (202, "x-amzn-waf-action", "challenge", True),
        (405, "x-amzn-waf-action", "captcha", True),
        (429, "x-vercel-mitigated", "challenge", True),
        (403, "x-vercel-mitigated", "deny", False),
        (403, "cf-ray", "challenge", False),
        (200, "cf-mitigated", "challenge", False),
    ],
)
async def test_a_challenge_that_names_itself(
    site: Site, status: int, header: str, value: str, challenge: bool
) -> None:
    site.paths["/a"] = send(status, b"<html>", **{header: value, "Content_Type": "text/html"})
    for refusals in (False, True):
        async with Web(manners()) as web:
            told = await ask(web, site.url + "/a", refusals=refusals)
        assert (isinstance(told, Failure) and told.reason is Reason.BOT_CHALLENGE) == challenge
        if isinstance(told, Failure):
            assert told.retryable == (status in {429, 503})


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_body_is_cut_where_that_is_asked_for(site: Site, encoding: str) -> None:
    text = b"".join(b"line %d\n" % number for number in range(50_000))
    body = gzip.compress(text, mtime=0) if encoding == "gzip" else text
    site.paths["/a"] = send(200, body, Content_Encoding=encoding)
    async with Web(manners()) as web:
        for limit in (1, 1000, 70_000):
            answer = await ask(web, site.url + "/a", truncate=True, max_bytes=limit)
            assert isinstance(answer, Answer)
            assert answer.body == text[:limit]
            failure = await ask(web, site.url + "/a", max_bytes=limit)
            assert isinstance(failure, Failure)
            assert failure.reason is Reason.TOO_LARGE


async def test_each_address_is_asked_for_leave(site: Site) -> None:
    site.paths["/old"] = send(302, Location="/new")
    site.paths["/new"] = send(200, b"x")
    asked: list[str] = []

    async def permit(url: str) -> Failure | None:
        asked.append(url)
        no = Failure(stage=Stage.DOWNLOAD, subject=url, reason=Reason.ROBOTS_DISALLOWED)
        return no if url.endswith("/new") else None

    async with Web(manners()) as web:
        told = await ask(web, site.url + "/old", permit=permit)
    assert isinstance(told, Failure)
    assert told.reason is Reason.ROBOTS_DISALLOWED
    assert asked == [site.url + "/old", site.url + "/new"]
    assert [path for path, _ in site.seen] == ["/old"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw"])
async def test_compressed_bodies_are_read(site: Site, encoding: str) -> None:
    text = b"expelled " * 1000
    raw = zlib.compressobj(wbits=-15)
    body = {
        "gzip": gzip.compress(text[:4500]) + gzip.compress(text[4500:]),
        "deflate": zlib.compress(text),
        "raw": raw.compress(text) + raw.flush(),
    }[encoding]
    name = "deflate" if encoding == "raw" else encoding
    site.paths["/a"] = send(200, body, Content_Encoding=name)
    answer = await fetch(site.url + "/a")
    assert isinstance(answer, Answer)
    assert answer.body == text


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"x" * 100_001, "identity", Reason.TOO_LARGE),
        (gzip.compress(b"\0" * 50_000_000, mtime=0), "gzip", Reason.TOO_LARGE),
        (b"this is not gzip", "gzip", Reason.BAD_ENCODING),
        (gzip.compress(b"cut off " * 1000, mtime=0)[:-40], "gzip", Reason.PROTOCOL),
        (b"x", "br", Reason.BAD_ENCODING),
    ],
)
async def test_bodies_that_cannot_be_taken(site: Site, body: bytes, encoding: str, reason: Reason) -> None:
    site.paths["/a"] = send(200, body, Content_Encoding=encoding)
    failure = await fetch(site.url + "/a")
    assert isinstance(failure, Failure)
    assert failure.reason == reason


async def test_a_silent_server_and_a_trickling_one_time_out(site: Site) -> None:
    stop = threading.Event()

    def silent(handler: BaseHTTPRequestHandler) -> None:
        stop.wait(5)

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.05):
            handler.wfile.write(b".")

    site.paths["/silent"], site.paths["/trickle"] = silent, trickle
    for failure in (
        await fetch(site.url + "/silent", read_timeout=0.2),
        await fetch(site.url + "/trickle", read_timeout=5.0, total_timeout=0.5),
    ):
        assert isinstance(failure, Failure)
        assert (failure.reason, failure.retryable) == (Reason.TIMEOUT, True)
    stop.set()


async def test_nobody_there_and_no_such_name(site: Site) -> None:
    site.close()
    refused = await fetch(site.url + "/a")
    unknown = await fetch("http://no-such-host.invalid/")
    assert isinstance(refused, Failure)
    assert isinstance(unknown, Failure)
    assert (refused.reason, unknown.reason) == (Reason.CONNECT, Reason.DNS)


@settings(deadline=None)
@given(
    st.text(alphabet=st.characters(exclude_categories=()), max_size=30),
    st.sampled_from(["", "http://", "http://xn--", "https://user:@", "http://[", "http://a.example/"]),
)
def test_any_text_is_answered_with_a_page_or_a_reason(rest: str, start: str) -> None:
    async def get() -> Answer | Failure:
        page = httpx.MockTransport(lambda _: httpx.Response(200, content=b"x"))
        async with Web(manners(), transport=page) as web:
            return await web.get(start + rest, stage=Stage.DOWNLOAD, max_bytes=10)

    assert isinstance(asyncio.run(get()), Answer | Failure)


@pytest.mark.parametrize("host", ["xn--", "xn--zzzzzzzz--.invalid", "a" * 70 + ".example", "\udcff.example"])
async def test_a_host_name_that_is_none(site: Site, host: str) -> None:
    failure = await fetch(f"http://{host}/story")
    assert isinstance(failure, Failure)
    assert failure.reason in {Reason.BAD_URL, Reason.DNS}
    site.paths["/moved"] = send(302, Location=f"http://{host.encode('ascii', 'replace').decode()}/")
    moved = await fetch(site.url + "/moved")
    assert isinstance(moved, Failure)


async def test_a_proxy_setting_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "ftp://x:1")
    monkeypatch.delenv("no_proxy", raising=False)
    failure = await fetch("http://news.example/a")
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.PROXY


@pytest.mark.parametrize(
    "url", ["", "ftp://a.example/", "http://", "http://a b/", "http://a.example:99999/", "http://\x00/"]
)
async def test_an_address_that_is_none(url: str) -> None:
    failure = await fetch(url)
    assert isinstance(failure, Failure)
    assert failure.reason in {Reason.BAD_URL, Reason.DNS}


async def test_a_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.paths["http://news.example/a"] = send(200, b"through the proxy")
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    answer = await fetch("http://news.example/a")
    assert isinstance(answer, Answer)
    assert answer.body == b"through the proxy"
    private = await fetch("http://10.20.30.40/a")
    assert isinstance(private, Failure)
    assert private.reason == Reason.PRIVATE_ADDRESS
    site.paths["/direct"] = send(200, b"direct")
    direct = await fetch(site.url + "/direct")
    assert isinstance(direct, Answer)


def _every_exception(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    for below in kind.__subclasses__():
        yield below
        yield from _every_exception(below)


def test_every_httpx_exception_has_a_reason() -> None:
    public = {value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception)}
    below = {kind for kind in _every_exception(httpx.HTTPError) if kind.__module__.startswith("httpx")}
    assert len(public) > 20
    for kind in public | below:
        error = kind.__new__(kind)
        assert isinstance(reason_of(error)[0], Reason), kind
    assert set(REASONS) <= public | {httpx.HTTPError}


async def test_every_httpx_exception_becomes_a_failure_in_get() -> None:
    request = httpx.Request("GET", "http://a.example/")
    for error in (
        httpx.ReadTimeout("slow", request=request),
        httpx.RemoteProtocolError("cut", request=request),
        httpx.DecodingError("bad", request=request),
        httpx.InvalidURL("bad"),
        httpx.StreamClosed(),
        httpx.CookieConflict("two"),
    ):

        def answer(_: httpx.Request, error: Exception = error) -> httpx.Response:
            raise error

        async with Web(manners(), transport=httpx.MockTransport(answer)) as web:
            failure = await web.get("http://a.example/", stage=Stage.POLL, max_bytes=10)
        assert isinstance(failure, Failure)


def test_retry_after_in_both_forms() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert retry_after("90", now) == timedelta(seconds=90)
    assert retry_after("Sun, 01 Mar 2026 12:10:00 GMT", now) == timedelta(minutes=10)
    assert retry_after("Sun, 01 Mar 2020 12:10:00 GMT", now) == timedelta(0)
    assert retry_after("9" * 40, now) == timedelta(days=31)
    assert retry_after("soon", now) is None
    assert retry_after("Mon, 01 Jan 2024 00:00:00 +99999999999999", now) is None
    assert retry_after("Fri, 31 Dec 9999 23:59:59 -2359", now) in {None, timedelta(days=31)}
    assert retry_after("", now) is None
