"""Ways in which a page can be broken, by accident or on purpose; all from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

_BODY = re.compile(rb"<body[^>]*>", re.IGNORECASE)
_HEAD = re.compile(rb"<head[^>]*>", re.IGNORECASE)
_CHARSETS = (
    "utf-16",
    "utf-16le",
    "utf-32",
    "shift_jis",
    "big5",
    "koi8-r",
    "iso-2022-jp",
    "utf-7",
    "hz",
    "x-none",
    "",
)


@dataclass(frozen=True, slots=True)
class Mutated:
    """A page to be served: its bytes and its Content-Type."""

    body: bytes
    media_type: str = "text/html"


Mutation = Callable[[Mutated, random.Random], Mutated]


def _truncated(page: Mutated, chance: random.Random) -> Mutated:
    return replace(page, body=page.body[: chance.randrange(len(page.body) + 1)])


def _flipped(page: Mutated, chance: random.Random) -> Mutated:
    body = bytearray(page.body)
    for _ in range(max(1, int(len(body) * chance.choice((0.0005, 0.005, 0.05))))):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return replace(page, body=bytes(body))


def _nested(page: Mutated, chance: random.Random) -> Mutated:
    deep = chance.choice((50, 500, 5_000, 50_000))
    tag = chance.choice((b"div", b"table", b"b", b"ul", b"blockquote", b"font", b"a", b"svg", b"template", b"p"))
    return _in_body(page, (b"<" + tag + b">") * deep)


def _nested_closed(page: Mutated, chance: random.Random) -> Mutated:
    deep = chance.choice((50, 500, 5_000))
    start, end = (b"<table><tr><td>", b"</td></tr></table>") if chance.random() < 0.5 else (b"<div>", b"</div>")
    return replace(page, body=start * deep + page.body + end * deep)


def _header_lies(page: Mutated, chance: random.Random) -> Mutated:
    return replace(page, media_type=f"text/html; charset={chance.choice(_CHARSETS)}")


def _meta_lies(page: Mutated, chance: random.Random) -> Mutated:
    return _in_head(page, f'<meta charset="{chance.choice(_CHARSETS)}">'.encode())


def _giant_attribute(page: Mutated, chance: random.Random) -> Mutated:
    size = chance.choice((10_000, 1_000_000, 4_000_000, 20_000_000))
    where = chance.choice((b'<p class="', b'<a href="', b'<img src="data:', b'<meta name="description" content="'))
    return _in_body(page, where + b"x" * size + b'">')


def _many_attributes(page: Mutated, chance: random.Random) -> Mutated:
    return _in_body(
        page, b"<p " + b" ".join(b'a%d="%d"' % (n, n) for n in range(chance.choice((500, 50_000)))) + b">"
    )


def _nul_bytes(page: Mutated, chance: random.Random) -> Mutated:
    return replace(page, body=_inserted(page.body, b"\x00" * chance.choice((1, 100, 10_000)), chance, times=20))


def _control_bytes(page: Mutated, chance: random.Random) -> Mutated:
    return replace(page, body=_inserted(page.body, b"\x1b]0;gotcha\x07\x1b[2J\x9b31m\xe2\x80\xae", chance, times=30))


def _repeated(page: Mutated, chance: random.Random) -> Mutated:
    return replace(page, body=page.body * min(chance.choice((2, 5, 20)), 1 + 4_500_000 // max(len(page.body), 1)))


def _shuffled(page: Mutated, chance: random.Random) -> Mutated:
    cuts = sorted(chance.sample(range(len(page.body) + 1), k=min(len(page.body), chance.choice((4, 20, 100)))))
    pieces = [page.body[start:end] for start, end in zip([0, *cuts], [*cuts, len(page.body)], strict=True)]
    chance.shuffle(pieces)
    return replace(page, body=b"".join(pieces))


def _spanning(page: Mutated, chance: random.Random) -> Mutated:
    rows, span = chance.choice(((20, 10), (200, 100), (1_000, 100), (1_000, 65_534)))
    cell = b"<tr><td rowspan=%d colspan=%d>cell</td></tr>" % (span, span)
    return _in_body(page, b"<table>" + cell * rows + b"</table>")


def _unclosed(page: Mutated, chance: random.Random) -> Mutated:
    what = (
        b"<script>",
        b"<!--",
        b"<style>",
        b"<textarea>",
        b"<![CDATA[",
        b"<noscript>",
        b"<a href='",
        b"<title>",
        b"<?",
    )
    return replace(page, body=_inserted(page.body, chance.choice(what), chance, times=chance.choice((1, 5))))


def _entities(page: Mutated, chance: random.Random) -> Mutated:
    one = chance.choice(
        (b"&#0;", b"&#x110000;", b"&amp;", b"&nbsp", b"&#55357;", b"&CounterClockwiseContourIntegral;")
    )
    return _in_body(page, one * chance.choice((10, 100_000)))


def _long_lines(page: Mutated, chance: random.Random) -> Mutated:
    one = chance.choice(
        (b" ", b"\n", b"a", b"<br>", b"<p>", b"a ", b"a. ", b"\xff", b"|", b"- ", b"2024-01-01 ", b"(")
    )
    return _in_body(page, one * (chance.choice((10_000, 1_000_000)) // len(one)))


def _bad_data(page: Mutated, chance: random.Random) -> Mutated:
    inside = chance.choice(
        (b"[" * 50_000, b'{"@graph":' * 2_000, b'{"datePublished": ' + b"9" * 5_000 + b"}", b'{"a":NaN,')
    )
    return _in_head(page, b'<script type="application/ld+json">' + inside + b"</script>")


def _bad_dates(page: Mutated, chance: random.Random) -> Mutated:
    date = chance.choice((b"0000-00-00", b"99999-01-01", b"-1", b"1e400", b"2024-13-45T99:99", b"0" * 10_000))
    return _in_head(page, b'<meta property="article:published_time" content="' + date + b'">')


def _odd_links(page: Mutated, chance: random.Random) -> Mutated:
    link = chance.choice(
        (b"javascript:1", b"http://[", b"//", b"http://" + b"a" * 70_000, b"file:///etc/passwd", b"\x00")
    )
    return _in_head(page, b'<base href="' + link + b'"><link rel=canonical href="' + link + b'">')


def _other_type(page: Mutated, chance: random.Random) -> Mutated:
    kind = chance.choice(
        ("application/pdf", "application/json", "image/jpeg", "text/plain", "", "text/html;;;=", "x" * 900)
    )
    return replace(page, media_type=kind)


def _other_content(page: Mutated, chance: random.Random) -> Mutated:
    bodies = (
        b"",
        b"%PDF-1.7\n" + page.body,
        b'{"html": 1}',
        b"\xff\xd8\xff\xe0" + page.body,
        b"\x1f\x8b\x08" + page.body,
    )
    return replace(page, body=chance.choice(bodies))


def _widened(page: Mutated, chance: random.Random) -> Mutated:
    encoding = chance.choice(("utf-16", "utf-16-be", "utf-32", "utf-7"))
    return replace(page, body=page.body.decode("utf-8", "replace").encode(encoding, "replace"))


def _several(page: Mutated, chance: random.Random) -> Mutated:
    for name in chance.sample([*_PLAIN], 3):
        if page.body and len(page.body) < 4_000_000:
            page = _PLAIN[name](page, chance)
    return page


def _in_body(page: Mutated, piece: bytes) -> Mutated:
    return _after(_BODY, page, piece)


def _in_head(page: Mutated, piece: bytes) -> Mutated:
    return _after(_HEAD, page, piece)


def _after(tag: re.Pattern[bytes], page: Mutated, piece: bytes) -> Mutated:
    found = tag.search(page.body)
    place = found.end() if found else 0
    return replace(page, body=page.body[:place] + piece + page.body[place:])


def _inserted(body: bytes, piece: bytes, chance: random.Random, *, times: int) -> bytes:
    for _ in range(times):
        place = chance.randrange(len(body) + 1)
        body = body[:place] + piece + body[place:]
    return body


_PLAIN: dict[str, Mutation] = {
    "truncated": _truncated,
    "bits flipped": _flipped,
    "nested, never closed": _nested,
    "nested, closed": _nested_closed,
    "charset lie in the header": _header_lies,
    "charset lie on the page": _meta_lies,
    "giant attribute": _giant_attribute,
    "many attributes": _many_attributes,
    "NUL bytes": _nul_bytes,
    "control sequences": _control_bytes,
    "repeated": _repeated,
    "pieces in another order": _shuffled,
    "table with spanning cells": _spanning,
    "script or comment not closed": _unclosed,
    "character references": _entities,
    "endless line": _long_lines,
    "broken structured data": _bad_data,
    "impossible dates": _bad_dates,
    "odd addresses": _odd_links,
    "wrong Content-Type": _other_type,
    "other content": _other_content,
    "wide encoding": _widened,
}
MUTATIONS: dict[str, Mutation] = _PLAIN | {"three of these at once": _several}
"""Each way, by its name."""


def mutate(body: bytes, name: str, chance: random.Random) -> Mutated:
    """Break a page.

    Args:
        body: the page.
        name: of `MUTATIONS`.
        chance: where chance comes from.
    """
    return MUTATIONS[name](Mutated(body or b" "), chance)
