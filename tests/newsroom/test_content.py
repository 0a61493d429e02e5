"""The content keeps its rules, and the loader says which one is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsroom.content import LABELS, ContentError, load_newsroom
from newsroom.extras import EXTRAS
from newsroom.misbehaviour import MISBEHAVIOURS

ROOM = load_newsroom()

GOOD = """
[[events]]
id = "e"
what = "Something."

[[articles]]
outlet = "meridian"
slug = "a"
event = "e"
labels = []
role = "first"
age_hours = 2
authors = ["A"]
title = "T"
summary = "S"
text = '''
{text}
'''
"""
TEXT = "word " * 70 + "\n\n" + "word " * 70


def write(folder: Path, text: str) -> Path:
    folder.joinpath("content.toml").write_text(text, encoding="utf-8")
    return folder


def test_there_is_enough_to_read() -> None:
    assert len(ROOM.outlets) >= 7
    assert len(ROOM.articles) >= 66
    assert len(ROOM.events) >= 28


def test_matches_are_a_minority_that_covers_all_labels() -> None:
    assert len(ROOM.matches()) <= 0.4 * len(ROOM.articles)
    counts = ROOM.per_label()
    assert set(counts) == set(LABELS)
    assert min(counts.values()) >= 8
    assert sum(len(article.labels) > 1 for article in ROOM.articles.values()) >= 4


def test_all_roles_are_played() -> None:
    roles = [article.role for article in ROOM.articles.values()]
    assert roles.count("copy") >= 8
    assert roles.count("followup") >= 5
    assert roles.count("independent") >= 10
    cut = [
        a
        for a in ROOM.articles.values()
        if a.copy_of and len(a.paragraphs) < len(ROOM.articles[a.copy_of].paragraphs)
    ]
    assert len(cut) >= 3


def test_every_outlet_publishes_and_every_section_has_articles() -> None:
    for outlet in ROOM.outlets.values():
        published = ROOM.of_outlet(outlet.key)
        assert published
        for section in outlet.sections:
            assert any(section in article.sections for article in published), (outlet.key, section)


def test_texts_are_written_for_themselves() -> None:
    """No paragraph of an original appears in another original."""
    paragraphs = [p for article in ROOM.articles.values() if not article.copy_of for p in article.paragraphs]
    assert len(paragraphs) == len(set(paragraphs))


def test_healing_places_are_no_matches() -> None:
    """What a second run gets for the first time must not be news for a digest."""
    healing = [item for item in MISBEHAVIOURS if item.statuses[-1:] == (200,) and len(item.statuses) > 1]
    assert {item.on for item in healing} >= {"feed", "page", "robots"}
    for item in healing:
        outlet = ROOM.outlets[item.outlet]
        feeds = [feed for feed in outlet.feeds if item.on == "feed" and feed.path == item.path]
        late = [article for feed in feeds for article in ROOM.in_feed(outlet, feed)]
        late += [article for article in ROOM.of_outlet(outlet.key) if ROOM.path_of(article) in item.entries]
        assert late
        assert all(not article.labels for article in late)


def test_every_end_that_is_no_page_has_a_place_in_the_newsroom() -> None:
    """Rows that decide on entries name places which are there: articles, or entries that lead to trouble."""
    for item in MISBEHAVIOURS:
        outlet = ROOM.outlets[item.outlet]
        known = {ROOM.path_of(article) for article in ROOM.of_outlet(outlet.key)} | {outlet.tag_page}
        known |= {stray.link for feed in outlet.feeds for stray in feed.stray}
        assert set(item.entries) <= known, item.name
        assert (item.end(1) == "page") == (not item.reasons and not item.access), item.name


def test_all_ways_out_are_taken() -> None:
    assert {item.end(1) for item in MISBEHAVIOURS} == {"page", "feed", "waiting"}
    walls = {item.access for item in MISBEHAVIOURS if item.access}
    assert walls == {"challenge", "consent", "login", "robots"}
    assert any(stray.labels for outlet in ROOM.outlets.values() for feed in outlet.feeds for stray in feed.stray)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    room = load_newsroom(write(tmp_path, GOOD.format(text=TEXT)))
    assert room.articles["a"].words == 140
    assert len(room.articles["a"].paragraphs) == 2


COPY = """
[[articles]]
outlet = "courier"
slug = "b"
copy_of = "{of}"
role = "copy"
age_hours = {age}
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("labels = []", 'labels = ["gossip"]'), "unknown labels"),
        (lambda text: text.replace('event = "e"', 'event = "f"'), "unknown event"),
        (lambda text: text.replace('"meridian"', '"gazette"'), "unknown outlet"),
        (lambda text: text.replace('role = "first"', 'role = "second"'), "unknown role"),
        (lambda text: text.replace('title = "T"', ""), "missing"),
        (lambda text: text.replace('title = "T"', 'title = "T"\ncolour = "red"'), "unknown keys"),
        (lambda text: text.replace("word ", ""), "0 words"),
        (lambda text: text.replace("labels = []", 'labels = ["expulsion"]'), "100% of the articles are matches"),
        (lambda text: text + text[text.index("[[articles]]") :], "slug a is there twice"),
        (lambda text: text + text[: text.index("[[articles]]")], "event e is there twice"),
        (lambda text: text + COPY.format(of="c", age=1), "copies c, which does not exist"),
        (lambda text: text + COPY.format(of="a", age=3), "older than a"),
        (lambda text: text + '[[events]]\nid = "g"\nwhat = "?"\n', "events without an article"),
        (lambda text: text + "[[", "not readable as TOML"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    with pytest.raises(ContentError, match=message):
        load_newsroom(write(tmp_path, change(GOOD.format(text=TEXT))))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="no content files"):
        load_newsroom(tmp_path)


def test_the_readme_lists_every_misbehaviour_and_outlet() -> None:
    readme = (Path(__file__).parents[2] / "newsroom" / "README.md").read_text(encoding="utf-8")
    everything = [*MISBEHAVIOURS, *(item for extra in EXTRAS.values() for item in extra.table)]
    assert len({item.name for item in everything}) == len(everything)
    for item in everything:
        place = "robots.txt" if item.on == "robots" else item.path
        row = f"| `{item.name}` | {item.on}: "
        assert [line for line in readme.splitlines() if line.startswith(row) and item.what in line and place in line]
    for outlet in ROOM.outlets.values():
        assert f"| `{outlet.key}` {outlet.title} |" in readme
    counts = f"{len(ROOM.articles)} articles on {len(ROOM.events)} events"
    assert counts in readme
    assert f"{len(ROOM.matches())} of the\narticles" in readme or f"{len(ROOM.matches())} of the articles" in readme
