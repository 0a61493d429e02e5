from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.passages import MAX_CHARACTERS, passages, sentences_of
from classifiers.sentences import MAX_SENTENCE, split_sentences


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Ode left. He flew to the U.S. Embassy on Jan. 5. Why?", 3),
        ("J. Smith was met by Col. Roy. They spoke.", 2),
        ("“Go!” he said. She went.", 2),
        ("他被驱逐了。第二个也是！没有空格", 3),
        ("one line\nanother line", 2),
        ("no punctuation at all", 1),
        ("", 0),
        (" \n\n ", 0),
    ],
)
def test_counts_sentences(text: str, expected: int) -> None:
    assert len(pieces(text)) == expected


@pytest.mark.parametrize("text", ["word " * 1000, "x" * 5000, "字" * 3000])
def test_a_giant_line_is_cut(text: str) -> None:
    found = pieces(text)
    assert len(found) > 5
    assert max(map(len, found)) <= MAX_SENTENCE


@given(st.text(alphabet="ab .!?\n\t。é😀", max_size=900))
def test_pieces_are_ordered_bounded_and_lose_only_white_space(text: str) -> None:
    found = split_sentences(text)
    assert all(0 < end - start <= MAX_SENTENCE for start, end in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
    assert "".join("".join(pieces(text)).split()) == "".join(text.split())


@given(st.text(max_size=300), st.text(max_size=900))
def test_offsets_count_code_points_of_the_article(title: str, text: str) -> None:
    for sentence in sentences_of(title, text):
        source = title if sentence.field == "title" else text
        assert len(source[sentence.start : sentence.end]) == len(sentence.content)


def test_markup_and_control_characters_are_blanked_in_place() -> None:
    text = "<p>The spy\x00 was <b>held</b>.</p> <script>var bad = 1;</script> Then freed."
    found = sentences_of("", text)
    words = " ".join(sentence.content for sentence in found).split()
    assert words == ["The", "spy", "was", "held", ".", "Then", "freed."]
    assert text[found[-1].start : found[-1].end].endswith("Then freed.")


def test_a_very_long_text_is_sampled_to_its_end() -> None:
    text = "A sentence of some length stands here. " * 50_000 + "The last one."
    found = sentences_of("t", text)
    assert sum(len(sentence.content) for sentence in found) <= MAX_CHARACTERS + 10
    assert found[-1].start > 0.9 * len(text)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=80), st.integers(0, 2))
def test_passages_cover_every_sentence(lengths: list[int], titles: int) -> None:
    found = passages(lengths, min(titles, len(lengths)))
    assert found[0] == (0, len(lengths))
    assert all(start < end for start, end in found)
    if len(found) > 1:
        covered = {index for start, end in found[1:] for index in range(start, end)}
        assert covered == set(range(len(lengths)))
