from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from classifiers.corpus import load_corpus
from classifiers.features import FINDER, PieceFinder, normalize, pieces_of, split_words, term_of, word_spans
from classifiers.model import Classifier
from classifiers.vectors import find_word_vectors

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"
ODD = [
    "The U.S. envoy's 'aide', 47, left MI6's house on 3.5.1984; x1y2 o'clock e.g. now.",
    "L’ambassadeur a-t-il été expulsé ? Oui : à 18h30…",
    "Дипломат выслан из страны, сообщило ведомство.",
    "外交官被驱逐出境。 大使 said nothing",
    "ﬁle ½ kg ＵＳ  e\u0301tait \u00a0 x\u2003y",
    "x" * 200,
    "-- ... !!",
    "Ends. Ends, ends., 3, 1984. " + "y" * 39 + ", " + "z" * 41 + ". a. I, U.S., e.g. x",
]


def test_words_remembered_by_runs_of_signs_are_those_of_the_sentence(shipped: Classifier) -> None:
    for sentence in ODD:
        article = shipped.linear.encode([sentence], shipped.vectors)
        assert article.words == (len(split_words(sentence)),)
        distinct = list(dict.fromkeys(map(normalize, split_words(sentence))))
        assert article.types.shape == (1, len(distinct))
        counts = [list(map(normalize, split_words(sentence))).count(word) for word in distinct]
        assert article.types[0].tolist() == counts


def test_the_order_of_articles_changes_no_score(shipped: Classifier) -> None:
    examples = [example for example in load_corpus(SHIPPED).examples if example.language == "en"][::60]
    forward = {example.id: shipped.classify(example.title, example.text) for example in examples}
    shipped.linear._reader[0]._table._clear()
    for example in reversed(examples):
        assert shipped.classify(example.title, example.text).scores == forward[example.id].scores


def test_pieces_found_by_number_are_those_of_the_word(shipped: Classifier) -> None:
    columns = shipped.linear.bags[1].vocabulary
    texts = [example.text for example in load_corpus(SHIPPED).examples[::25]]
    words = sorted({normalize(word) for text in [*texts, *ODD] for word in split_words(text)})
    assert len(words) > 1_000
    places, found = PieceFinder(columns).find(words, [term_of(word) for word in words])
    expected = [(i, c) for i, w in enumerate(words) for c in sorted(columns[p] for p in pieces_of(w) if p in columns)]
    assert list(zip(places.tolist(), found.tolist(), strict=True)) == expected


def test_no_piece_is_known_to_an_empty_finder() -> None:
    places, found = PieceFinder({}).find(["embassy", "1984"], ["embass", "@number"])
    assert not len(places)
    assert not len(found)


def test_vectors_of_many_words_are_those_of_each() -> None:
    vectors = find_word_vectors()
    if vectors is None:
        pytest.skip("no word vectors are installed")
    words = [normalize(word) for example in load_corpus(SHIPPED).examples[:3] for word in split_words(example.text)]
    together = vectors.of_words(words)
    for number in random.Random(7).sample(range(len(words)), 20):
        assert together[number] == pytest.approx(vectors.of_words([words[number]])[0], abs=1e-5)
    assert vectors.of_words([]).shape == (0, vectors.size)


def test_phrases_are_found_inside_a_sentence_only(shipped: Classifier) -> None:
    together = shipped.linear.encode(["It falls under the official secrets act of 1911"], shipped.vectors)
    apart = shipped.linear.encode(["It falls under the official", "secrets act of 1911"], shipped.vectors)
    names = list(shipped.linear.bags[2].vocabulary)
    assert np.array_equal(together.types.sum(axis=0), apart.types.sum(axis=0))
    said = {names[column] for column in together.cues[0]}
    assert said - {names[column] for column in apart.cues[0]} >= {"court"}


def test_a_phrase_may_open_where_its_second_word_follows() -> None:
    assert FINDER.may_open("persona", "non")
    assert not FINDER.may_open("persona", "grata")
    assert 3 in FINDER.lengths_at(["persona", "non", "grata", "x"])
    assert FINDER.lengths_at(["persona", "grata", "non"]) == []
    assert FINDER.lengths_at([]) == []


def test_word_spans_point_at_the_words() -> None:
    for sentence in ODD[:4]:
        assert [word for word, _, _ in word_spans(sentence)] == split_words(sentence)
        assert all(sentence[start:end] == word for word, start, end in word_spans(sentence))
