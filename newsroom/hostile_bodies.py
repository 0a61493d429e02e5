"""The bytes of hostile pages and feeds."""

from __future__ import annotations

import gzip
import json
from html import escape

ROWS = 1_000
NESTED_TAGS = 50_000
ATTRIBUTES = 50_000
ITEMS = 20_000
BOMB_BYTES = 30_000_000

_PARAGRAPHS = (
    "The lock keeper of Brackwater has put up a shelf for lost gloves. There are forty-one of them, all for the "
    "left hand, and nobody in the village can say where the others go.",
    "He found the first one in March, frozen to the gate. Since then they have come down the canal at the rate of "
    "two a week, mostly woollen, once in yellow rubber, and once with a bus ticket inside.",
    "Visitors may try them on. Whoever owns a right hand that fits is asked to leave it on the opposite shelf, and "
    "the keeper makes tea for every pair that meets again.",
)
_BALLAST = "A barge passes, the gate swings open, and the water does what it has always done here. "


def page(title: str, inside: str = "", *, author: str = "", text: tuple[str, ...] = _PARAGRAPHS) -> bytes:
    """A plain article page; `inside` is put as it is between its second and its third paragraph."""
    paragraphs = [f"<p>{escape(paragraph, quote=False)}</p>\n" for paragraph in text]
    byline = f'<p class="byline">By {escape(author)}</p>\n' if author else ""
    meta = f'<meta name="author" content="{escape(author)}">' if author else ""
    head = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>{meta}</head>\n'
    )
    body = "".join([*paragraphs[:2], inside, *paragraphs[2:]])
    whole = f"{head}<body><article><h1>{escape(title)}</h1>\n{byline}{body}</article></body></html>\n"
    return whole.encode("utf-8", "surrogatepass")


def table_page(title: str) -> bytes:
    """About 53 KB: a table whose cells each claim a hundred rows and columns."""
    cells = "".join(f"<tr><td rowspan=100 colspan=100>glove {number}</td></tr>\n" for number in range(ROWS))
    return page(title, f"<table>{cells}</table>\n")


def nested_page(title: str) -> bytes:
    """A tower of open tags with a text at its top."""
    return page(title, f"{'<div>' * NESTED_TAGS}<p>{_BALLAST}</p>{'</div>' * NESTED_TAGS}\n")


def attributes_page(title: str) -> bytes:
    """A paragraph that carries more attributes than words."""
    attributes = " ".join(f'data-a{number}="{number}"' for number in range(ATTRIBUTES))
    return page(title, f"<p {attributes}>{_BALLAST}</p>\n")


def pdf() -> bytes:
    """A small PDF."""
    text = b"BT /F1 12 Tf 72 720 Td (The lock keeper's gloves) Tj ET"
    return (
        b"%%PDF-1.4\n%%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>\nendobj\n"
        b"4 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\ntrailer\n<< /Root 1 0 R /Size 5 >>\n%%%%EOF\n"
        % (len(text), text)
    )


def json_answer() -> bytes:
    """What an interface for programs would say."""
    return json.dumps({"status": "ok", "gloves": [{"id": n, "hand": "left"} for n in range(200)]}).encode()


def wrong_charset(title: str) -> bytes:
    """German in windows-1252, although the header and the page say UTF-8."""
    text = (
        "Der Schleusenwärter hat ein Regal für verlorene Handschuhe gebaut. Einundvierzig liegen schon darin, alle "
        "für die linke Hand, und niemand im Dorf weiß, wohin die übrigen verschwinden.",
        "Den ersten fand er im März, angefroren am Tor. Seither schwimmen jede Woche zwei den Kanal herunter, "
        "meistens wollene, einmal ein gelber aus Gummi, und einmal steckte eine Fahrkarte für den Überlandbus darin.",
        "Wer möchte, darf probieren. Für jedes Paar, das wieder zueinander findet, kocht der Wärter Kräutertee.",
    )
    return page(title, text=text).decode().encode("windows-1252")


def gzip_bomb() -> bytes:
    """Some 30 KB that unfold to 30 MB."""
    return gzip.compress(b"<html><body><p>" + b"glove " * (BOMB_BYTES // 6), 9, mtime=0)


def nul_bytes(title: str) -> bytes:
    """A page with a NUL after every fifth byte of its text."""
    body = page(title)
    start = body.index(b"<p>")
    return body[:start] + b"\0".join(body[at : at + 5] for at in range(start, len(body), 5))


def bomb_feed(base: str) -> bytes:
    """Entities that unfold to ten thousand million words, and one that names a file."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">\n' for n in range(1, 11))
    return (
        f'<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY e0 "glove">\n{levels}'
        f'<!ENTITY file SYSTEM "file:///etc/passwd">\n]>\n'
        f"<rss version='2.0'><channel><title>The Minefield: bomb</title><link>{base}/</link>"
        f"<item><title>A harmless item</title><guid>bomb-1</guid><description>It comes before the bomb.</description>"
        f"</item><item><title>Bang &e10;</title><guid>bomb-2</guid><description>&file; &e10;</description></item>"
        f"</channel></rss>\n"
    ).encode()


def nested_feed(base: str) -> bytes:
    """An item inside which tags are stacked."""
    return (
        f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>The Minefield: nested</title><link>{base}/</link>'
        f"<item><title>At the bottom of the well</title><guid>nested-1</guid><description>Mind the steps."
        f"</description>{'<step>' * NESTED_TAGS}glove{'</step>' * NESTED_TAGS}</item></channel></rss>\n"
    ).encode()


def crowded_feed(base: str) -> bytes:
    """More items than anybody reads."""
    items = "".join(
        f"<item><title>Glove number {n}</title><guid isPermaLink='false'>glove-{n}</guid>"
        f"<description>Left hand, size {n % 11}.</description></item>\n"
        for n in range(1, ITEMS + 1)
    )
    return (
        f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>The Minefield: crowd</title>'
        f"<link>{base}/</link>\n{items}</channel></rss>\n"
    ).encode()
