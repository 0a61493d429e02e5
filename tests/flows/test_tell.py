"""What is said of a run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flows.tell import (
    NOTICE_HEADINGS,
    harmless_rows,
    mishaps_line,
    not_classified_line,
    notices_by_kind,
    report_markdown,
)
from spywatch.records import Notice, NoticeKind, RunReport

NOW = datetime(2026, 3, 1, 6, tzinfo=UTC)


def report(not_classified: int, **not_covered: int) -> RunReport:
    return RunReport(
        run_id="r", started_at=NOW, finished_at=NOW, not_classified=not_classified, not_covered=not_covered
    )


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (report(0), ""),
        (report(14, ru=1, fr=4, de=9), "14 articles in 3 languages not classified (de 9, fr 4, ru 1)"),
        (report(1, ja=1), "1 article in 1 language not classified (ja 1)"),
        (report(2), "2 articles without words not classified"),
        (
            report(4, pt=1, it=1),
            "2 articles in 2 languages not classified (it 1, pt 1); 2 articles without words not classified",
        ),
    ],
    ids=["all", "three languages", "one", "no words", "both"],
)
def test_what_was_not_classified_is_said_by_language(made: RunReport, line: str) -> None:
    assert not_classified_line(made) == line
    page = report_markdown(made)
    assert (f"\n{line}.\n" in page) is bool(line)


def notice(kind: NoticeKind, outlet: str = "The Quay", detail: str = "Nothing new for 9 days.") -> Notice:
    return Notice(kind=kind, feed_url="https://quay.example/feed.xml", detail=detail, at=NOW, outlet=outlet)


def told(*notices: Notice, **failures: int) -> RunReport:
    named = {name.replace("__", "/"): count for name, count in failures.items()}
    return RunReport(run_id="r", started_at=NOW, finished_at=NOW, failures=named, notices=notices)


def test_every_kind_of_notice_has_a_heading() -> None:
    assert set(NOTICE_HEADINGS) == set(NoticeKind)


def test_notices_stand_under_their_kind_the_urgent_first_and_by_outlet() -> None:
    found = [
        notice(NoticeKind.RECOVERED),
        notice(NoticeKind.SILENT, "West"),
        notice(NoticeKind.FAILING),
        notice(NoticeKind.SILENT, "East"),
    ]
    groups = notices_by_kind(found)
    assert [heading for heading, _ in groups] == ["can no longer be read", "quieter than usual", "can be read again"]
    assert [one.outlet for one in groups[1][1]] == ["East", "West"]
    page = report_markdown(told(*found))
    assert page.index("## Can no longer be read") < page.index("- **East**: Nothing new for 9 days.")
    assert page.endswith("\n")


def test_a_run_without_notices_says_nothing_of_them() -> None:
    assert "##" not in report_markdown(told())
    assert "**" not in report_markdown(told())


def test_a_mistake_of_ours_is_said_first() -> None:
    made = told(extract__internal_error=2, poll__internal_error=1, extract__time_limit=5)
    assert mishaps_line(made).startswith("3 mistakes of spywatch itself: the items are set aside")
    page = report_markdown(made)
    assert page.index("mistakes of spywatch itself") < page.index("feeds read")
    assert mishaps_line(told(poll__internal_error=1)).startswith("1 mistake of spywatch itself: the item is")
    assert mishaps_line(told(extract__extractor_error=1)) == ""


HOSTILE = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "a | b",
            "x\n| y |",
            "<img src=x>",
            "[a](https://evil.example)",
            "# h",
            "\x1b[2J",
            "\u202e",
            "https://evil.example",
        ]
    ),
)


@settings(deadline=None, max_examples=60)
@given(HOSTILE, HOSTILE)
def test_a_report_has_no_markup_but_its_own(words: str, more: str) -> None:
    def page(one: str, other: str) -> str:
        found = notice(NoticeKind.MOVED, one, other)
        made = RunReport(
            run_id="r", started_at=NOW, finished_at=NOW, tags={one: 1}, failures={other: 2}, notices=(found,)
        )
        return MarkdownIt("commonmark").enable("table").render(report_markdown(made))

    assert re.findall(r"</?(\w+)", page(words, more)) == re.findall(r"</?(\w+)", page("plain", "words"))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(HOSTILE, st.integers(), st.none()), min_size=2, max_size=2))
def test_a_table_for_an_artifact_is_harmless(row: list[object]) -> None:
    head, shown = harmless_rows(["a", "b"], [row])
    assert head == ["a", "b"]
    for before, after in zip(row, shown, strict=True):
        if isinstance(before, str):
            assert after.isprintable()
        else:
            assert after == before
