from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.identity import Unidentified, identify
from spywatch.records import Entry
from spywatch.urls import canonical, digest_of

FEED = "https://outlet.example/feed"


def item(url: str = "", title: str = "", *, guid: str = "", published: str = "", text: str = "") -> Unidentified:
    entry = Entry(id="", feed_url=FEED, url=url, title=title, guid=guid)
    return Unidentified(entry=entry, published=published, text=text)


items = st.builds(
    item,
    st.sampled_from(
        ["", "https://o.example/a", "https://o.example/a#1", "https://o.example/a#2", "http://o.example/b/"]
    ),
    st.sampled_from(["", "One", "Two"]),
    guid=st.sampled_from(["", "1", "2"]),
    published=st.sampled_from(["", "2026-01-01", "2026-01-02"]),
    text=st.sampled_from(["", "text", "other text"]),
)
documents = st.lists(items, max_size=12)


def essence(one: Unidentified) -> tuple[str, ...]:
    url = one.entry.url
    return canonical(url), url.partition("#")[2], one.entry.title, one.published, one.text


@given(documents, st.randoms(use_true_random=False))
def test_order_does_not_matter(found: list[Unidentified], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    first = {(e.id, e.title, e.url.partition("#")[2], e.link_shared) for e in identify(found)[0]}
    second = {(e.id, e.title, e.url.partition("#")[2], e.link_shared) for e in identify(shuffled)[0]}
    assert first == second


@given(documents)
def test_different_entries_have_different_ids_and_none_vanishes(found: list[Unidentified]) -> None:
    entries, copies = identify(found)
    assert len(entries) + len(copies) == len(found)
    assert len({entry.id for entry in entries}) == len(entries) == len({essence(one) for one in found})
    assert {copy.id for copy in copies} <= {entry.id for entry in entries}


@given(documents, st.lists(st.text(max_size=3), min_size=12, max_size=12))
def test_guids_may_change_repeat_or_be_missing(found: list[Unidentified], guids: list[str]) -> None:
    changed = [replace(one, entry=replace(one.entry, guid=guid)) for one, guid in zip(found, guids, strict=False)]
    assert [entry.id for entry in identify(found)[0]] == [entry.id for entry in identify(changed)[0]]


def test_a_link_of_its_own_is_the_identity() -> None:
    (entry,), _ = identify([item("http://www.o.example/a/?utm_source=rss#top", "One", guid="x")])
    assert entry.id == digest_of("url", "https://www.o.example/a")
    assert not entry.link_shared
    (elsewhere,), _ = identify([item("https://www.o.example/a", "Other title", guid="y", published="2020-01-01")])
    assert elsewhere.id == entry.id


def test_posts_of_one_page_are_told_apart_and_marked() -> None:
    page = "https://o.example/tag/spies"
    entries, copies = identify([item(page, "One"), item(page, "Two"), item("https://o.example/x", "Three")])
    assert [entry.link_shared for entry in entries] == [True, True, False]
    assert len({entry.id for entry in entries}) == 3
    assert not copies


def test_a_fragment_of_its_own_outlives_a_new_title() -> None:
    def ids(title: str) -> set[str]:
        page = "https://o.example/live"
        return {entry.id for entry in identify([item(f"{page}#1", title), item(f"{page}#2", "Two")])[0]}

    assert ids("One") == ids("One, corrected")


def test_a_fragment_that_all_share_tells_nothing() -> None:
    page = "https://o.example/live#xtor=RSS-1"
    entries, _ = identify([item(page, "One"), item(page, "Two")])
    assert len({entry.id for entry in entries}) == 2


def test_same_title_and_date_are_told_apart_by_text() -> None:
    page = "https://o.example/statements"
    entries, copies = identify([item(page, "Statement", text="first"), item(page, "Statement", text="second")])
    assert len({entry.id for entry in entries}) == 2
    assert not copies


def test_a_repeated_item_is_handed_back_with_the_id_it_repeats() -> None:
    entries, copies = identify(
        [item("https://o.example/a", "One", guid="1"), item("http://o.example/a/", "One", guid="2")]
    )
    assert len(entries) == 1
    assert [copy.id for copy in copies] == [entries[0].id]
    assert not entries[0].link_shared


def test_without_link_a_changed_text_is_the_same_entry_while_title_and_date_stand() -> None:
    def only(text: str) -> str:
        return identify([item("", "Notice", published="2026-01-01", text=text)])[0][0].id

    assert only("draft") == only("final")
    (undated,), _ = identify([item("", "Notice", text="draft")])
    (other,), _ = identify([item("", "Notice", text="about something else")])
    assert undated.id != other.id


@pytest.mark.parametrize("published", ["", "2026-01-01"])
def test_without_link_the_feeds_token_user_and_scheme_are_no_part_of_the_id(published: str) -> None:
    def only(feed_url: str) -> str:
        one = item("", "Notice", published=published, text="text")
        return identify([replace(one, entry=replace(one.entry, feed_url=feed_url))])[0][0].id

    known = only("https://outlet.example/feed?token=old")
    assert only("http://user:pw@outlet.example/feed?token=new") == known
    assert only("https://outlet.example/feed") == known
    others = ["https://outlet.example/other", "https://other.example/feed", "https://outlet.example:8443/feed"]
    assert known not in {only(other) for other in others}
