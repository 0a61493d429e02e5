import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from digests import markdown, terminal
from digests.compose import by_category, compose
from digests.plain import clean, escape_markdown
from spywatch.records import Coverage, Decision, Digest, DigestItem, Evidence, SeedMatch, Tag, Term

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
COVERAGE = Coverage(sources=9, sources_read=8, articles_read=70, awaiting_review=3, failing=("The Beacon",))


def tag(category: str, sentence: str = "Two attachés were told to go.", score: float = 0.9) -> Tag:
    evidence = Evidence(field="text", start=0, end=len(sentence), text=sentence)
    return Tag(category=category, score=score, decision=Decision.ALERT, evidence=(evidence,))


def item(
    number: int,
    *tags: Tag,
    title: str = "Attachés sent home",
    url: str = "https://news.example/a",
    dated: bool = True,
) -> DigestItem:
    return DigestItem(
        article_id=f"a{number}",
        url=url,
        title=title,
        outlet="Harbour Courier",
        published_at=NOW - timedelta(hours=number) if dated else None,
        first_seen_at=NOW,
        tags=tags or (tag("expulsion"),),
    )


def digest(*items: DigestItem) -> Digest:
    return compose(items, now=NOW, since=None, coverage=COVERAGE)


def shown(made: Digest) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    console.print(terminal.render(made, zone=UTC))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_each_article_once_and_newest_first() -> None:
    made = digest(item(3), item(1), item(3), item(2))
    assert [entry.article_id for entry in made.items] == ["a1", "a2", "a3"]


def test_the_id_depends_on_the_articles_and_not_on_their_order_or_the_clock() -> None:
    one = compose([item(1), item(2)], now=NOW, since=None, coverage=COVERAGE)
    two = compose([item(2), item(1)], now=NOW + timedelta(minutes=5), since=None, coverage=Coverage())
    other = compose([item(2)], now=NOW, since=None, coverage=COVERAGE)
    assert one.id == two.id != other.id


def test_an_article_with_two_tags_stands_under_its_best_one() -> None:
    made = digest(item(1, tag("recruitment"), tag("expulsion")), item(2), item(3))
    groups = by_category(made)
    assert {name: [entry.article_id for entry in items] for name, items in groups.items()} == {
        "expulsion": ["a2", "a3"],
        "recruitment": ["a1"],
    }
    assert "also expulsion" in shown(made)


def test_markdown_says_title_outlet_date_link_and_why() -> None:
    page = markdown.render(digest(item(1), item(2, dated=False)), zone=ZoneInfo("Europe/Prague"))
    for expected in (
        "## Expulsion (2)",
        "### Attachés sent home",
        "Harbour Courier, 01 Mar 2026, 12:00",
        "<https://news.example/a>",
        "“Two attachés were told to go.”",
        "no date, first seen 01 Mar 2026, 13:00",
        "8 of 9 sources read",
        "The Beacon",
    ):
        assert expected in page


def test_an_empty_digest_says_so() -> None:
    assert "Nothing new." in markdown.render(digest(), zone=UTC)
    assert "Nothing new." in shown(digest())


def told_in_full(words: str = "") -> DigestItem:
    """An old article, found late, with all reasons that a tag can have; `words` are put into each of them."""
    sentences = ("Attachés sent home", "He has three days.", "The embassy called it unfounded.", "It rained.")
    fields = ("title", "text", "text", "text")
    full = Tag(
        category="expulsion",
        score=0.97,
        decision=Decision.ALERT,
        evidence=tuple(
            Evidence(field=field, start=0, end=1, text=sentence + words)
            for field, sentence in zip(fields, sentences, strict=True)
        ),
        terms=tuple(Term(text=f"term {number}{words}", weight=1 / number) for number in range(1, 9)),
        nearest=tuple(
            SeedMatch(example_id=f"x-{number}", title=f"Case {number}{words}", similarity=0.5) for number in (1, 2)
        ),
    )
    given = Tag(category="recruitment", score=0.0, decision=Decision.ALERT)
    return replace(item(1, full, given), judged_by={"recruitment": f"Ana{words}"}, retroactive=True)


def test_the_reasons_of_a_tag_are_told_in_brief() -> None:
    made = digest(told_in_full())
    for page in (" ".join(shown(made).split()), markdown.render(made, zone=UTC)):
        assert "“He has three days.” “The embassy called it unfounded.”" in page
        assert "It rained" not in page, "two sentences are enough"
        assert "“Attachés sent home”" not in page, "the headline stands above"
        assert "words: term 1, term 2, term 3, term 4, term 5" in page
        assert "term 6" not in page
        assert "like “Case 1”, “Case 2”" in page
        assert "0.97" in page
        assert "Ana says so" in page
        assert "0.00" not in page, "an analyst's tag has a name and no score"
        assert "late find: stored on 01 Mar 2026, tagged now" in page


def test_a_headline_that_alone_carries_a_tag_is_quoted() -> None:
    evidence = (Evidence(field="title", start=0, end=18, text="Attachés sent home"),)
    made = digest(item(1, replace(tag("expulsion"), evidence=evidence)))
    assert "“Attachés sent home”" in shown(made)


def test_a_new_article_of_the_model_is_neither_late_nor_anybodys() -> None:
    for page in (shown(digest(item(1))), markdown.render(digest(item(1)), zone=UTC)):
        assert "late find" not in page
        assert "says so" not in page


TAGS = {"h1", "h2", "h3", "p", "blockquote", "ul", "li", "strong", "em", "a", "br"}
HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "# not a heading\n## nor this",
    "1. not a list",
    "12) nor this",
    "+ nor this",
    "--- not a rule",
    "\x1b[31mred\x1b[0m \x9b31m \x07",
    "left \u202eright",
    "[bold red]not rich markup[/]",
    "&lt;b&gt; <https://evil.example>",
    "x" * 10_000,
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(words: str) -> None:
    made = digest(replace(told_in_full(words), title=words))
    html = MarkdownIt("commonmark").render(markdown.render(made, zone=UTC))
    assert re.findall(r"<(\w+)", html).count("h3") == 1
    assert set(re.findall(r"<(\w+)", html)) <= TAGS
    assert re.findall(r'href="([^"]*)"', html) == ["https://news.example/a"]
    out = shown(made)
    plain = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\", "", out)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", plain)
    assert "\x1b[31mred" not in out
    if "[bold red]" in words:
        assert "[bold red]" in plain


def test_an_outlet_named_by_its_address_reads_as_it_is() -> None:
    html = MarkdownIt("commonmark").render(escape_markdown("127.0.0.1:8080 and 1.5 more"))
    assert html == "<p>127.0.0.1:8080 and 1.5 more</p>\n"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "https://a.example/<b> c"])
def test_only_web_addresses_become_links(url: str) -> None:
    html = MarkdownIt("commonmark").render(markdown.render(digest(item(1, url=url)), zone=UTC))
    assert all(link.startswith("https://a.example/%3Cb%3E%20c") for link in re.findall(r'href="([^"]*)"', html))


@given(st.text(max_size=200))
def test_a_cleaned_line_is_one_line_without_control_characters(text: str) -> None:
    line = clean(text, 50)
    assert len(line) <= 50
    assert line.isprintable() or all(char.isprintable() or char == " " for char in line)
