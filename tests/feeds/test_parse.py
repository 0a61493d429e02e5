import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.parse import parse_feed
from spywatch.records import DateSource, Entry, Failure, ParsedFeed, Reason, Stage

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
FEED = "https://outlet.example/rss/feed.xml"


def rss(*items: str, head: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>'
        f"<title>The Lantern</title><link>https://outlet.example/</link><language>en-GB</language>{head}"
        f"{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"
    ).encode()


def atom(*entries: str) -> bytes:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="cs"><title>Zprávy</title>'
        f'<link href="https://outlet.example/"/><author><name>The desk</name></author>{inner}</feed>'
    ).encode()


def read(body: bytes, *, feed_url: str = FEED, content_type: str = "") -> ParsedFeed:
    parsed = parse_feed(body, feed_url=feed_url, content_type=content_type, now=NOW)
    assert isinstance(parsed, ParsedFeed), parsed
    return parsed


def only(body: bytes, *, feed_url: str = FEED, content_type: str = "") -> Entry:
    parsed = read(body, feed_url=feed_url, content_type=content_type)
    assert parsed.skipped == ()
    (entry,) = parsed.entries
    return entry


def test_rss_item_whole() -> None:
    parsed = read(
        rss(
            "<title>Envoy &amp;amp; aide &lt;b&gt;expelled&lt;/b&gt;</title><link>/news/1</link>"
            "<guid isPermaLink='false'>abc</guid><dc:creator>Ada Quill</dc:creator>"
            "<pubDate>Tue, 19 May 2026 10:00:00 CEST</pubDate>"
            "<description>&lt;p&gt;Short.&lt;/p&gt;</description>"
            "<content:encoded>&lt;p&gt;Long.&lt;/p&gt;</content:encoded>"
        )
    )
    assert (parsed.title, parsed.link, parsed.language) == ("The Lantern", "https://outlet.example/", "en")
    (entry,) = parsed.entries
    assert entry.title == "Envoy & aide expelled"
    assert entry.url == "https://outlet.example/news/1"
    assert (entry.guid, entry.feed_url, entry.authors, entry.language) == ("abc", FEED, ("Ada Quill",), "en")
    assert (entry.summary_html, entry.content_html) == ("<p>Short.</p>", "<p>Long.</p>")
    assert entry.published_at == datetime(2026, 5, 19, 8, tzinfo=UTC)
    assert entry.date_source is DateSource.FEED_PUBLISHED


def test_atom_entry_whole() -> None:
    entry = only(
        atom(
            '<title type="html">Vyhoštění &amp;quot;diplomata&amp;quot;</title><id>tag:outlet.example,2026:1</id>'
            '<link rel="self" href="https://outlet.example/1.atom"/>'
            '<link rel="enclosure" type="audio/mpeg" href="https://outlet.example/1.mp3"/>'
            '<link rel="alternate" type="application/pdf" href="https://outlet.example/1.pdf"/>'
            '<link rel="alternate" type="text/html" href="/1"/>'
            "<updated>2026-05-19T10:00:00+02:00</updated><summary>1 &lt; 2</summary>"
        )
    )
    assert entry.title == 'Vyhoštění "diplomata"'
    assert entry.url == "https://outlet.example/1"
    assert entry.authors == ("The desk",)
    assert entry.summary_html == "1 &lt; 2"
    assert entry.language == "cs"
    assert (entry.published_at, entry.date_source) == (datetime(2026, 5, 19, 8, tzinfo=UTC), DateSource.FEED_UPDATED)


def test_rdf_items_stand_outside_the_channel_and_dc_date_is_their_day() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://outlet.example/"><title>T</title>
     <link>https://outlet.example/</link></channel><item rdf:about="https://outlet.example/1"><title>One</title>
     <link>https://outlet.example/1</link><dc:date>2026-05-19T08:00:00Z</dc:date></item></rdf:RDF>"""
    entry = only(body)
    assert entry.url == "https://outlet.example/1"
    assert (entry.published_at, entry.date_source) == (
        datetime(2026, 5, 19, 8, tzinfo=UTC),
        DateSource.FEED_PUBLISHED,
    )


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<guid>https://outlet.example/g</guid>", "https://outlet.example/g"),
        ("<link></link><guid>https://outlet.example/g</guid>", "https://outlet.example/g"),
        ("<link>javascript:alert(1)</link><guid>https://outlet.example/g</guid>", "https://outlet.example/g"),
        ("<guid isPermaLink='false'>https://outlet.example/g</guid>", ""),
        ("<guid>4711</guid>", ""),
        ("<enclosure url='https://outlet.example/a.mp3' type='audio/mpeg'/>", ""),
        (
            "<link>https://feedproxy.example/~r/1</link>"
            "<feedburner:origLink>https://outlet.example/o</feedburner:origLink>",
            "https://outlet.example/o",
        ),
        ("<link>https://outlet.example/l</link><guid>https://outlet.example/g</guid>", "https://outlet.example/l"),
        ("<link>//cdn.example/l</link>", "https://cdn.example/l"),
        ("<link>http://[::1</link>", ""),
    ],
)
def test_which_link_is_the_article(item: str, url: str) -> None:
    assert only(rss(f"<title>One</title>{item}")).url == url


def test_without_a_feed_address_links_are_resolved_against_the_site() -> None:
    assert only(rss("<title>One</title><link>/1</link>"), feed_url="").url == "https://outlet.example/1"


def test_one_broken_item_does_not_cost_the_others() -> None:
    parsed = read(
        rss(
            "<title>One</title><link>/1</link>",
            "<category>x</category>",
            "<link>ftp://x/y</link>",
            "<title>Two</title>",
        )
    )
    assert [entry.title for entry in parsed.entries] == ["One", "Two"]
    assert [(skip.stage, skip.reason) for skip in parsed.skipped] == [
        (Stage.PARSE, Reason.NO_LINK_NO_TEXT),
        (Stage.PARSE, Reason.MALFORMED_ENTRY),
    ]


@pytest.mark.parametrize("poison", ["&#xD800;", "&#55300;", "&#99999999999;"])
def test_a_reference_on_which_the_library_stumbles_costs_nothing(poison: str) -> None:
    parsed = read(rss("<title>One</title><link>/1</link>", f"<title>Two {poison} &</title><link>/2</link>"))
    assert [entry.url[-2:] for entry in parsed.entries] == ["/1", "/2"]


def test_an_item_on_which_the_library_stumbles_is_skipped_alone() -> None:
    spaces = b' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"'
    items = "".join(f"<item><title>T{n}</title><link>/{n}</link></item>" for n in range(9))
    poison = "<item><gml:posList>1 2</gml:posList></item>"
    head = b'<rss version="2.0"' + spaces + b"><channel><title>x</title>"
    parsed = read(head + f"{items}{poison}<item><title>T9</title><link>/9</link></item></channel></rss>".encode())
    assert [entry.title for entry in parsed.entries] == [f"T{n}" for n in range(10)]
    assert [skip.reason for skip in parsed.skipped] == [Reason.MALFORMED_ENTRY]


@pytest.mark.parametrize(
    "cut", ["<item><title>Half</title><link>https://outl", "<item><title>Half</title>", "<item>"]
)
def test_a_document_that_breaks_off_gives_what_is_whole(cut: str) -> None:
    whole = rss("<title>One</title><link>/1</link>", "<title>Two</title><link>/2</link>")
    parsed = read(whole.removesuffix(b"</channel></rss>") + cut.encode())
    assert [entry.title for entry in parsed.entries] == ["One", "Two"]
    assert [skip.reason for skip in parsed.skipped] == [Reason.MALFORMED_ENTRY]


def test_a_cut_item_that_has_its_link_is_kept() -> None:
    parsed = read(rss("<title>One</title><link>/1</link>").removesuffix(b"</item></channel></rss>"))
    assert [entry.url for entry in parsed.entries] == ["https://outlet.example/1"]


@pytest.mark.parametrize(
    "body",
    [
        rss("<title>R&D spy</title><link>/1</link>"),
        b"{ junk }" + rss("<title>One</title><link>/1</link>"),
        b"\n\n  " + rss("<title>One</title><link>/1</link>"),
        b"<b>Warning</b>: something failed" + rss("<title>One</title><link>/1</link>"),
        rss("<title>One</title><link>/1</link><p>").replace(b"</channel>", b""),
        rss("<title>One &nbsp; two &bogus;</title><link>/1</link>"),
        rss("<title>One \x0b two</title><link>/1</link>"),
    ],
)
def test_ill_formed_documents_are_read(body: bytes) -> None:
    assert [entry.url for entry in read(body).entries] == ["https://outlet.example/1"]


def test_a_repeated_item_is_one_entry_and_one_note() -> None:
    parsed = read(
        rss("<title>One</title><link>/1</link><guid>a</guid>", "<title>One</title><link>/1</link><guid>b</guid>")
    )
    assert len(parsed.entries) == 1
    assert [skip.reason for skip in parsed.skipped] == [Reason.DUPLICATE_ENTRY]
    assert parsed.entries[0].id in parsed.skipped[0].detail


def test_ids_do_not_depend_on_guids_or_order() -> None:
    first = read(
        rss("<title>One</title><link>/1</link><guid>a</guid>", "<title>Two</title><link>/2</link><guid>a</guid>")
    )
    second = read(rss("<title>Two</title><link>/2</link><guid>x</guid>", "<title>One!</title><link>/1</link>"))
    assert {entry.id for entry in first.entries} == {entry.id for entry in second.entries}


def test_items_that_share_a_page_are_marked() -> None:
    parsed = read(
        rss(
            "<title>One</title><link>/tag</link>",
            "<title>Two</title><link>/tag</link>",
            "<title>3</title><link>/3</link>",
        )
    )
    assert [entry.link_shared for entry in parsed.entries] == [True, True, False]


@pytest.mark.parametrize(
    ("date", "source"),
    [
        ("<pubDate>yesterday</pubDate>", DateSource.NONE),
        ("<pubDate>Fri, 20 May 2033 10:00:00 GMT</pubDate>", DateSource.NONE),
        ("<pubDate>0001-01-01T00:00:00</pubDate>", DateSource.NONE),
        ("<pubDate>1779184800</pubDate>", DateSource.FEED_PUBLISHED),
        ("<pubDate>19 мая 2026, 12:00</pubDate>", DateSource.FEED_PUBLISHED),
        ("", DateSource.NONE),
    ],
)
def test_a_date_is_believed_or_there_is_none(date: str, source: DateSource) -> None:
    entry = only(rss(f"<title>One</title><link>/1</link>{date}"))
    assert entry.date_source is source
    assert (entry.published_at is None) == (source is DateSource.NONE)


TEXT = "Žluťoučký kůň — “spy”"


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "utf-8", "text/xml"),
        ("utf-8", "utf-8", "text/html"),
        ("utf-8", "utf-8", "application/rss+xml; charset=iso-8859-1"),
        ("utf-8", "windows-1250", "application/xml; charset=windows-1250"),
        ("utf-8", "", ""),
        ("windows-1250", "windows-1250", ""),
        ("windows-1250", "", "application/rss+xml; charset=windows-1250"),
        ("windows-1250", "utf-8", "text/xml; charset=windows-1250"),
        ("utf-16", "utf-16", ""),
    ],
)
def test_letters_survive_headers_and_declarations(encoding: str, declared: str, content_type: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = (
        f'{declaration}<rss version="2.0"><channel><item><title>{TEXT}</title><link>/1</link></item></channel></rss>'
    )
    assert only(text.encode(encoding), content_type=content_type).title == TEXT


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \r\n\t", Reason.EMPTY),
        (b"\xef\xbb\xbf", Reason.EMPTY),
        (b"<!-- nothing -->", Reason.EMPTY),
        (
            b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon</body></html>",
            Reason.NOT_A_FEED,
        ),
        (b"<html xmlns:atom='http://www.w3.org/2005/Atom'><body><entry>x</body></html>"[:60], Reason.NOT_A_FEED),
        (b"<opml version='2.0'><body><outline xmlUrl='https://a.example/'/></body></opml>", Reason.NOT_A_FEED),
        (b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url/></urlset>", Reason.NOT_A_FEED),
        (b"Service unavailable", Reason.NOT_A_FEED),
        (b"%PDF-1.7 \x00\x01\x02", Reason.NOT_A_FEED),
        (b'{"error": "not found"}', Reason.NOT_A_FEED),
        (b"\x00" * 100, Reason.EMPTY),
    ],
)
def test_what_is_no_feed_says_so(body: bytes, reason: Reason) -> None:
    failure = parse_feed(body, feed_url="https://outlet.example/feed?token=hush", now=NOW)
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason) == (Stage.PARSE, reason)
    assert "hush" not in failure.subject


def test_a_feed_without_items_is_a_feed() -> None:
    assert read(rss()).entries == ()


def test_entities_are_not_fetched() -> None:
    body = (
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + rss("<title>One &x;</title><link>/1</link>")[38:]
    )
    assert "root:" not in only(body).title


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(
        [rss("<title>One</title><link>/1</link>", "<title>Two</title>"), atom("<title>A</title><id>x</id>")]
    ),
    st.lists(
        st.tuples(
            st.integers(0, 700),
            st.integers(0, 20),
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"&#xDBFF;", b"<![CDATA[", b"<item>", b"</entry>", b"&", b"<!", b"]]>"]),
            ),
        ),
        max_size=5,
    ),
)
def test_mangled_documents_never_raise(body: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    for place, length, new in changes:
        body = body[:place] + new + body[place + length :]
    result = parse_feed(body, feed_url=FEED, now=NOW)
    if isinstance(result, ParsedFeed):
        assert all(entry.id for entry in result.entries)
        assert all(entry.url or entry.title or entry.summary_html or entry.content_html for entry in result.entries)


def test_looking_at_the_register_does_not_load_the_feed_parser() -> None:
    code = "import sys, feeds.registry, feeds.poll, feeds.parse; sys.exit('feedparser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("declared", "written", "title"),
    [
        ("", "The &lt;sup> element", "The <sup> element"),
        (' type="text"', "A &lt;b>bold&lt;/b> plan", "A <b>bold</b> plan"),
        (' type="html"', "The &lt;b>old&lt;/b> &amp;lt;sup&amp;gt; element", "The old <sup> element"),
        (
            ' type="xhtml"',
            '<div xmlns="http://www.w3.org/1999/xhtml">The <b>old</b> &lt;sup> element</div>',
            "The old <sup> element",
        ),
    ],
)
def test_atom_says_how_its_titles_are_written(declared: str, written: str, title: str) -> None:
    entry = f"<entry><id>urn:x:1</id><title{declared}>{written}</title><link href='https://a.example/1'/></entry>"
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><title{declared}>{written}</title>{entry}</feed>'
    feed = parse_feed(body.encode())
    assert isinstance(feed, ParsedFeed)
    assert (feed.title, feed.entries[0].title) == (title, title)


def test_rss_titles_are_stripped_of_markup_however_often_it_is_escaped() -> None:
    for written in ("&lt;b&gt;Bold&lt;/b&gt; plan", "&amp;lt;b&amp;gt;Bold&amp;lt;/b&amp;gt; plan"):
        item = f"<item><title>{written}</title><link>https://a.example/1</link></item>"
        feed = parse_feed(f'<rss version="2.0"><channel>{item}</channel></rss>'.encode())
        assert isinstance(feed, ParsedFeed)
        assert feed.entries[0].title == "Bold plan"


_SECRET_FEED = "http://user:pw@host.example/in/rel.xml?token=T"


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/page/rel1", "http://host.example/page/rel1"),
        ("rel2", "http://host.example/in/rel2"),
        ("#post-7", "http://host.example/in/rel.xml#post-7"),
        ("?p=7", "http://host.example/in/rel.xml?p=7"),
        ("//host.example/x", "http://host.example/x"),
        ("", ""),
    ],
)
def test_a_feeds_secrets_become_no_part_of_its_articles_addresses(link: str, url: str) -> None:
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link href="{link}"/>'
    documents = [
        rss(f"<title>One</title><link>{link}</link>"),
        f'{atom}<entry><title>One</title><link href="{link}"/></entry></feed>'.encode(),
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "home_page_url": link,
                "items": [{"id": "tag:1", "url": link, "title": "One"}],
            }
        ).encode(),
    ]
    for document in documents:
        parsed = read(document, feed_url=_SECRET_FEED)
        assert [entry.url for entry in parsed.entries] == [url]
        assert "pw@" not in parsed.link
        assert "token" not in parsed.link


_ATOM_ENTRY = "<entry><title>One</title><link href='/1'/></entry>"
_RDF = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
_RDF_ITEM = "<item><title>One</title><link>/1</link></item>"


def _in_utf_16(document: bytes) -> bytes:
    return document.decode().replace('"utf-8"', '"utf-16"').encode("utf-16")


@pytest.mark.parametrize(
    ("document", "complete"),
    [
        (rss("<title>One</title><link>/1</link>"), True),
        (rss(), True),
        (rss("<title>Town & country</title><link>/1</link>"), True),
        (rss("<title>One</title><link>/1</link>") + b"<!-- made in 2 ms -->\n", True),
        (_in_utf_16(rss("<title>One</title><link>/1</link>")), True),
        (rss("<title>One</title><link>/1</link>").removesuffix(b"</channel></rss>"), False),
        (rss("<title>One</title><link>/1</link>").removesuffix(b"</item></channel></rss>"), False),
        (_in_utf_16(rss("<title>One</title><link>/1</link>").removesuffix(b"</channel></rss>")), False),
        (rss().removesuffix(b"</channel></rss>"), False),
        (rss("<title>One &#xD800;</title><link>/1</link>").removesuffix(b"</channel></rss>"), False),
        (f"<feed xmlns='http://www.w3.org/2005/Atom'>{_ATOM_ENTRY}</feed>".encode(), True),
        (f"<a:feed xmlns:a='http://www.w3.org/2005/Atom'>{_ATOM_ENTRY}</a:feed>".encode(), True),
        (f"<feed xmlns='http://www.w3.org/2005/Atom'>{_ATOM_ENTRY}".encode(), False),
        (f"{_RDF}<channel><title>x</title></channel>{_RDF_ITEM}</rdf:RDF>".encode(), True),
        (f"{_RDF}<channel><title>x</title></channel>{_RDF_ITEM}".encode(), False),
        (f"{_RDF}<channel><title>x</title></channel>".encode(), False),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "One"}]}', True),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "One"}', False),
    ],
)
def test_whether_a_document_is_complete(document: bytes, complete: bool) -> None:
    assert read(document).complete is complete
