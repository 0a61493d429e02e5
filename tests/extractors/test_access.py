from __future__ import annotations

import pytest

from extractors.access import access_of
from extractors.markup import Document, read_page
from spywatch.records import Access
from tests.extractors.conftest import BODY, PARAGRAPHS, html_page

LONG = "\n".join(PARAGRAPHS * 4)
SHORT = PARAGRAPHS[0]
MIDDLE = "\n".join(PARAGRAPHS)
PAID = '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":"False"%s}</script>'
MISSING = ',"hasPart":{"@type":"WebPageElement","isAccessibleForFree":false,"cssSelector":".for-members"}'
LOGIN = '<form action="/login"><input name="u"><input type="password" name="p"></form>'
MENU = "<nav>" + "".join(f'<a href="/{n}">Section {n}</a>' for n in range(30)) + "</nav>"
CHALLENGE = '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>'


def document(body: str, head: str = "", url: str = "https://gazette.example/a") -> Document:
    found = read_page(html_page(body, head), url=url)
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize(
    ("body", "head", "text", "state"),
    [
        pytest.param(BODY, "", LONG, Access.FULL, id="full"),
        pytest.param(BODY, "", SHORT, Access.FULL, id="short but whole"),
        pytest.param("<div></div>", "", "", Access.EMPTY, id="empty"),
        pytest.param(BODY, PAID % "", SHORT, Access.TEASER, id="paid and short"),
        pytest.param(BODY, PAID % "", LONG, Access.FULL, id="paid, and sent in full"),
        pytest.param(BODY, PAID % MISSING, LONG, Access.TEASER, id="paid part is missing"),
        pytest.param(
            f'<div class="for-members">{BODY}</div>', PAID % MISSING, LONG, Access.FULL, id="paid part is there"
        ),
        pytest.param(f'{BODY}<div class="paywall-box">Join</div>', "", SHORT, Access.TEASER, id="paywall block"),
        pytest.param(f"<p>Wait</p>{CHALLENGE}", "", "Wait", Access.CHALLENGE, id="challenge"),
        pytest.param(
            f"{MENU}<article>{BODY}</article>{CHALLENGE}",
            "",
            SHORT,
            Access.FULL,
            id="script on a good page",
        ),
        pytest.param(LOGIN, "", "", Access.LOGIN, id="login"),
        pytest.param(f"<header>{LOGIN}</header><p>{SHORT}</p>", "", SHORT, Access.FULL, id="login box in the header"),
        pytest.param(
            '<form action="/consent/save"><button>Yes</button></form>', "", "", Access.CONSENT, id="consent"
        ),
        pytest.param(f'<div class="meter-reminder"></div>{BODY}', "", SHORT, Access.TEASER, id="counted, and a stub"),
        pytest.param(f'<div id="s-meter"></div>{BODY}', "", MIDDLE, Access.FULL, id="counted, and no stub"),
        pytest.param(
            f'<aside><p class="paywall"></p></aside>{BODY}', "", SHORT, Access.FULL, id="empty paywall aside"
        ),
        pytest.param(
            f'<script id="paywall_settings-js">var a = 1</script>{BODY}',
            "",
            SHORT,
            Access.TEASER,
            id="paywall script",
        ),
        pytest.param(
            f'<div class="meter-reminder"></div>{BODY}',
            '<meta property="article:content_tier" content="free">',
            SHORT,
            Access.FULL,
            id="counted, but this one is free",
        ),
        pytest.param(f'<p class="parameter">x</p>{BODY}', "", SHORT, Access.FULL, id="another word"),
        pytest.param(
            BODY, '<meta property="article:content_tier" content="metered">', SHORT, Access.TEASER, id="metered tier"
        ),
        pytest.param(
            BODY,
            PAID.replace('"isAccessibleForFree":"False"%s', MISSING.removeprefix(",")),
            SHORT,
            Access.TEASER,
            id="a part is paid for",
        ),
        pytest.param("<p>Verify that you are human.</p>", "", SHORT, Access.FULL, id="phrases alone"),
    ],
)
def test_states(body: str, head: str, text: str, state: Access) -> None:
    assert access_of(document(body, head), text) is state


def test_status_of_refusal() -> None:
    assert access_of(document(BODY), SHORT, status=403) is Access.BLOCKED
    assert access_of(document(BODY), LONG, status=403) is Access.FULL


def test_redirect_to_a_consent_host() -> None:
    elsewhere = document("<p>We value you</p>", url="https://consent.example/collectConsent?x=1")
    assert access_of(elsewhere, "We value you", requested="https://gazette.example/a") is Access.CONSENT


def test_page_much_shorter_than_the_feeds_text() -> None:
    assert access_of(document(BODY), SHORT, feed_text=LONG) is Access.TEASER
    assert access_of(document(BODY), LONG, feed_text=SHORT) is Access.FULL
