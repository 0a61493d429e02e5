import pytest
from hypothesis import given
from hypothesis import strategies as st

from spywatch.urls import canonical, digest_of, redact


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://example.org/a", "https://EXAMPLE.org:443/a/"),
        ("https://example.org/a?utm_source=feed&id=7", "https://example.org/a?id=7#top"),
        ("https://example.org/a?b=1&a=2", "https://example.org/a?a=2&b=1"),
        ("https://example.org/x/../a", "https://example.org/a"),
        ("https://example.org/a%2Db", "https://example.org/a-b"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
    ],
)
def test_one_page_has_one_canonical_address(one: str, other: str) -> None:
    assert canonical(one) == canonical(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a?id=7", "https://example.org/a?id=8"),
        ("https://example.org/a", "https://example.org/A"),
        ("http://127.0.0.1:8001/a", "http://127.0.0.1:8002/a"),
        ("https://example.org/a", "https://news.example.org/a"),
    ],
)
def test_different_pages_stay_different(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    "text", ["", "mailto:a@b.example", "/relative", "http://", "http://[::1", "http://a:99999999/"]
)
def test_what_is_no_web_address_has_no_canonical_form(text: str) -> None:
    assert canonical(text) == ""


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=80))
def test_canonical_takes_any_text_and_is_stable(text: str) -> None:
    once = canonical("https://example.org/" + text)
    assert canonical(once) == once


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://user:hunter2@example.org/feed", "hunter2"),
        ("https://example.org/feed?token=abc", "abc"),
        ("https://example.org/feed?api_key=abc&x=1", "abc"),
        ("https://example.org/feed?f=9f8e7d6c5b4a39281706f5e4", "9f8e7d6c5b4a39281706f5e4"),
        ("https://example.org/feed?pass=hunter2", "hunter2"),
        ("https://example.org/feed?pw=hunter2", "hunter2"),
        ("https://example.org/feed?feedkey=abc", "abc"),
        ("https://example.org/feed?jwt=abc", "abc"),
        ("https://example.org/feed?sid=abc", "abc"),
        ("https://example.org/feed?a=1;token=abc", "abc"),
        ("https://example.org/feed?%74oken=abc", "abc"),
        ("https://example.org/feed;token=abc/rss", "abc"),
        ("https://example.org/9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0/rss", "9f8e7d6c"),
        ("https://example.org/private/9f8e7d6c5b4a39281706.xml", "9f8e7d6c5b4a39281706"),
        ("https://example.org/12345678901234567890/rss", "12345678901234567890"),
        ("https://example.org/private/9f8e7d6c5b4a39281706f5e4d3c2b1a0/rss", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
    ],
)
def test_secrets_are_blanked(url: str, secret: str) -> None:
    shown = redact(url)
    assert secret not in shown
    assert "REDACTED" in shown
    assert "example.org" in shown


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org:8443/world/rss.xml?section=europe&page=2",
        "https://example.org/2026/03/01/two-envoys-told-to-go-12345",
        "https://example.org/news/world-europe-12345678.html?topic=1-2",
        "https://example.org/feeds/news-and-press-releases-2026.rss",
    ],
)
def test_an_ordinary_address_is_shown_whole(url: str) -> None:
    assert redact(url) == url


def test_ids_depend_on_the_cut_between_parts() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")
    assert digest_of("a\ud800") == digest_of("a\ud800")
