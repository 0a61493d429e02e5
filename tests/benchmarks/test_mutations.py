"""Broken pages: the same ones each time, and really broken."""

from __future__ import annotations

import random

import pytest

from benchmarks.mutations import MUTATIONS, mutate

PAGE = b"<!doctype html><html><head><title>Crane</title></head><body><p>The crane has moved.</p></body></html>" * 20


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("body", [PAGE, b"", b"\x00"], ids=["page", "empty", "NUL"])
def test_a_mutation_is_the_same_for_the_same_seed(name: str, body: bytes) -> None:
    first, second = (mutate(body, name, random.Random(7)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_changes_the_page(name: str) -> None:
    made = [mutate(PAGE, name, random.Random(seed)) for seed in range(20)]
    assert any(one.body != PAGE or one.media_type != "text/html" for one in made)
