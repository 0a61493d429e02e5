"""What stands in front of an article: pages as firewalls, login services and consent tools build them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from extractors.article import articles_from_page
from extractors.download import told_refusal
from spywatch.records import Access, Article, DateSource, Entry, Failure, Page, Reason, Stage, TextSource
from spywatch.web import Answer, refusal
from tests.extractors.conftest import BODY, NOW, PARAGRAPHS, html_page

MakePage = Callable[..., Page]
MakeEntry = Callable[..., Entry]
URL = "https://gazette.example/news/attaches"
SUMMARY = PARAGRAPHS[0]
HEADLINE = "<h1>Veldania sends two attaches home</h1>"
MENU = "<nav>" + "".join(f'<a href="/{n}">Section {n}</a>' for n in range(30)) + "</nav>"
ARTICLE = f"{MENU}<article>{HEADLINE}{BODY}{BODY}</article>"
PASSWORD = '<input name="name"><input type="password" name="word"><button>Go</button>'

CLOUDFLARE = html_page(
    "<h1>gazette.example</h1><p>The connection is looked at before the page opens.</p><noscript>Scripts needed"
    '</noscript><script>window._cf_chl_opt={cType:"managed"};var s=document.createElement("script");'
    's.src="/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1?ray=1";document.head.appendChild(s)</script>',
    "<title>Wait a little</title>",
)
DATADOME = html_page(
    "<p>Please switch on scripts and any ad blocker off.</p>"
    "<script>var dd={'rt':'c','host':'geo.captcha-delivery.com'}</script>"
    '<script src="https://ct.captcha-delivery.com/c.js"></script>',
    "<title>gazette.example</title>",
)
AWS = html_page(
    '<div id="challenge-container"></div><script src="https://a1.b2.token.awswaf.com/a1/challenge.js"></script>'
    "<script>AwsWafIntegration.getToken().then(()=>window.location.reload(true))</script>"
)
IMPERVA = html_page(
    '<iframe id="main-iframe" src="/_Incapsula_Resource?SWUDNSAI=31&xinfo=1" height="100%">Request refused. '
    "Incident 1-2</iframe>",
    '<meta name="robots" content="noindex, nofollow">',
)
COOKIE_SCRIPT = html_page('<script>document.cookie="seen=1; path=/"; location.reload();</script>')
CONSENT_FORM = html_page(
    "<h1>Your choice</h1><p>Read on with advertising, or take out a subscription.</p>"
    '<form action="/privacy-gate/accept" method="post"><button>Accept</button></form><a href="/terms">Terms</a>'
)
CONSENT_HOST = html_page(
    f"<h1>Before you go on</h1><p>{'We and 812 partners keep and read data on your device. ' * 30}</p>"
    '<form action="/collect"><button>Agree</button></form>'
)
LOGIN_PAGE = html_page(f'<h1>Welcome back</h1><form action="/session">{PASSWORD}</form><a href="/help">Help</a>')


def one(page: Page, entry: Entry | None) -> Article:
    found = articles_from_page(page, entry, now=NOW)
    assert not isinstance(found, Failure), found
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("body", "reached", "status", "headers", "state"),
    [
        pytest.param(CLOUDFLARE, URL, 200, {}, Access.CHALLENGE, id="managed challenge"),
        pytest.param(
            html_page("<p>One moment.</p>"), URL, 200, {"cf-mitigated": "challenge"}, Access.CHALLENGE, id="by header"
        ),
        pytest.param(AWS, URL, 202, {"x-amzn-waf-action": "challenge"}, Access.CHALLENGE, id="challenge with 202"),
        pytest.param(AWS, URL, 202, {}, Access.CHALLENGE, id="the same without its header"),
        pytest.param(IMPERVA, URL, 200, {}, Access.CHALLENGE, id="frame"),
        pytest.param(DATADOME, URL, 200, {}, Access.CHALLENGE, id="captcha service"),
        pytest.param(COOKIE_SCRIPT, URL, 200, {}, Access.CHALLENGE, id="script that sets a cookie and reloads"),
        pytest.param(
            html_page("", '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F">'),
            URL,
            202,
            {},
            Access.CHALLENGE,
            id="sent on to a captcha",
        ),
        pytest.param(CONSENT_FORM, URL, 200, {}, Access.CONSENT, id="consent form"),
        pytest.param(
            CONSENT_HOST, "https://consent.portal.example/collect?u=1", 200, {}, Access.CONSENT, id="consent host"
        ),
        pytest.param(
            LOGIN_PAGE, "https://gazette.example/login?next=%2Fnews", 200, {}, Access.LOGIN, id="login by redirect"
        ),
        pytest.param(LOGIN_PAGE, URL, 200, {}, Access.LOGIN, id="login in place"),
        pytest.param(
            html_page('<div id="root"></div><p>Loading the form.</p>'),
            "https://login.gazette.example/oauth2/start",
            200,
            {},
            Access.LOGIN,
            id="login drawn by script",
        ),
        pytest.param(html_page("<p>Not for you.</p>"), URL, 403, {}, Access.BLOCKED, id="refusal of another kind"),
    ],
)
def test_a_wall_gives_its_state_and_the_feeds_text_and_title(
    make_page: MakePage,
    make_entry: MakeEntry,
    body: bytes,
    reached: str,
    status: int,
    headers: Mapping[str, str],
    state: Access,
) -> None:
    page = Page(url=reached, status=status, body=body, content_type="text/html", headers=headers)
    entry = make_entry(summary_html=f"<p>{SUMMARY}</p>")
    article = one(page, entry)
    assert article.access is state
    assert (article.text, article.text_source) == (SUMMARY, TextSource.FEED_SUMMARY)
    assert (article.title, article.url) == (entry.title, URL)
    assert article.date_source is DateSource.NONE
    untold = one(page, make_entry())
    assert (untold.access, untold.text, untold.title) == (state, "", entry.title)


def test_news_of_walls_is_news(make_page: MakePage, make_entry: MakeEntry) -> None:
    told = (
        "Captcha puzzles now stand before half of all pages, a study of the consent industry says.",
        "Whoever would read an article must verify that he is human, accept cookies, log in or subscribe.",
        "Publishers defend the paywall: without subscription and consent there would be no newsroom to pay for.",
        "Checking your browser takes four seconds on average, the authors counted, and access is denied often.",
    )
    paragraphs = "".join(f"<p>{line}</p>" for line in told)
    body = f"{MENU}<main><h1>Captcha, consent, paywall</h1>{paragraphs}{paragraphs}</main>"
    widget = '<form class="comment-form"><script src="https://hcaptcha.com/1/api.js"></script></form>'
    article = one(make_page(body + widget), make_entry(title="Captcha, consent, paywall", summary_html=told[0]))
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)
    assert told[3] in article.text


def test_short_bare_page_that_tells_what_the_feed_told_is_the_article(
    make_page: MakePage, make_entry: MakeEntry
) -> None:
    body = f'<h1>Attaches</h1><p>{SUMMARY}</p><script src="https://hcaptcha.com/1/api.js"></script>'
    article = one(make_page(body), make_entry(summary_html=SUMMARY))
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(f'<header><form action="/login">{PASSWORD}</form></header>', id="login in the header"),
        pytest.param(f'<div class="modal"><form action="/login">{PASSWORD}</form></div>', id="login box"),
        pytest.param('<div id="consent-banner"><form action="/consent"></form></div>', id="banner"),
        pytest.param('<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>', id="sensor"),
        pytest.param('<script src="https://js.datadome.co/tags.js"></script>', id="another sensor"),
        pytest.param('<script>document.cookie="a=1"; if (x) location.reload();</script>', id="cookie script"),
    ],
)
def test_article_with_the_same_things_around_it_is_the_article(
    make_page: MakePage, make_entry: MakeEntry, extra: str
) -> None:
    article = one(make_page(extra + ARTICLE), make_entry(summary_html=SUMMARY))
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)
    assert PARAGRAPHS[4] in article.text


def test_article_reached_over_a_login_service_is_the_article(make_page: MakePage, make_entry: MakeEntry) -> None:
    page = make_page(ARTICLE, url="https://gazette.example/accounts/guest/attaches")
    article = one(page, make_entry(summary_html=SUMMARY))
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)


UNMARKED = f"{MENU}<div>{HEADLINE}{BODY}{BODY}</div>"
BRIEF = f"<div>{HEADLINE}<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p></div>"
LOGIN_BOX = f'<div class="module"><form action="/component/users">{PASSWORD}</form></div>'
CAPTCHA_FORM = '<form><textarea></textarea><script src="https://www.google.com/recaptcha/api.js"></script></form>'


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        pytest.param(UNMARKED, "https://gazette.example/2031/gdpr-fine-for-agency.html", id="a slug like a consent"),
        pytest.param(MENU + BRIEF + LOGIN_BOX, URL, id="a brief with a login box"),
        pytest.param(BRIEF + CAPTCHA_FORM, URL, id="a bare brief with a captcha in its form"),
    ],
)
def test_pages_that_only_look_like_walls_are_articles_though_the_feed_says_nothing(
    make_page: MakePage, make_entry: MakeEntry, body: str, reached: str
) -> None:
    article = one(make_page(body, url=reached), make_entry())
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)
    assert PARAGRAPHS[2] in article.text


def test_an_edition_whose_host_is_called_like_a_login_service_is_no_gate(
    make_page: MakePage, make_entry: MakeEntry
) -> None:
    entry = make_entry(url="http://id.gazette.example/amp/123", title="Another headline", summary_html=SUMMARY)
    article = one(make_page(ARTICLE, url="https://id.gazette.example/read/123"), entry)
    assert (article.access, article.text_source) == (Access.FULL, TextSource.PAGE)


def test_a_challenge_is_one_although_the_site_marks_all_its_pages_as_articles(
    make_page: MakePage, make_entry: MakeEntry
) -> None:
    script = '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'
    marked = f"<article><h1>Just a moment</h1><p>The browser is looked at.</p></article>{script}"
    page = make_page(marked, '<meta property="og:type" content="article">')
    article = one(page, make_entry())
    assert (article.access, article.text) == (Access.CHALLENGE, "")


def test_what_other_articles_cost_says_nothing_of_this_one(make_page: MakePage, make_entry: MakeEntry) -> None:
    said = (
        '<script type="application/ld+json">[{"@type":"NewsArticle","headline":"Veldania sends two attaches home",'
        '"mainEntityOfPage":"/news/attaches","isAccessibleForFree":true},{"@type":"NewsArticle","headline":"Dear","isAccessibleForFree":false}]</script>'
    )
    page = make_page(f"{MENU}<article>{HEADLINE}<p>{PARAGRAPHS[1]}</p></article>", said)
    assert one(page, make_entry()).access is Access.FULL


@pytest.mark.parametrize(
    ("body", "reached"),
    [
        pytest.param("<h1>Sorry</h1><p>This address leads nowhere, try the search instead.</p>", URL, id="in place"),
        pytest.param(
            "<h1>Sorry</h1><p>This address leads nowhere.</p>", "https://gazette.example/404", id="by redirect"
        ),
        pytest.param(
            f"{MENU}<h2>Harvest begins early</h2><p>{'Farmers in the south started a week ahead of time. ' * 40}</p>",
            "https://gazette.example/",
            id="front page",
        ),
    ],
)
def test_what_is_sent_in_place_of_a_page_that_is_gone_is_no_article(
    make_page: MakePage, make_entry: MakeEntry, body: str, reached: str
) -> None:
    head = '<meta property="article:published_time" content="2031-05-19T08:00:00Z">'
    entry = make_entry(summary_html=SUMMARY)
    article = one(make_page(body, head, url=reached), entry)
    assert (article.access, article.text, article.title) == (Access.EMPTY, SUMMARY, entry.title)
    assert (article.url, article.published_at) == (URL, None)


def test_short_page_with_other_words_than_the_feed_but_its_title_is_the_article(
    make_page: MakePage, make_entry: MakeEntry
) -> None:
    body = f"{HEADLINE}<p>Nobody at the gate would comment, and the flag was taken in at dusk as on other days.</p>"
    article = one(make_page(body), make_entry(summary_html=SUMMARY))
    assert article.access is Access.FULL
    assert "flag was taken in" in article.text


def test_metered_and_paid_beginnings_are_teasers(make_page: MakePage, make_entry: MakeEntry) -> None:
    paid = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>'
    article = one(make_page(f"{MENU}<article>{HEADLINE}<p>{SUMMARY}</p></article>", paid), make_entry())
    assert (article.access, article.text) == (Access.TEASER, SUMMARY)
    metered = f'{MENU}<article>{HEADLINE}<p>{SUMMARY}</p></article><div class="meter-count"></div>'
    assert one(make_page(metered), make_entry()).access is Access.TEASER


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason", "named"),
    [
        pytest.param(403, {}, CLOUDFLARE, Reason.BOT_CHALLENGE, "Cloudflare", id="challenge"),
        pytest.param(503, {}, CLOUDFLARE, Reason.BOT_CHALLENGE, "Cloudflare", id="challenge with 503"),
        pytest.param(403, {}, DATADOME, Reason.BOT_CHALLENGE, "DataDome", id="captcha"),
        pytest.param(
            403, {"x-datadome": "protected"}, b"<p>no</p>", Reason.BOT_CHALLENGE, "DataDome", id="by header"
        ),
        pytest.param(
            403, {"set-cookie": "datadome=a1; Path=/"}, b"<p>no</p>", Reason.BOT_CHALLENGE, "DataDome", id="by cookie"
        ),
        pytest.param(405, {}, AWS, Reason.BOT_CHALLENGE, "AWS WAF", id="captcha with 405"),
        pytest.param(
            403,
            {},
            b'<form><script src="https://www.google.com/recaptcha/api.js"></script></form>',
            Reason.BOT_CHALLENGE,
            "captcha",
            id="widget alone",
        ),
        pytest.param(
            403,
            {},
            MENU.encode() + b'<p>Forbidden</p><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js">',
            Reason.FORBIDDEN,
            "403",
            id="error page with a sensor",
        ),
        pytest.param(403, {"server": "cloudflare"}, b"<p>Forbidden</p>", Reason.FORBIDDEN, "403", id="plain refusal"),
        pytest.param(403, {}, LOGIN_PAGE, Reason.LOGIN_REQUIRED, "login", id="login page"),
        pytest.param(401, {"www-authenticate": "Basic"}, b"<p>no</p>", Reason.LOGIN_REQUIRED, "401", id="401"),
        pytest.param(402, {}, html_page(BODY * 5), Reason.PAYMENT_REQUIRED, "402", id="whole text with 402"),
        pytest.param(429, {}, b"<p>Slow down</p>", Reason.RATE_LIMITED, "429", id="too often"),
        pytest.param(503, {}, LOGIN_PAGE, Reason.HTTP_SERVER_ERROR, "503", id="error page"),
    ],
)
def test_refusal_has_the_reason_that_its_page_gives(
    status: int, headers: Mapping[str, str], body: bytes, reason: Reason, named: str
) -> None:
    answer = Answer(url=URL, status=status, headers=headers, body=body)
    plain = refusal(answer, stage=Stage.DOWNLOAD, at=NOW)
    failure = told_refusal(answer, plain)
    assert failure.reason is reason
    assert named in failure.detail
    assert (failure.retryable, failure.subject, failure.at) == (plain.retryable, URL, NOW)
