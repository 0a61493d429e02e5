import json
from datetime import UTC, datetime

import pytest

from feeds.jsonfeed import read_json_feed
from feeds.parse import parse_feed
from spywatch.records import DateSource, Failure, ParsedFeed, Reason

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
VERSION = "https://jsonfeed.org/version/1.1"


def document(*items: object, **more: object) -> bytes:
    return json.dumps({"version": VERSION, "title": "The Lantern", "items": list(items), **more}).encode()


def read(body: bytes) -> ParsedFeed:
    parsed = parse_feed(body, feed_url="https://outlet.example/feed.json", now=NOW)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def test_item_whole() -> None:
    parsed = read(
        document(
            {
                "id": 7,
                "url": "/7",
                "title": "Ring &amp; reward",
                "content_html": "<p>Text</p>",
                "summary": "a < b",
                "date_published": "2026-05-19T10:00:00+02:00",
                "authors": [{"name": "Ada Quill"}, {"url": "https://x.example"}],
                "language": "en-GB",
            },
            home_page_url="https://outlet.example/",
            language="cs",
        )
    )
    (entry,) = parsed.entries
    assert (parsed.title, parsed.link, parsed.language) == ("The Lantern", "https://outlet.example/", "cs")
    assert (entry.url, entry.guid, entry.title) == ("https://outlet.example/7", "7", "Ring & reward")
    assert (entry.summary_html, entry.content_html) == ("a &lt; b", "<p>Text</p>")
    assert (entry.authors, entry.language) == (("Ada Quill",), "en")
    assert (entry.published_at, entry.date_source) == (
        datetime(2026, 5, 19, 8, tzinfo=UTC),
        DateSource.FEED_PUBLISHED,
    )


def test_links_ids_and_authors_fall_back() -> None:
    parsed = read(
        document(
            {"id": "https://outlet.example/a", "title": "A"},
            {"id": "b", "external_url": "https://other.example/b", "author": {"name": "Bo"}},
            {"id": "c", "content_text": "plain"},
            authors=[{"name": "The desk"}],
        )
    )
    assert [entry.url for entry in parsed.entries] == ["https://outlet.example/a", "https://other.example/b", ""]
    assert [entry.authors for entry in parsed.entries] == [("The desk",), ("Bo",), ("The desk",)]


def test_wrong_types_cost_one_item_at_most() -> None:
    parsed = read(
        document(
            {"id": "a", "url": 5, "title": ["x"], "authors": "me"}, "no object", None, {"url": "/1", "title": "One"}
        )
    )
    assert [entry.title for entry in parsed.entries] == ["One"]
    assert [skip.reason for skip in parsed.skipped] == [
        Reason.NO_LINK_NO_TEXT,
        Reason.MALFORMED_ENTRY,
        Reason.MALFORMED_ENTRY,
    ]


def test_a_document_that_breaks_off_gives_what_is_whole() -> None:
    whole = document({"id": "1", "url": "/1"}, {"id": "2", "url": "/2"}, {"id": "3", "url": "/3"})
    parsed = read(whole[: whole.index(b'"/3"')])
    assert parsed.title == "The Lantern"
    assert [entry.url[-2:] for entry in parsed.entries] == ["/1", "/2"]
    assert [skip.reason for skip in parsed.skipped] == [Reason.MALFORMED_ENTRY]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings(encoding: str) -> None:
    body = json.dumps({"version": VERSION, "items": [{"url": "/1", "title": "Žluť"}]}, ensure_ascii=False).encode(
        encoding
    )
    assert [entry.title for entry in read(body).entries] == ["Žluť"]


def test_lone_surrogates_and_controls_do_not_travel() -> None:
    (entry,) = read(document({"url": "/1", "title": "a\ud800b\u0000c", "content_text": "x\udfffy\u0000z"})).entries
    assert (entry.title, entry.content_html) == ("abc", "xyz")


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"[1, 2]", b'{"items": [1]}', b'{"items": [{"name": "x"}]}', b'{"items": "x"}',
     b'{"a": ', b"[" * 200_000, b'{"items": ' * 50_000, b'{"version": "https://jsonfeed.org/version/1"'],
)  # fmt: skip
def test_json_that_is_no_feed(body: bytes) -> None:
    assert read_json_feed(body) is None
    failure = parse_feed(body)
    assert isinstance(failure, Failure)
    assert failure.reason is Reason.NOT_A_FEED
