"""Bytes to a document: is it a page at all, in which encoding, and what does its head say of itself.

Decoding order: byte order mark; valid UTF-8 (text in another encoding is hardly ever valid UTF-8 by chance);
the declared charset (HTTP header, then `<meta>`), if it decodes nearly all; a guess; Windows-1252.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree, html

from extractors import bounds
from extractors.lines import Line, lines_of
from spywatch.records import Reason

_MAGIC = (
    b"%PDF-",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BM\x00",
    b"\x7fELF",
    b"OggS",
    b"ID3",
    b"\x00\x00\x01\x00",
    b"\xd0\xcf\x11\xe0",
    b"wOF",
    b"Rar!",
    b"7z\xbc\xaf",
)
_HTML_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml")
_UNDECLARED_TYPES = ("", "application/octet-stream", "binary/octet-stream", "application/x-unknown-content-type")
_HTML_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|p|article|section|main|span|table|h[1-6]|br|a|ul|pre)\b", re.I
)
_FEED_ROOT = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}>\s*+)?+(?:(?><!--.{0,500}?-->)\s*+)*+<(?:rss|feed|rdf:RDF|urlset|opml)\b", re.S
)
_META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{2,40})", re.I)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.\-]{2,40})", re.I)
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.\-]{2,40})", re.I)
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]|\x1b\(J")
_UTF8_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTENT_TAG = re.compile(r"<(?:p|div|h[1-6]|article|section|main|body|ul|table)\b", re.I)
_LABELS = {
    # as browsers read these labels (WHATWG Encoding Standard, section 4.2)
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "big5": "big5hkscs",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
}
_WEB_ENCODING = re.compile(r"utf-8$|cp\d|iso8859|koi8|gb18030|big5|euc_|shift_jis|iso2022|mac-|johab|hz$|tis")
_TOLERATED_ERRORS = 0.01


@dataclass(frozen=True, slots=True)
class NotAPage:
    """The bytes are no HTML page."""

    reason: Reason
    detail: str


@dataclass(frozen=True)
class Document:
    """A decoded page.

    Attributes:
        url: where it is, "" if unknown.
        source: the HTML as text, without NUL bytes, control characters and lone surrogates.
        tree: the parsed HTML; read only (copy before changing).
    """

    url: str
    source: str
    tree: html.HtmlElement

    @cached_property
    def linked_data(self) -> tuple[dict[str, Any], ...]:
        """All JSON-LD objects of the page in document order, nested ones too; broken blocks are passed over."""
        found: list[dict[str, Any]] = []
        for script in self.tree.iter("script"):
            if "ld+json" in (script.get("type") or "").lower():
                found.extend(_objects(_lenient_json(script.text or "")))
        return tuple(found)

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the page's body."""
        body = self.tree.find("body")
        return lines_of(self.tree if body is None else body)

    @cached_property
    def meta(self) -> dict[str, str]:
        """`<meta>` contents by lower-case name, property or itemprop; the first one wins."""
        found: dict[str, str] = {}
        for element in self.tree.iter("meta"):
            content = (element.get("content") or "").strip()
            for attribute in ("property", "name", "itemprop"):
                name = (element.get(attribute) or "").strip().lower()
                if name and content:
                    found.setdefault(name, content)
        return found

    @cached_property
    def article_data(self) -> dict[str, Any] | None:
        """The JSON-LD object that describes this page's article, None if there is none or if there are several."""
        articles = [item for item in self.linked_data if types_of(item) & ARTICLE_TYPES]
        own = [item for item in articles if item.get("articleBody") or item.get("mainEntityOfPage")]
        for group in (articles, own):
            if len({str(item.get("headline") or item.get("name") or "") for item in group}) == 1:
                return group[0]
        return None


ARTICLE_TYPES = frozenset(
    {
        "article",
        "newsarticle",
        "blogposting",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "backgroundnewsarticle",
        "report",
        "techarticle",
        "scholarlyarticle",
        "liveblogposting",
        "socialmediaposting",
    }
)


def types_of(item: dict[str, Any]) -> frozenset[str]:
    """The lower-case `@type`s of a JSON-LD object."""
    kinds = item.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return frozenset(str(kind).rsplit("/", 1)[-1].lower() for kind in listed if kind)


def read_page(body: bytes, *, content_type: str = "", url: str = "") -> Document | NotAPage:
    """Decode and parse a page.

    Args:
        body: the bytes as sent (decompressed).
        content_type: the HTTP header, "" if unknown.
        url: the page's address, "" if unknown.

    Returns:
        The document, or why the bytes are not one (reason `empty` or `not_html`).
    """
    if not body.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        return NotAPage(Reason.EMPTY, "the answer has no content")
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind not in _HTML_TYPES and kind not in _UNDECLARED_TYPES:
        return NotAPage(Reason.NOT_HTML, f"the server calls it {kind[:60]}")
    start = body[:64].lstrip(b" \t\r\n")
    if start.startswith(_MAGIC) or start[4:8] == b"ftyp":
        return NotAPage(Reason.NOT_HTML, "a binary file (document, image or archive)")
    text = decode(body, content_type=content_type)
    damaged = len(_CONTROL.findall(text[:20_000])) + text[:20_000].count("\ufffd")
    clean = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text))
    if damaged * 5 > min(len(text), 20_000):
        return NotAPage(Reason.NOT_HTML, "binary data")
    if clean.lstrip()[:1] in ("{", "[") and _is_json(clean):
        return NotAPage(Reason.NOT_HTML, "JSON")
    if _FEED_ROOT.match(clean[:5_000].lstrip("\ufeff")):
        return NotAPage(Reason.NOT_HTML, "an XML feed or list")
    if not _HTML_TAG.search(clean):
        return NotAPage(Reason.NOT_HTML, "no HTML in it")
    clean = _close_open_ends(clean)
    parsed = parse(clean)
    if parsed is None:
        return NotAPage(Reason.NOT_HTML, "no HTML element in it")
    tree, clean = parsed
    return Document(url=url, source=clean, tree=tree)


def parse(source: str) -> tuple[html.HtmlElement, str] | None:
    """Parse HTML text leniently, within the limits of `bounds`.

    Returns:
        The tree, and the text that it was made from: as given, or rewritten where it went over a limit. None if
        nothing is in it.

    Raises:
        MemoryError: libxml2 ran out of memory.
    """
    source = bounds.without_options(bounds.with_few_attributes(source))
    tree = _tree_of(source)
    if tree is not None and bounds.too_deep(tree):
        source = bounds.flattened(source)
        tree = _tree_of(source)
    if tree is not None and bounds.over_limits(tree):
        source = bounds.rewritten(tree)
        tree = _tree_of(source)
    if tree is None:
        return None
    bounds.tame(tree)
    return tree, source


def _tree_of(source: str) -> html.HtmlElement | None:
    parser = html.HTMLParser(
        encoding="utf-8",
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
        default_doctype=False,
        collect_ids=False,
    )
    try:
        return html.document_fromstring(source.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError("libxml2 ran out of memory") from error
        return None


def decode(body: bytes, *, content_type: str = "") -> str:
    """The text of a page's bytes; what no encoding explains becomes U+FFFD. Never raises."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return body.decode("utf-8-sig" if name == "utf-8" else name, "replace")
    if _ISO_2022_JP.search(body):  # looks like ASCII, and so like UTF-8
        try:
            return body.decode("iso2022_jp_2")
        except UnicodeDecodeError:
            pass
    nuls = body[:2_000].count(b"\x00")
    if nuls * 3 > len(body[:2_000]):
        even = body[:2_000:2].count(b"\x00")
        return body.decode("utf-16-be" if even * 2 > nuls else "utf-16-le", "replace")
    try:
        return _UTF8_SURROGATE.sub(b"\xef\xbf\xbd", body).decode("utf-8")
    except UnicodeDecodeError:
        pass
    for label in _declared(body, content_type):
        text = body.decode(label, "replace")
        if label != "utf-8" and text.count("\ufffd") <= len(text) * _TOLERATED_ERRORS:
            return text
        if label == "utf-8" and _mostly_utf8(text):
            return text
    text = body.decode("utf-8", "replace")
    if _mostly_utf8(text):
        return text  # with a few broken bytes, as where a server cuts
    return body.decode(_guess(body), "replace")


def _mostly_utf8(text: str) -> bool:
    broken = text.count("\ufffd")
    beyond_ascii = sum(character > "\x7f" for character in text) - broken
    return beyond_ascii > 3 * broken


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    head = body[:8_192]
    header = _HEADER_CHARSET.search(content_type)
    labels = [header[1] if header else ""]
    for pattern in (_META_CHARSET, _XML_ENCODING):
        match = pattern.search(head)
        labels.append(match[1].decode("ascii") if match else "")
    for label in labels:
        name = _LABELS.get(label.lower(), label.lower())
        try:
            info = codecs.lookup(name) if name else None
        except LookupError:
            continue
        if info is not None and _WEB_ENCODING.match(info.name):
            yield info.name


def _guess(body: bytes) -> str:
    from resiliparse.parse.encoding import detect_encoding

    name = (detect_encoding(body) or "cp1252").lower()
    name = _LABELS.get(name, name)
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"


def _close_open_ends(source: str) -> str:
    """Cut out the opening of a comment or script that never ends; browsers and parsers lose all that follows it."""
    opened = source.rfind("<!--")
    if opened > source.rfind("-->"):
        source = source[:opened] + source[opened + 4 :]
    lowered = source.lower() if len(source) == len(source.lower()) else source
    for tag in ("script", "style"):
        opened = lowered.rfind("<" + tag)
        if opened > lowered.rfind("</" + tag):
            resume = _CONTENT_TAG.search(source, opened)
            source = source[:opened] + (source[resume.start() :] if resume else "")
            lowered = source.lower() if len(source) == len(source.lower()) else source
    return source


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return not _HTML_TAG.search(text[:2_000])
    return True


def _lenient_json(text: str) -> Any:
    text = text.strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 12:
        return
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)
    elif isinstance(value, dict):
        yield value
        for key, item in value.items():
            if isinstance(item, dict | list) and key not in ("comment", "publisher", "isPartOf"):
                yield from _objects(item, depth + 1)
