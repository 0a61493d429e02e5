import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.fence import LONGEST_HEAD, LONGEST_TAG, MOST_ATTRIBUTES, MOST_MARKUP, cut, fence, tidy_head


def document(*items: bytes) -> bytes:
    return b"<rss><channel><title>x</title>" + b"".join(items) + b"</channel></rss>"


@pytest.mark.parametrize(
    ("head", "left"),
    [
        (b'<?xml version="1.0"?>\n', b'<?xml version="1.0"?>\n'),
        (b'<!DOCTYPE x [\n<!ENTITY e "&#233;">]>', b'<!DOCTYPE x [\n<!ENTITY e "&#233;">]>'),
        (b'<!DOCTYPE x [<!ENTITY e "word">]>', b'<!DOCTYPE x [<!ENTITY e "word">]>'),
        (b'<!DOCTYPE x [<!ENTITY e "&f;&f;">]>', b"<!DOCTYPE x []>"),
        (b'<!DOCTYPE x [<!ENTITY e "%s">]>' % (b"a" * 41), b"<!DOCTYPE x []>"),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', b"<!DOCTYPE x []>"),
        (b'<!DOCTYPE x [<!ENTITY % e SYSTEM "http://a.example/">]>', b"<!DOCTYPE x []>"),
        (b"<?xml version='1.0'?>" + b"<!-- -->" * LONGEST_HEAD, b"<?xml version='1.0'?>"),
        (b"\n" * 5 * LONGEST_HEAD, b""),
    ],
)
def test_the_prologue(head: bytes, left: bytes) -> None:
    assert tidy_head(head + document()) == left + document()


@pytest.mark.parametrize(
    ("tag", "left"),
    [
        (b"<item x=\"1\" y='2'>", None),
        (b'<item x="%s">' % (b"a" * LONGEST_TAG), b"<item>"),
        (b'<a x="%s"/>' % (b"a" * LONGEST_TAG), b"<a/>"),
        (b"<a %s>" % b" ".join(b'a%d="1"' % n for n in range(MOST_ATTRIBUTES + 1)), b"<a>"),
        (b"<![CDATA[<a %s>]]>" % (b"a" * LONGEST_TAG), None),
        (b"<!-- <a %s> -->" % (b"a" * LONGEST_TAG), None),
    ],
)
def test_attributes_that_no_feed_has_are_cut_out(tag: bytes, left: bytes | None) -> None:
    assert fence(document(tag)).body == document(tag if left is None else left)


def test_where_the_items_begin() -> None:
    items = [b"<item>1</item>", b"<item/>", b"<ITEM a='>'>2</ITEM>", b"<a:entry>3</a:entry>", b"<items>4</items>"]
    body = document(*items, b"<![CDATA[<item>no</item>]]><!--<item>no</item>-->")
    found = fence(body)
    assert [found.body[place:].split(b">", 1)[0] for place in found.items] == [b"<item", b"<ITEM a='", b"<a:entry"]
    assert found.fits == 3


def test_places_are_right_after_a_cut() -> None:
    found = fence(document(b"<item %s>1</item>" % (b"a" * LONGEST_TAG), b"<item>2</item>"))
    assert [found.body[place : place + 7] for place in found.items] == [b"<item>1", b"<item>2"]


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 3), (1, 3), (2, 4), (3, 4), (0, 4)])
def test_a_document_with_some_of_its_items_is_one(start: int, end: int) -> None:
    items = [b"<item>%d</item>" % n for n in range(4)]
    assert cut(fence(document(*items)), start, end) == document(*items[start:end])


@pytest.mark.parametrize("mark", [b"<", b"<a/>", b"&a;&a;&a;&a;&a;&a;&a;&a;"])
def test_there_is_an_end_to_the_work_and_whole_items_before_it_are_read(mark: bytes) -> None:
    much = mark * (MOST_MARKUP + 1)
    found = fence(document(b"<item>1</item>", b"<item>2</item>", b"<item>", much, b"</item>", b"<item>4</item>"))
    assert (found.too_much, found.fits, len(found.items)) == (False, 2, 4)
    assert cut(found, 0, found.fits) == document(b"<item>1</item>", b"<item>2</item>")


def test_too_much_before_the_first_item_ends() -> None:
    assert fence(document(b"<item>", b"<a>" * (MOST_MARKUP + 1), b"</item>")).too_much


PIECES = [b"<item>", b"</item>", b"<entry a='1'>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>", b"<", b">"]
PIECES += [b"x", b"&", b'<a b="' + b"c" * 9000 + b'">', b"\0", b"<a:item/>"]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_document_is_taken_and_only_tags_get_shorter(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    found = fence(body)
    assert len(found.body) <= len(body)
    assert found.body.count(b"<") == body.count(b"<")
    assert all(found.body[place : place + 1] == b"<" for place in found.items)
    assert list(found.items) == sorted(set(found.items))
