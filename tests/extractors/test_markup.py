from __future__ import annotations

import pytest

from extractors.markup import Document, decode, read_page
from extractors.text import main_text, tidy
from tests.extractors.conftest import BODY, PARAGRAPHS, html_page

JAPANESE = "外務省は月曜日、二人の駐在武官に国外退去を命じた。港湾当局の職員が情報を渡していたという。"
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl mluvčí ministerstva zahraničí v pondělí."
RUSSIAN = "Министерство иностранных дел сообщило о высылке двух атташе из страны."


@pytest.mark.parametrize(
    ("text", "encoding", "content_type", "meta"),
    [
        (CZECH, "utf-8", "text/html", ""),
        (CZECH, "utf-8", "text/html; charset=iso-8859-1", ""),
        (CZECH, "utf-8-sig", "", ""),
        (CZECH, "utf-16", "", ""),
        (CZECH, "utf-16-le", "", ""),
        (CZECH, "cp1250", "text/html; charset=windows-1250", ""),
        (CZECH, "iso-8859-2", "", "iso-8859-2"),
        (RUSSIAN, "cp1251", "", "windows-1251"),
        (RUSSIAN, "koi8-r", "text/html; charset=KOI8-R", "utf-8"),
        (JAPANESE, "iso-2022-jp", "", ""),
        (JAPANESE, "shift_jis", "text/html; charset=Shift_JIS", ""),
        (JAPANESE, "euc-jp", "", "euc-jp"),
        ("“Smart quotes” and €5", "cp1252", "text/html; charset=iso-8859-1", ""),
    ],
)
def test_declared_and_undeclared_encodings(text: str, encoding: str, content_type: str, meta: str) -> None:
    tag = f'<meta charset="{meta}">' if meta else ""
    raw = f"<html><head>{tag}</head><body><p>{text}</p></body></html>".encode(encoding)
    assert text in decode(raw, content_type=content_type)


def test_charset_that_lies_is_not_believed() -> None:
    raw = f"<html><body><p>{RUSSIAN * 10}</p></body></html>".encode("cp1251")
    assert RUSSIAN in decode(raw, content_type="text/html; charset=utf-8")


@pytest.mark.parametrize("label", ["x-unknown-9", "rot13", "base64", "utf-16", "undefined"])
def test_useless_charset_labels_do_no_harm(label: str) -> None:
    raw = "<html><body><p>café au lait</p></body></html>".encode("cp1252")
    assert "café au lait" in decode(raw, content_type=f"text/html; charset={label}")


def document(raw: bytes) -> Document:
    found = read_page(raw, content_type="text/html")
    assert isinstance(found, Document)
    return found


@pytest.mark.parametrize("surrogate", [b"\xed\xa0\x80", b"&#xD800;", b"&#55357;"])
def test_lone_surrogate_costs_one_character_not_the_text(surrogate: bytes) -> None:
    raw = html_page(f"<article>{BODY}</article>").replace(b"Prosecutors", surrogate + b"Prosecutors")
    text = main_text(document(raw))
    assert PARAGRAPHS[-1] in text
    assert text.encode("utf-8")


@pytest.mark.parametrize("depth", [300, 3_000])
def test_deep_nesting_keeps_its_text(depth: int) -> None:
    text = main_text(document(html_page("<div>" * depth + BODY)))
    assert PARAGRAPHS[0] in text
    assert PARAGRAPHS[-1] in text


@pytest.mark.parametrize("opening", ["<!-- an advertisement", "<script>var a = 1;", "<style>p { color: red }"])
def test_what_is_never_closed_does_not_swallow_the_page(opening: str) -> None:
    raw = f"<html><body>{opening}\n<article>{BODY}</article></body></html>".encode()
    text = main_text(document(raw))
    assert PARAGRAPHS[2] in text
    assert "var a" not in text


def test_tidy_removes_control_characters_and_empty_lines() -> None:
    assert tidy("one\x1b[31m  two\u202e\r\n\r\n \u00a0\nthree\u00a0four") == "one[31m two\nthree four"


def test_broken_structured_data_is_passed_over() -> None:
    scripts = '<script type="application/ld+json">{"@type": "NewsArticle", </script>'
    scripts += '<script type="application/ld+json">{"@graph": [{"@type": ["NewsArticle"], "headline": "A"}]}</script>'
    found = document(html_page(BODY, scripts)).article_data
    assert found is not None
    assert found["headline"] == "A"
