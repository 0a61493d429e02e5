from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from spywatch.records import Entry, Page

NOW = datetime(2031, 5, 20, 12, 0, tzinfo=UTC)
PARAGRAPHS = [
    "The foreign ministry of Veldania ordered two attaches out of the country on Monday, after an inquiry of a year.",
    "Prosecutors said that the two men had paid a clerk at the harbour authority for lists of ships and their cargo.",
    "The embassy called the decision groundless and promised an answer in kind within the week, as it did before.",
    "Neighbouring states were told of the matter last month, according to three officials who asked not to be named.",
    "The clerk, who is 41 and has worked at the harbour since his studies, was arrested at the ferry in April.",
    "A court in the capital will decide in June whether the charge of espionage is heard in public or behind doors.",
]
BODY = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def html_page(body: str, head: str = "", attributes: str = ' lang="en"') -> bytes:
    return f"<!doctype html><html{attributes}><head>{head}</head><body>{body}</body></html>".encode()


@pytest.fixture
def make_page() -> Callable[..., Page]:
    def make(
        body: str | bytes,
        head: str = "",
        *,
        url: str = "https://gazette.example/news/attaches",
        status: int = 200,
        content_type: str = "text/html; charset=utf-8",
    ) -> Page:
        raw = body if isinstance(body, bytes) else html_page(body, head)
        return Page(url=url, status=status, body=raw, content_type=content_type)

    return make


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    def make(**values: object) -> Entry:
        defaults: dict[str, object] = {
            "id": "entry-1",
            "feed_url": "https://gazette.example/feed",
            "url": "https://gazette.example/news/attaches",
            "title": "Veldania sends two attaches home",
        }
        return Entry(**(defaults | values))  # type: ignore[arg-type]

    return make
