"""Items without a page of their own are known again when they change bit by bit, and real news is never lost."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from storage_samples import HOUR, NORTH, NOW, SOUTH, entry, poll, stored

from spywatch.urls import digest_of
from storage.ledger import RetryRule, Standing
from storage.published import run_sql
from storage.recurring import Aspects, Remembered, Shown, aspects_of, recognise

DATES = [None, NOW, NOW + HOUR, NOW.replace(hour=0)]
ASPECTS = st.builds(
    Aspects,
    page=st.sampled_from(["", "p"]),
    guid=st.sampled_from(["", "g", "h"]),
    title=st.sampled_from(["", "t", "u"]),
    published_at=st.sampled_from(DATES),
    text_key=st.sampled_from(["", "x", "y"]),
)
ITEMS = st.lists(
    st.builds(Shown, entry_id=st.sampled_from("abcde"), own_page=st.booleans(), aspects=ASPECTS),
    max_size=4,
    unique_by=lambda item: item.entry_id,
)
PAST = st.dictionaries(
    st.sampled_from("abcvwxyz"),
    st.builds(Remembered, aspects=ASPECTS, seen_at=st.sampled_from([NOW, NOW + HOUR])),
    max_size=5,
)


def agreement(now, past):
    return sum(
        [
            bool(now.title) and now.title == past.title,
            now.published_at is not None and now.published_at == past.published_at,
            bool(now.text_key) and now.text_key == past.text_key,
        ]
    )


@settings(deadline=None, max_examples=300)
@given(items=ITEMS, remembered=PAST, guids_change=st.booleans())
def test_nothing_is_taken_for_what_it_is_not(items, remembered, guids_change):
    known = {item.entry_id for item in items} & remembered.keys()
    found = recognise(items, known=known, remembered=remembered, guids_change=guids_change)
    assert len(set(found)) == len(found) == len(items)
    for item, entry_id in zip(items, found, strict=True):
        if entry_id == item.entry_id:
            continue
        assert not item.own_page
        assert item.entry_id not in known
        now, past = item.aspects, remembered[entry_id].aspects
        assert now.page == past.page
        assert agreement(now, past) >= 1
        if now.guid and not guids_change:
            assert now.guid == past.guid
            assert [other.aspects.guid for other in items].count(now.guid) == 1
        else:
            assert (now.title, now.text_key) == (past.title, past.text_key)
            assert now.title and now.text_key


def shown(entry_id="new", **changes):
    aspects = Aspects(page="", guid="g", title="T", published_at=NOW, text_key="x")
    return Shown(entry_id=entry_id, own_page=False, aspects=replace(aspects, **changes))


def is_now(item, *others, past, **fields):
    return recognise([item, *others], known=set(), remembered=past, **fields)[0]


PAST_ONE = {"old": Remembered(aspects=shown().aspects, seen_at=NOW - HOUR)}


def test_the_same_id_of_the_feed_and_one_thing_more():
    later = NOW + HOUR
    assert is_now(shown(title="U", text_key="y"), past=PAST_ONE) == "old"  # the date is the same
    assert is_now(shown(title="U", published_at=later), past=PAST_ONE) == "old"
    assert is_now(shown(text_key="y", published_at=later), past=PAST_ONE) == "new"  # "Daily briefing" comes daily
    long = {"old": Remembered(aspects=shown(title="Five words make a title").aspects, seen_at=NOW - HOUR)}
    rewritten = shown(title="Five words make a title", text_key="y", published_at=later)
    assert is_now(rewritten, past=long) == "old"
    assert is_now(shown(title="U", text_key="y", published_at=later), past=PAST_ONE) == "new"  # used for other news
    assert is_now(shown(guid="h", title="T", text_key="x"), past=PAST_ONE) == "new"


def test_most_words_of_a_long_title_will_do_under_the_same_id():
    def one(title, hours):
        return Aspects(page="", guid="g", title=title, published_at=NOW + hours * HOUR, text_key=f"t{hours}")

    def found(before, after):
        past = {"old": Remembered(aspects=one(before, 0), seen_at=NOW)}
        shown = Shown(entry_id="new", own_page=False, aspects=one(after, 1))
        return recognise([shown], known=set(), remembered=past)

    assert found("Bus to the bakery: 4 minutes, notice 1", "Bus to the bakery: 9 minutes, notice 2") == ["old"]
    assert found("Daily briefing, 3 March", "Daily briefing, 4 March") == ["new"]
    assert found("Envoy told to leave The Hague at once", "Two held in Lyon over drone plans at night") == ["new"]


def test_without_an_id_title_and_text_have_to_agree():
    later = NOW + HOUR
    assert is_now(shown(guid="", published_at=later), past=PAST_ONE) == "old"
    assert is_now(shown(guid="", title="U"), past=PAST_ONE) == "new"
    assert is_now(shown(guid="", text_key="y"), past=PAST_ONE) == "new"
    two = {**PAST_ONE, "other": PAST_ONE["old"]}
    assert is_now(shown(guid="", published_at=later), past=two) == "new"  # which of the two?
    assert is_now(shown(guid="z", published_at=later), past=PAST_ONE, guids_change=True) == "old"


def test_what_several_items_bear_tells_nothing():
    sibling = shown("sibling", guid="h", title="U", text_key="y")
    changed = shown(title="V", text_key="z")
    assert is_now(changed, sibling, past=PAST_ONE) == "new"  # every item of the document has that date
    assert is_now(changed, past=PAST_ONE) == "old"
    assert is_now(shown(title="V"), shown("twin", title="W"), past=PAST_ONE) == "new"  # two items with one id
    midnight = NOW.replace(hour=0)
    day_only = {"old": Remembered(aspects=shown(published_at=midnight).aspects, seen_at=NOW)}
    assert is_now(shown(title="V", text_key="z", published_at=midnight), past=day_only) == "new"


def test_an_entry_is_not_found_twice_in_a_document():
    old = shown("old", guid="")
    changed = shown(title="V", text_key="z")
    assert recognise([old, changed], known={"old"}, remembered=PAST_ONE) == ["old", "new"]


def test_markup_and_spaces_are_no_text():
    one = entry("", summary_html="<p>A &amp; b</p>\n<p>c</p>", content_html="")
    two = entry("", summary_html="", content_html="<div>A &#38; b c</div>")
    assert aspects_of(one, "").text_key == aspects_of(two, "").text_key != ""
    assert aspects_of(entry("", summary_html="<br>", content_html=""), "").text_key == ""
    assert aspects_of(entry("", summary_html="<" * 300_000, content_html=""), "").text_key  # and in no long time


# No word of a title stands in another one, so that two of them have nothing but their frame in common.
TITLES = [" ".join(f"word{number}{letter}" for letter in "abcdefgh") for number in range(1_000)]


def ticker(number, *, title, date, text, guid="live", **fields):
    at = NOW + number * HOUR
    item = {
        "guid": guid,
        "title": f"{TITLES[title]} as the clock says {title}",
        "published_at": NOW + timedelta(minutes=date),
        "summary_html": f"<p>Text {text}.</p>",
        "content_html": "",
    }
    label = (item["title"], item["published_at"].isoformat())
    return poll(entry("", id=digest_of("title", *label), **item, **fields), at=at), at


def test_a_ticker_that_is_rewritten_at_each_poll_is_one_entry(store, folder):
    aspects = {"title": 0, "date": 0, "text": 0}
    pairs = [("title", "date"), ("text",), ("date", "text"), ("title",), ("title", "text"), ("date",)]
    for number in range(30):
        for changed in pairs[number % len(pairs)] if number else ():
            aspects[changed] = number
        polled, at = ticker(number, **aspects)
        outcome = store.record_polls(f"r{number}", [polled], at)
        assert (outcome.new, outcome.settled) == ((1, 0) if number == 0 else (0, 1))
        if number == 0:
            store.store_outcomes("r0", [stored(due) for due in store.due_entries(at)], at, RetryRule())
    store.publish(NOW)
    kept = "SELECT count(*), min(title), min(published_at) FROM entries"
    assert list(run_sql(folder, kept).rows()) == [
        (1, f"{TITLES[0]} as the clock says 0", NOW)
    ]  # the first telling stays
    assert list(run_sql(folder, "SELECT title, guid FROM entry_aspects").rows()) == [
        (f"{TITLES[28]} as the clock says 28", "live")
    ]


def test_a_ticker_that_changes_beyond_recognition_is_one_entry_a_poll_at_most(store):
    for number in range(6):
        polled, at = ticker(number, title=number, date=number, text=number)
        assert store.record_polls(f"r{number}", [polled], at).new == 1
    polled, at = ticker(7, title=99, date=5, text=5)  # and is followed again as soon as it does not
    assert store.record_polls("r7", [polled], at).new == 0


def test_without_an_id_a_drifting_date_brings_nothing_new(store):
    for number in range(4):
        polled, at = ticker(number, title=0, date=number, text=0, guid="")
        assert store.record_polls(f"r{number}", [polled], at).new == (number == 0)
    polled, at = ticker(5, title=0, date=9, text=1, guid="")
    assert store.record_polls("r5", [polled], at).new == 1


def test_an_item_that_failed_is_due_again_however_it_is_rewritten(store):
    polled, at = ticker(0, title=0, date=0, text=0)
    store.record_polls("r0", [polled], at)  # and the run was killed
    polled, at = ticker(1, title=1, date=1, text=0)
    outcome = store.record_polls("r1", [polled], at)
    assert [one.standing for one in outcome.sightings] == [Standing.DUE_AGAIN]
    (due,) = store.due_entries(at)
    assert (due.title, outcome.sightings[0].entry_id) == (f"{TITLES[0]} as the clock says 0", due.id)


def test_the_same_words_in_two_feeds_are_two_items(store):
    one, at = ticker(0, title=0, date=0, text=0, guid="")
    store.record_polls("r0", [one], at)
    listed = replace(one.result.entries[0], id="elsewhere", feed_url=SOUTH.url, published_at=NOW + HOUR)
    assert store.record_polls("r1", [poll(listed, feed=SOUTH, at=at)], at).new == 1


def test_posts_of_a_shared_page_are_followed_too(store):
    page = "https://north.example/ticker"

    def post(number, **fields):
        return entry(page, id=f"post-{fields['title']}", link_shared=True, guid=f"#{number}", **fields)

    first = [post(n, title=f"Post {n}", published_at=NOW + n * timedelta(minutes=1)) for n in (1, 2)]
    assert store.record_polls("r1", [poll(*first)], NOW).new == 2
    corrected = [first[0], post(2, title="Post 2, corrected", published_at=NOW + timedelta(minutes=2))]
    at = NOW + HOUR
    outcome = store.record_polls("r2", [poll(*corrected, at=at)], at)
    assert (outcome.new, outcome.sightings[1].entry_id) == (0, "post-Post 2")
    elsewhere = replace(corrected[1], id="other", url=NORTH.url)
    assert store.record_polls("r3", [poll(elsewhere, corrected[0], at=at + HOUR)], at + HOUR).new == 1
