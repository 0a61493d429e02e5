from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from extractors.article import articles_from_page
from extractors.download import download
from spywatch.guard import AllowedHosts
from spywatch.records import Entry, Failure, Page, Reason, Stage
from spywatch.web import Manners, Permit, Web
from tests.extractors.conftest import BODY, NOW, html_page

MakeEntry = Callable[..., Entry]


CHALLENGE = html_page('<p>Wait</p><script src="/cdn-cgi/challenge-platform/h/g/orchestrate/x"></script>')
REFUSALS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/challenge": (403, {}, CHALLENGE),
    "/busy-challenge": (503, {"Retry-After": "600"}, CHALLENGE),
    "/challenge-header": (429, {"cf-mitigated": "challenge"}, html_page("<p>Wait</p>")),
    "/puzzle": (405, {"x-amzn-waf-action": "captcha"}, html_page("<p>Wait</p>")),
    "/members": (403, {}, html_page('<form><input type="password"></form>')),
    "/basic": (401, {"WWW-Authenticate": "Basic"}, html_page("<p>No</p>")),
    "/paid": (402, {}, html_page(BODY)),
    "/often": (429, {"Retry-After": "600"}, html_page("<p>Slow down</p>")),
    "/down-page": (503, {}, html_page("<p>Back soon</p>")),
}


class _Outlet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/news")
            self.end_headers()
            return
        status = {"/news": 200, "/wall": 403, "/down": 500}.get(self.path, 404)
        status, headers, body = REFUSALS.get(self.path, (status, {}, html_page(BODY)))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def outlet() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Outlet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def fetch(entry: Entry, max_bytes: int = 1_000_000, permit: Permit | None = None) -> Page | Failure:
    manners = Manners(user_agent="test", host_delay=0.0, allowed_private_hosts=AllowedHosts.parse("127.0.0.1"))
    async with Web(manners) as web:
        return await download(entry, web=web, max_bytes=max_bytes, now=NOW, permit=permit)


async def test_page_comes_as_it_was_sent(outlet: str, make_entry: MakeEntry) -> None:
    page = await fetch(make_entry(url=f"{outlet}/moved"))
    assert isinstance(page, Page)
    assert (page.url, page.status, page.body) == (f"{outlet}/news", 200, html_page(BODY))
    assert page.content_type == page.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "reason"),
    [("/none", Reason.NOT_FOUND), ("/wall", Reason.FORBIDDEN), ("/down", Reason.HTTP_SERVER_ERROR)],
)
async def test_failures_have_their_reason(outlet: str, make_entry: MakeEntry, path: str, reason: Reason) -> None:
    failure = await fetch(make_entry(url=outlet + path))
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason) == (Stage.DOWNLOAD, reason)


@pytest.mark.parametrize(
    ("path", "reason", "retryable"),
    [
        ("/challenge", Reason.BOT_CHALLENGE, False),
        ("/busy-challenge", Reason.BOT_CHALLENGE, True),
        ("/challenge-header", Reason.BOT_CHALLENGE, True),
        ("/puzzle", Reason.BOT_CHALLENGE, False),
        ("/members", Reason.LOGIN_REQUIRED, False),
        ("/basic", Reason.LOGIN_REQUIRED, False),
        ("/paid", Reason.PAYMENT_REQUIRED, False),
        ("/often", Reason.RATE_LIMITED, True),
        ("/down-page", Reason.HTTP_SERVER_ERROR, True),
    ],
)
async def test_walls_are_told_from_errors(
    outlet: str, make_entry: MakeEntry, path: str, reason: Reason, retryable: bool
) -> None:
    failure = await fetch(make_entry(url=outlet + path))
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason, failure.retryable) == (Stage.DOWNLOAD, reason, retryable)
    waits = timedelta(minutes=10) if path in ("/busy-challenge", "/often") else None
    assert failure.retry_after == waits


async def test_permit_is_asked_before_each_address(outlet: str, make_entry: MakeEntry) -> None:
    asked = []

    async def permit(url: str) -> Failure | None:
        asked.append(url)
        refused = Failure(stage=Stage.DOWNLOAD, subject=url, reason=Reason.ROBOTS_DISALLOWED)
        return refused if url.endswith("/news") else None

    failure = await fetch(make_entry(url=f"{outlet}/moved"), permit=permit)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.ROBOTS_DISALLOWED
    assert asked == [f"{outlet}/moved", f"{outlet}/news"]


async def test_page_over_the_limit(outlet: str, make_entry: MakeEntry) -> None:
    failure = await fetch(make_entry(url=f"{outlet}/news"), max_bytes=100)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.TOO_LARGE


async def test_entry_without_a_link(make_entry: MakeEntry) -> None:
    failure = await fetch(make_entry(url=""))
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.NO_LINK_NO_TEXT


async def test_what_a_redirect_leads_to_is_the_article_of_the_direct_link(outlet: str, make_entry: MakeEntry) -> None:
    told = []
    for path in ("/moved", "/news"):
        entry = make_entry(url=outlet + path)
        page = await fetch(entry)
        assert isinstance(page, Page)
        found = articles_from_page(page, entry, now=None)
        assert not isinstance(found, Failure)
        told += [(article.id, article.url) for article in found]
    assert len(told) == 2
    assert set(told) == {(told[1][0], f"{outlet}/news")}
