"""What stands in front of an article instead of it: a bot check, a consent page, a login page.

A wall is known by what it must do, not by what it says: a bot check loads its service's script or says so in a
header, a login page asks for a password, a consent page sends a form to a consent address, and all of them have
little text and few links. The feed's own words are the counter-proof: a page that tells what the feed told of the
article is no wall, whatever else is on it. The reasoning is in `docs/walls.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import html

from extractors.markup import Document
from extractors.text import words_of
from spywatch.records import Access
from spywatch.urls import canonical, host_of, path_of

NEXT_TO_NOTHING = 200
"""Characters that even a page with a headline and a sentence has."""
WALL_ROOM = 700
"""Characters that a wall may have of its own; a page with more text than that is no bare wall."""
WALL_LINKS = 10
"""Links that a challenge or consent page may have; real pages carry their menu."""
TOLD = 0.5
"""Share of the feed's words that a text must have, to be the article that the feed speaks of."""
TOLD_NOTHING = 0.15
"""Share of the feed's words under which a page has nothing to do with its entry: a few common words fall in
anywhere."""
FEED_WORDS = 8
"""Words that a feed's text must have, to be a measure."""
_FEED_MEASURE = 600
_STARTS_WITH = 100_000

_SERVICES: tuple[tuple[str, str], ...] = (
    ("Cloudflare", r"/cdn-cgi/challenge-platform/h/|_cf_chl_(?:opt|ctx)|__cf_chl_|/cdn-cgi/l/chk_"),
    ("DataDome", r"captcha-delivery\.com"),
    ("AWS WAF", r"\.awswaf\.com/|AwsWafIntegration|awsWafCookieDomainList"),
    ("Imperva", r"_Incapsula_Resource"),
    ("HUMAN", r"px-captcha|captcha\.px-c(?:loud|dn)\.net"),
    ("Akamai", r"/_sec/(?:cp_challenge|verify)|sec-if-cpt-container"),
    ("SiteGround", r"/\.well-known/(?:sgcaptcha|captcha)/"),
    ("DDoS-Guard", r"/\.well-known/ddos-guard/(?:js-)?(?:challenge|check)|check\.ddos-guard\.net"),
    ("Anubis", r"/\.within\.website/x/(?:cmd|xess)/|anubis_challenge"),
    ("Sucuri", r"sucuri_cloudproxy_js"),
    ("Vercel", r"/\.well-known/vercel/security/"),
)
"""What only the page of a bot check has: addresses and variables of the services' own challenges."""
_CHECK = re.compile("|".join(f"(?P<s{at}>{marks})" for at, (_, marks) in enumerate(_SERVICES)), re.IGNORECASE)
_WIDGET = re.compile(
    r"/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com|/_px/|hcaptcha\.com/1/api|"
    r"recaptcha/(?:api|enterprise)|geo\.captcha|awswaf|ddos-guard|js\.datadome\.co",
    re.IGNORECASE,
)
"""What good pages load too: a widget in a form, a sensor of the same services. Telling on a bare page only."""
_CONSENT = re.compile(r"consent|gdpr|cookie-?wall|privacy-?gate|zustimmung|pur-?abo", re.IGNORECASE)
_SETS_COOKIE = re.compile(r"document\.cookie\s*=", re.IGNORECASE)
_LOADS_AGAIN = re.compile(r"location\.(?:reload|replace|href|assign)|location\s*=|\.submit\(", re.IGNORECASE)
_PASSWORD = re.compile(r"<input\s[^<>]{0,500}?type\s*=\s*[\"']?password", re.IGNORECASE)
_LINK = re.compile(r"<a\s[^<>]{0,20}?href", re.IGNORECASE)
_LOGIN_PATH = re.compile(
    r"/(?:log-?in|log-?on|sign-?in|sign-?up|register|registration|auth|oauth2?|sso|accounts?|anmelden|anmeldung|"
    r"connexion|identification)(?:[/.]|$)",
    re.IGNORECASE,
)
_LOGIN_HOST = re.compile(r"(?:login|signin|auth|sso|accounts?|id|idp|identity)\.", re.IGNORECASE)
_GATE_PATH = re.compile(
    r"/(?:consent|captcha|subscribe|subscriptions?|paywall|abo|40[34]|410|error|not-?found|nicht-?gefunden)(?:[/.]|$)",
    re.IGNORECASE,
)
_FRONT = re.compile(r"/*(?:(?:index|default|home)\.\w+)?", re.IGNORECASE)


def bot_check(headers: Mapping[str, str], *, status: int = 200) -> str:
    """Which service says by a header that the answer is its bot check, "" if none does.

    Sources: Cloudflare ("Detect a Challenge Page response": `cf-mitigated: challenge`), AWS WAF developer guide
    ("CAPTCHA and Challenge action behavior": `x-amzn-waf-action`), DataDome (validate-request reference: a blocked
    request is answered 401 or 403 and carries `x-datadome`; `x-dd-b` on blocked ones only).

    Args:
        headers: of the answer, names in lower case.
        status: of the answer.
    """
    if headers.get("cf-mitigated", "").strip().lower() == "challenge":
        return "Cloudflare"
    if headers.get("x-amzn-waf-action", "").strip().lower() in ("challenge", "captcha"):
        return "AWS WAF"
    if "x-dd-b" in headers or (status in (401, 403) and "x-datadome" in headers):
        return "DataDome"
    if headers.get("x-vercel-mitigated", "").strip().lower() == "challenge":
        return "Vercel"
    return ""


def refused_by_check(headers: Mapping[str, str], body: bytes, *, status: int) -> str:
    """Which bot check refused a request, "" if none did. Looks at the start of the body without parsing it.

    Args:
        headers: names in lower case.
        body: of the refusal (status 4xx or 5xx).
        status: of the refusal.
    """
    if service := bot_check(headers, status=status):
        return service
    start = body[:_STARTS_WITH].decode("latin-1")
    if service := _service_in(start):
        return service
    cookies = headers.get("set-cookie", "").lower()
    if status in (401, 403) and "datadome=" in cookies:
        return "DataDome"
    return "a captcha" if _WIDGET.search(start) and len(_LINK.findall(start)) <= WALL_LINKS else ""


def asks_for_password(body: bytes) -> bool:
    """Whether a refusal is a login page: it asks for a password and links to next to nothing."""
    start = body[:_STARTS_WITH].decode("latin-1")
    return _PASSWORD.search(start) is not None and len(_LINK.findall(start)) <= WALL_LINKS


def wall_of(
    document: Document,
    text: str,
    *,
    size: int,
    status: int,
    headers: Mapping[str, str],
    requested: str,
    told: float | None,
    marked: bool,
) -> Access | None:
    """The wall that a page is: `challenge`, `consent` or `login`; None if it is none of them.

    Args:
        document: the page.
        text: the main text found on it.
        size: length of the text, in characters.
        status, headers: of the answer.
        requested: the address that was asked for, "" if unknown, to see a redirect.
        told: share of the feed's words that the text has, None if the feed says too little.
        marked: the page says of itself that it is an article.
    """
    if bot_check(headers, status=status):
        return Access.CHALLENGE
    if told is not None and told >= TOLD:
        return None
    moved = bool(requested) and canonical(document.url) != canonical(requested)
    password = [form for form in document.tree.iter("form") if _takes_password(form)]
    if moved and _is_consent(document.url, requested) and not marked:
        # An address alone proves little: "/gdpr-fine-for-agency.html" is an article.
        asks = any(_asks_consent(form) for form in document.tree.iter("form"))
        if size < WALL_ROOM or asks or host_of(document.url).startswith("consent."):
            return Access.CONSENT
    if moved and _is_login(document.url, requested) and not marked and (size < WALL_ROOM or password):
        return Access.LOGIN
    links = sum(1 for link in document.tree.iter("a") if link.get("href"))
    bare = links <= WALL_LINKS
    if bare and size < NEXT_TO_NOTHING and _checks(document, _CHECK):
        return Access.CHALLENGE  # even where the site marks all its pages as articles
    if size >= WALL_ROOM or marked:
        return None
    if bare and (
        _checks(document, _CHECK)
        or (size < NEXT_TO_NOTHING and _checks(document, _WIDGET))  # a form with a captcha is also put below briefs
        or (not links and _sets_cookie_and_reloads(document, text))
    ):
        return Access.CHALLENGE
    if (bare or size < NEXT_TO_NOTHING) and any(not in_chrome(form) for form in password):
        return Access.LOGIN
    if bare and any(_asks_consent(form) for form in document.tree.iter("form")):
        return Access.CONSENT
    return None


def elsewhere(asked: str, reached: str) -> bool:
    """Whether a redirect led to a page that is no article's own: front page, the section above, login, "not found".

    Args:
        asked: the address that was asked for.
        reached: where the redirects led.
    """
    known, own = canonical(asked), canonical(reached)
    if not own or own == known:
        return False
    # An address by query ("/?p=7", "/index.php?id=7") is no front page.
    front = _FRONT.fullmatch(path_of(own)) and "?" not in own
    path, host = path_of(own), host_of(own)
    gate = _gate(host, path) and not _gate(host_of(known), path_of(known))
    return bool(front or known.startswith(f"{own}/") or gate)


def _gate(host: str, path: str) -> bool:
    return bool(
        _GATE_PATH.search(path) or _LOGIN_PATH.search(path) or _LOGIN_HOST.match(host) or host.startswith("consent.")
    )


def share_told(feed: str, page: str) -> float | None:
    """Share of the words of a feed's text that a page's text has too; None if the feed says too little to tell.

    Args:
        feed: the feed's text for the entry; its first 600 characters count.
        page: the page's text.
    """
    wanted = words_of(feed[:_FEED_MEASURE])
    if len(wanted) < FEED_WORDS:
        return None
    return len(wanted & words_of(page)) / len(wanted)


def in_chrome(element: html.HtmlElement) -> bool:
    """Whether an element stands in the frame that every page of a site has."""
    return any(ancestor.tag in ("header", "nav", "footer", "aside", "dialog") for ancestor in element.iterancestors())


def _service_in(source: str) -> str:
    match = _CHECK.search(source)
    return _SERVICES[int((match.lastgroup or "s0")[1:])][0] if match else ""


def _checks(document: Document, marks: re.Pattern[str]) -> bool:
    """Whether the page loads the script, frame or next page of a bot check."""
    return any(marks.search(loaded) for loaded in _loaded(document.tree))


def _loaded(tree: html.HtmlElement) -> Iterator[str]:
    for element in tree.iter("script", "iframe", "link", "meta", "form"):
        yield " ".join((element.get(name) or "")[:500] for name in ("src", "href", "content", "action"))
        if element.tag == "script":
            yield (element.text or "")[:5_000]


def _sets_cookie_and_reloads(document: Document, text: str) -> bool:
    if len(text) >= WALL_ROOM // 2:
        return False
    scripts = [(script.text or "")[:20_000] for script in document.tree.iter("script")][:20]
    return any(_SETS_COOKIE.search(script) and _LOADS_AGAIN.search(script) for script in scripts)


def _takes_password(form: html.HtmlElement) -> bool:
    return any((field.get("type") or "").lower() == "password" for field in form.iter("input"))


def _asks_consent(form: html.HtmlElement) -> bool:
    return _CONSENT.search(" ".join((form.get(name) or "")[:500] for name in ("action", "id", "class"))) is not None


def _is_consent(url: str, requested: str) -> bool:
    """Whether an address is a consent page's, and the one that was asked for is not (as of news about consent)."""
    here, asked = (f"{host_of(address)}{path_of(address)}" for address in (url, requested))
    return _CONSENT.search(here) is not None and _CONSENT.search(asked) is None


def _is_login(url: str, requested: str) -> bool:
    def login(address: str) -> bool:
        return bool(_LOGIN_PATH.search(path_of(address)) or _LOGIN_HOST.match(host_of(address)))

    return login(url) and not login(requested)
