"""The contracts of the filters, each asked as a process of its own with good and bad input in one go."""

from __future__ import annotations

import gzip
import json
import random
import select
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from classifiers.corpus import load_corpus
from spywatch.records import Access, DateSource, Decision, Reason

PROGRAM = Path(sys.executable).with_name("spywatch")
ROOT = Path(__file__).resolve().parents[2]
REASONS = {str(reason) for reason in Reason}
FEED_KEYS = ["file", "feed", "entries", "skipped", "skipped_entries", "failure"]
ENTRY_KEYS = ["id", "url", "title", "summary", "authors", "published_at", "date_source"]
ARTICLE_KEYS = {
    *("url", "part", "title", "text", "authors", "published_at", "date_source"),
    *("language", "access", "failure"),
}
TAGS_KEYS = ["id", "tags", "scores", "model", "corpus", "language", "not_classified", "failure"]

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>The Quay</title><link>https://quay.example/</link>
<item><title>Two envoys told to go \N{GRINNING FACE}</title><link>https://quay.example/a</link>
<description>&lt;p&gt;They have &lt;b&gt;a week&lt;/b&gt;.&lt;/p&gt;</description>
<pubDate>Tue, 19 May 2026 10:00:00 GMT</pubDate></item>
<item><title>Neither link nor text</title></item>
<item></item>
</channel></rss>""".encode()
PARAGRAPH = "The ferry will call at the northern pier on weekdays, the harbour board said after a meeting on Monday. "
PAGE = (
    "<html lang='en'><head><title>Ferry timetable changes</title></head><body><article>"
    f"<h1>Ferry timetable changes</h1><p>{PARAGRAPH * 3}</p><p>\N{GRINNING FACE} {PARAGRAPH * 2}</p>"
    "</article></body></html>"
)
EXPULSIONS = [
    {
        "id": "plain",
        "title": "Norway expels two Russian diplomats for spying",
        "text": "Norway has expelled two Russian diplomats accused of espionage, the foreign ministry said. "
        "They were declared persona non grata and have 48 hours to leave the country.",
    },
    {
        "id": "astral",
        "title": "\N{GRINNING FACE}\U0001d538 Embassy officers expelled",
        "text": "\N{GRINNING FACE}\U0001d538\N{PILE OF POO} Weather was fine. \U0001f1f3\U0001f1f4 Two intelligence "
        "officers at the embassy were declared personae non gratae and expelled for spying. \U0001d54f "
        "The ambassador was summoned on Friday.",
    },
    {"id": "dull", "title": "Rain on Sunday", "text": "Umbrellas will be needed by the people on the promenade."},
]
BAD_LINES = [
    (b"no json at all", "not JSON"),
    (b'{"id": 1', "not JSON"),
    (b"[1, 2]", "an array"),
    (b'"words"', "a text"),
    (b"null", "null"),
    (b"12", "a number"),
    (b"true", "true or false"),
    (b'{"id": "\xff\xfe"}', "not UTF-8"),
    (b'{"id": NaN}', "NaN"),
    (b'{"id": 1e999}', "too large"),
    (b'{"id": ' + b"9" * 6_000 + b"}", "not JSON"),
    (b"[" * 100_000, "not JSON"),
    (b"\x00\x01\x02", "not JSON"),
]


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def failed(record: dict[str, Any], reason: Reason, words: str = "") -> bool:
    failure = record["failure"]
    return set(failure) == {"reason", "detail"} and failure["reason"] == reason and words in failure["detail"]


def strict(text: str) -> list[dict[str, Any]]:
    """JSON Lines as other programs read them: without NaN and Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return [json.loads(line, parse_constant=refuse) for line in text.splitlines()]


# --- parse


def test_parse(spywatch: Any, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(RSS)
    (tmp_path / "folder.xml").mkdir()
    (tmp_path / "empty.xml").touch()
    (tmp_path / "noise.xml").write_bytes(random.Random(4).randbytes(3_000))
    (tmp_path / "page.html").write_text(PAGE)
    names = ["good.xml", "missing.xml", "folder.xml", "empty.xml", "-", "noise.xml", "page.html", "good.xml"]
    ended = spywatch("parse", *names, "--now", "2026-05-20", stdin=RSS, cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    found = strict(ended.text)
    assert [record["file"] for record in found] == names
    assert all(list(record) == FEED_KEYS for record in found)
    good, missing, folder, empty, piped, noise, page, again = found
    assert good["failure"] is None
    assert good["feed"] == {"title": "The Quay", "link": "https://quay.example/"}
    entry = good["entries"][0]
    assert list(entry) == ENTRY_KEYS
    assert entry["title"] == "Two envoys told to go \N{GRINNING FACE}"
    assert entry["summary"] == "They have a week."
    assert entry["authors"] == []
    assert (entry["published_at"], entry["date_source"]) == ("2026-05-19T10:00:00+00:00", "feed_published")
    assert good["skipped"] == len(good["skipped_entries"])
    assert len(good["entries"]) + good["skipped"] == 3
    assert {one["reason"] for one in good["skipped_entries"]} <= REASONS
    assert {**piped, "file": "good.xml"} == good == again
    assert failed(missing, Reason.MISSING_FILE, "missing.xml")
    assert failed(folder, Reason.MISSING_FILE, "folder.xml")
    assert failed(empty, Reason.EMPTY)
    assert failed(noise, Reason.NOT_A_FEED)
    assert failed(page, Reason.NOT_A_FEED)


def test_parse_does_not_believe_dates_after_its_clock(inside: Any, tmp_path: Path) -> None:
    (tmp_path / "good.xml").write_bytes(RSS)
    entry = json.loads(inside("parse", "good.xml", "--now", "2026-01-01").stdout)["entries"][0]
    assert (entry["published_at"], entry["date_source"]) == (None, "none")


# --- extract


def test_extract_files(spywatch: Any, inside: Any, desk: Any, tmp_path: Path) -> None:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        desk.room.base_urls["envoy"] + "/tag/expulsions/"
    ) as answer:
        (tmp_path / "posts.html").write_bytes(answer.read())
    (tmp_path / "page.html").write_text(PAGE)
    (tmp_path / "page.html.gz").write_bytes(gzip.compress(PAGE.encode()))
    (tmp_path / "cut.html.gz").write_bytes(gzip.compress(PAGE.encode())[:40])
    (tmp_path / "false.html.gz").write_text(PAGE)
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "empty.html").touch()
    (tmp_path / "noise.html").write_bytes(random.Random(4).randbytes(3_000))
    (tmp_path / "large.html").write_bytes(b"<p>" + b"x" * 5_000_001)
    bad = ["missing.html", "cut.html.gz", "false.html.gz", "folder.html", "empty.html", "noise.html", "large.html"]
    names = ["page.html", *bad, "posts.html", "page.html.gz"]
    address = "https://quay.example/ferry"
    ended = spywatch("extract", *names, "--url", address, "--now", "2026-05-21", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    found = strict(ended.text)
    assert all(set(record) == ARTICLE_KEYS | {"file"} for record in found)
    posts = [record for record in found if record["file"] == "posts.html"]
    assert [record["file"] for record in found] == [
        *("page.html", *bad),
        *["posts.html"] * len(posts),
        "page.html.gz",
    ]
    for record in found:
        assert record["access"] in set(Access)
        assert record["date_source"] in set(DateSource)

    page, packed = found[0], found[-1]
    assert {**packed, "file": "page.html"} == page
    assert page["failure"] is None
    assert (page["part"], page["url"], page["title"]) == (None, address, "Ferry timetable changes")
    assert PARAGRAPH.strip() in page["text"]
    assert "\N{GRINNING FACE}" in page["text"]
    assert (page["language"], page["access"]) == ("en", "full")

    by_name = {record["file"]: record for record in found}
    reasons = [
        *(Reason.MISSING_FILE, Reason.BAD_ENCODING, Reason.BAD_ENCODING, Reason.MISSING_FILE),
        *(Reason.EMPTY, Reason.NOT_HTML, Reason.TOO_LARGE),
    ]
    for name, reason in zip(bad, reasons, strict=True):
        assert failed(by_name[name], reason), by_name[name]
        assert (by_name[name]["url"], by_name[name]["text"], by_name[name]["part"]) == (address, "", None)

    expected = [article for article in desk.room.expected.articles.values() if article.outlet == "envoy"]
    assert [post["part"] for post in posts] == list(range(1, len(expected) + 1))
    assert {post["title"] for post in posts} == {article.title for article in expected}
    assert all(post["failure"] is None and post["text"] and post["published_at"] for post in posts)
    assert len({post["url"] for post in posts}) == len(posts)

    whole = strict(inside("extract", "posts.html", "--whole", "--now", "2026-05-21").stdout)
    assert [record["part"] for record in whole] == [None]
    assert all(post["text"][:60] in whole[0]["text"] for post in posts)


def test_extract_lines(spywatch: Any) -> None:
    good = [
        {"id": number, "url": f"https://quay.example/{number}", "html": PAGE.replace("Monday", f"day {number}")}
        for number in range(12)
    ]
    odd = [
        ({"id": "nothing", "url": None, "html": None}, Reason.EMPTY),
        ({}, Reason.EMPTY),
        ({"id": "number", "url": "https://quay.example/n", "html": 7}, Reason.BAD_LINE),
        ({"id": "address", "url": 7, "html": PAGE}, Reason.BAD_LINE),
        ({"id": "large", "url": "https://quay.example/l", "html": "x" * 5_000_001}, Reason.TOO_LARGE),
        ({"id": ["a", {"b": 1}], "url": "https://quay.example/i", "html": PAGE}, None),
        ({"id": "half \ud83d", "url": "https://quay.example/\ud83d", "html": PAGE + "\ud83d"}, None),
        ({"id": "script", "url": "javascript:alert(1)", "html": PAGE}, None),
        ({"id": "bracket", "url": "http://[bad", "html": PAGE}, None),
    ]
    bad = b"".join(line + b"\n" for line, _ in BAD_LINES)
    stdin = lines(*good[:6]) + bad + b"\n   \n" + lines(*(record for record, _ in odd), *good[6:])
    ended = spywatch("extract", "-", stdin=stdin.removesuffix(b"\n"))
    assert (ended.code, ended.err) == (0, "")
    found = strict(ended.text)
    assert all(set(record) == ARTICLE_KEYS | {"id"} for record in found)
    identities = [record["id"] for record in found]
    assert identities == [
        *range(6),
        *[None] * len(BAD_LINES),
        *(record.get("id") for record, _ in odd),
        *range(6, 12),
    ]
    for record in found:
        if record["id"] in range(12) and not isinstance(record["id"], bool):
            assert record["failure"] is None
            assert f"day {record['id']}" in record["text"]
            assert record["url"] == f"https://quay.example/{record['id']}"
    for record, (_, words) in zip(found[6:], BAD_LINES, strict=False):
        assert failed(record, Reason.BAD_LINE, words), record
    for record, (_, reason) in zip(found[6 + len(BAD_LINES) :], odd, strict=False):
        assert record["failure"] is None if reason is None else failed(record, reason), record


def test_extract_answers_each_line_before_it_asks_for_the_next(spywatch: Any) -> None:
    """A program may hold the filter open, send a page and wait for what comes back."""
    with subprocess.Popen(
        [str(PROGRAM), "extract", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=spywatch.environment,
        cwd=spywatch.folder,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(2):
            process.stdin.write(lines({"id": number, "html": PAGE}))
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], 120)
            assert ready
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(120) == 0


# --- classify


def test_classify(spywatch: Any, tmp_path: Path) -> None:
    (tmp_path / "more.jsonl").write_bytes(lines({"id": "filed", "title": "Rain", "text": "It rained in the town."}))
    odd: list[tuple[dict[str, Any], Reason | None]] = [
        ({"id": "null", "title": None, "text": None}, None),
        ({}, None),
        ({"id": 5, "title": 7, "text": "words"}, Reason.BAD_LINE),
        ({"id": 6, "title": "words", "text": ["a"]}, Reason.BAD_LINE),
        ({"id": {"a": [1]}, "title": "only a title is here"}, None),
        ({"id": 1.5, "text": "Only a text is here, and it is about gardens."}, None),
        ({"id": "half \ud83d", "title": "\ud83d", "text": EXPULSIONS[0]["text"] + " \ud83d"}, None),
        (
            {"id": "large", "title": "Large", "text": "Boats lay in the harbour, and gulls sat on them. " * 100_000},
            None,
        ),
    ]
    bad = b"".join(line + b"\n" for line, _ in BAD_LINES)
    stdin = b"\xef\xbb\xbf" + lines(*EXPULSIONS) + bad + b"\r\n" + lines(*(record for record, _ in odd))
    names = ["-", "missing.jsonl", ".", "more.jsonl"]
    ended = spywatch("classify", *names, stdin=stdin.removesuffix(b"\n"), cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    found = strict(ended.text)
    assert all(list(record) == TAGS_KEYS for record in found)
    assert [record["id"] for record in found] == [
        *("plain", "astral", "dull"),
        *[None] * len(BAD_LINES),
        *(record.get("id") for record, _ in odd),
        *(None, None, "filed"),
    ]
    for record, (_, words) in zip(found[3:], BAD_LINES, strict=False):
        assert failed(record, Reason.BAD_LINE, words), record
    for record, (_, reason) in zip(found[3 + len(BAD_LINES) :], odd, strict=False):
        assert record["failure"] is None if reason is None else failed(record, reason), record
    assert failed(found[-3], Reason.MISSING_FILE, "missing.jsonl")
    assert failed(found[-2], Reason.MISSING_FILE)

    scored = [record for record in found if record["failure"] is None and record["not_classified"] is None]
    assert {"plain", "astral", "dull", "large", "filed"} <= {record["id"] for record in scored if _plain(record)}
    categories = {folder.name for folder in (ROOT / "seed_corpus").iterdir() if (folder / "definition.toml").exists()}
    for record in scored:
        assert set(record["scores"]) == categories
        assert all(0 <= score <= 1 for score in record["scores"].values())
    assert len({record["model"] for record in found if record["failure"] is None}) == 1
    assert all(record["tags"] == [] for record in found if record["failure"] or record["not_classified"])
    empty = next(record for record in found if record["id"] == "null")
    assert (empty["scores"], empty["language"]) == ({}, "")
    assert empty["not_classified"]


def _plain(record: dict[str, Any]) -> bool:
    return isinstance(record["id"], str)


def test_evidence_is_found_at_its_offsets(inside: Any) -> None:
    """Offsets count code points: characters beyond the first plane are one each."""
    found = strict(inside("classify", "-", stdin=lines(*EXPULSIONS)).stdout)
    told = {record["id"]: record for record in EXPULSIONS}
    pieces = [(record["id"], tag, piece) for record in found for tag in record["tags"] for piece in tag["evidence"]]
    for identity, tag, piece in pieces:
        assert list(tag) == ["category", "score", "decision", "evidence", "terms", "nearest"]
        assert tag["decision"] in set(Decision)
        assert list(piece) == ["field", "text", "start", "end"]
        assert piece["text"]
        assert told[identity][piece["field"]][piece["start"] : piece["end"]] == piece["text"]
    assert {"plain", "astral"} <= {identity for identity, tag, _ in pieces if tag["category"] == "expulsion"}


def test_the_reasons_of_a_tag(inside: Any) -> None:
    """Words of the text with their weights, and the corpus examples that it resembles."""
    ids = {example.id for example in load_corpus(ROOT / "seed_corpus").examples}
    found = strict(inside("classify", "-", stdin=lines(*EXPULSIONS)).stdout)
    tags = [tag for record in found for tag in record["tags"]]
    assert tags
    for tag in tags:
        assert tag["terms"]
        assert all(list(term) == ["text", "weight"] and term["weight"] > 0 for term in tag["terms"])
        assert 1 <= len(tag["nearest"]) <= 2
        for match in tag["nearest"]:
            assert list(match) == ["id", "title", "similarity"]
            assert match["id"] in ids
            assert 0 <= match["similarity"] <= 1


@pytest.mark.parametrize("name", ["parse", "extract", "classify"])
def test_a_filter_without_arguments_is_wrong_usage(inside: Any, name: str) -> None:
    assert inside(name).exit_code == 2
