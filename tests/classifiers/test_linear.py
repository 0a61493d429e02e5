from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifiers import words
from classifiers.corpus import load_corpus
from classifiers.features import sentence_features, split_words
from classifiers.fitting import answers_of, count_texts, features_of, fit_views, view_logits
from classifiers.linear import muted
from classifiers.model import Classifier
from classifiers.passages import handicaps, sentences_of
from classifiers.settings import FitSettings
from classifiers.vectors import find_word_vectors

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"


def test_scoring_reads_a_text_as_the_fit_read_it(small: Classifier, small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    vectors, settings = find_word_vectors(), FitSettings()
    texts = count_texts([features_of(example.title, example.text) for example in corpus.examples], vectors)
    rows = np.arange(len(corpus.examples))
    views = fit_views(texts, rows, answers_of(corpus), settings)
    expected = small.linear.junction.join(view_logits(texts, rows, views, settings))
    for example, logits in zip(corpus.examples, expected, strict=True):
        sentences = [sentence.content for sentence in sentences_of(example.title, example.text)]
        article = small.linear.encode(sentences, vectors)
        found = small.linear.score(article, [(0, len(sentences))])[0]
        assert found == pytest.approx(logits, abs=0.02)


def test_cues_and_terms_are_those_of_the_features(shipped: Classifier) -> None:
    terms, _, cues = shipped.linear.bags
    names = [list(bag.vocabulary) for bag in (terms, cues)]
    for example in load_corpus(SHIPPED).examples[::40]:
        sentences = [sentence.content for sentence in sentences_of(example.title, example.text)]
        article = shipped.linear.encode(sentences, shipped.vectors)
        for row, sentence in enumerate(sentences):
            features = sentence_features(sentence)
            assert article.words[row] == len(features.words)
            columns, counts = article.terms
            said = {names[0][column]: int(count) for column, count in zip(columns, counts[row], strict=True) if count}
            assert said == {
                term: features.terms.count(term) for term in set(features.terms) if term in terms.vocabulary
            }
            columns, counts = article.cues
            said_alone = {
                names[1][column]
                for column, count in zip(columns, counts[row], strict=True)
                if count and "+" not in names[1][column]
            }
            assert said_alone == {concept for concept in features.concepts if concept in cues.vocabulary}


def test_forgotten_words_are_read_again(small: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "A girder of the bridge cracked. The cheese ripened in brine."
    before = small.classify("", text)
    monkeypatch.setattr(words, "REMEMBERED", 3)
    for _ in range(3):
        small.classify("", "Quite other words, none of which was ever met: zyx, wvu, tsr, qpo.")
        assert small.classify("", text) == before


def test_plain_and_other_text_are_split_alike() -> None:
    plain = "The U.S. envoy's aide, 47, left MI6's 'house' in the U.K. on 3.5.1984; x1y2 o'clock e.g. now."
    assert split_words(plain) == split_words(plain + " é")[:-1]


def test_a_passage_among_many_must_say_more() -> None:
    assert handicaps(1).tolist() == [0.0]
    assert handicaps(4) == pytest.approx([0.0, *3 * [0.75 * np.log(3)]])


def test_loud_views_are_muted_and_keep_their_order() -> None:
    values = np.array([-9.0, -0.1, 0.0, 0.1, 9.0])
    assert muted(values)[1:4] == pytest.approx(values[1:4], abs=1e-3)
    assert np.abs(muted(values)).max() < 3.0
    assert (np.diff(muted(values)) > 0).all()
