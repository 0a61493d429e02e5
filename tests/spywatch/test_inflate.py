"""Bodies as real servers compress them: with remarks behind the end, in several members, cut off, or as bombs."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from spywatch.inflate import BadEncoding, Inflater, TooLarge, Truncated, read_limited

TEXT = b"The envoy was told to leave. " * 50


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def read(body: bytes, encoding: str, size: int = 7) -> bytes:
    limited = read_limited(pieces(body, size), encoding=encoding, max_bytes=10_000, truncate=False)
    return asyncio.run(limited)


@pytest.mark.parametrize(
    "behind", [b"", b"\0\0\0", b"\n", b"<!-- cached -->"], ids=["none", "zeros", "line", "remark"]
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_stands_behind_the_end_is_skipped(behind: bytes, size: int) -> None:
    assert read(gzip.compress(TEXT) + behind, "gzip", size) == TEXT


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_members_follow_each_other(size: int) -> None:
    assert read(gzip.compress(TEXT) + gzip.compress(b"More."), "gzip", size) == TEXT + b"More."


@pytest.mark.parametrize("word", ["utf-8", "none", "identity", ""])
def test_a_word_that_is_no_compression_is_none(word: str) -> None:
    assert read(TEXT, word) == TEXT


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_what_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(BadEncoding):
        read(TEXT, encoding)


def test_a_body_that_is_cut_off_is_no_body() -> None:
    with pytest.raises(Truncated):
        read(gzip.compress(TEXT)[:-9], "gzip")


def test_a_second_bomb_behind_a_small_member_is_stopped() -> None:
    inflater = Inflater(5_000)
    with pytest.raises(TooLarge):
        inflater.feed(gzip.compress(b"small") + gzip.compress(b"\0" * 1_000_000))


def test_deflate_with_and_without_its_head() -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert read(raw.compress(TEXT) + raw.flush(), "deflate") == TEXT
    assert read(zlib.compress(TEXT), "deflate") == TEXT
