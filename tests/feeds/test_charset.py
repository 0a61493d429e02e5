import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.charset import plain_bytes, readable
from feeds.parse import parse_feed
from spywatch.records import ParsedFeed

TEXT = "Žluťoučký kůň"
ITEM = f"<rss><channel><item><title>{TEXT}</title><link>https://a.example/1</link></item></channel></rss>"
DECLARED = '<?xml version="1.0" encoding="{}"?>' + ITEM


@pytest.mark.parametrize(
    "body",
    [
        DECLARED.format("utf-16").encode("utf-16"),
        DECLARED.format("utf-16").encode("utf-16-le"),
        DECLARED.format("utf-16").encode("utf-16-be"),
        ITEM.encode("utf-16-le"),
        ITEM.encode("utf-16-be"),
        DECLARED.format("utf-32").encode("utf-32"),
        DECLARED.format("utf-32").encode("utf-32-be"),
        DECLARED.format("utf-8").encode("utf-16"),
    ],
)
@pytest.mark.parametrize("content_type", ["", "text/xml", "application/xml; charset=utf-16"])
def test_wide_encodings_are_read_whatever_the_header_says(body: bytes, content_type: str) -> None:
    feed = parse_feed(body, content_type=content_type)
    assert isinstance(feed, ParsedFeed)
    assert [entry.title for entry in feed.entries] == [TEXT]


@pytest.mark.parametrize(
    "hiding", ["utf-7", "punycode", "idna", "unicode_escape", "utf-16", "cp037", "base64", "rot13"]
)
def test_a_declared_encoding_that_hides_markup_is_not_believed(hiding: str) -> None:
    body = DECLARED.format(hiding).encode()
    for content_type in ("", f"application/xml; charset={hiding}"):
        feed = parse_feed(body, content_type=content_type)
        assert isinstance(feed, ParsedFeed)
        assert [entry.title for entry in feed.entries] == [TEXT]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250", "koi8-r", "shift_jis", "gb2312", "big5"])
def test_encodings_of_the_web_are_left_alone(charset: str) -> None:
    assert readable(charset)
    body = f'<?xml version="1.0" encoding="{charset}"?><rss/>'.encode()
    header = f"text/xml; charset={charset}"
    assert plain_bytes(body, header) == (body, header)


@given(st.binary(max_size=60), st.text(max_size=30))
def test_any_bytes_and_any_header_are_taken(body: bytes, header: str) -> None:
    plain, _ = plain_bytes(body, header)
    assert len(plain) <= 4 * len(body)
