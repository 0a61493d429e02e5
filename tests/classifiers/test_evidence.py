from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from math import log
from pathlib import Path

import numpy as np
import pytest

from classifiers import glossary
from classifiers.corpus import Example, load_corpus
from classifiers.features import normalize, split_words, term_of
from classifiers.model import Classifier, load_classifier
from classifiers.neighbours import Neighbours, fit_neighbours
from classifiers.passages import sentences_of
from spywatch.records import Evidence, Tag

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"
CASE = (
    "Two second secretaries at the embassy were given 48 hours to leave the country on Monday. The foreign ministry "
    "declared them persona non grata for activities incompatible with their diplomatic status, and the ambassador "
    "was summoned to hear it. Their government promised to answer in kind by sending home the same number."
)
LATER = "The museum opens again in May. Tickets cost four euros."


def cut(title: str, text: str, pieces: Sequence[Evidence]) -> tuple[str, str]:
    """An article without some of its sentences."""
    for piece in sorted(pieces, key=lambda piece: -piece.start):
        blank = " " * (piece.end - piece.start)
        if piece.field == "title":
            title = title[: piece.start] + blank + title[piece.end :]
        else:
            text = text[: piece.start] + blank + text[piece.end :]
    return title, text


def log_odds(classifier: Classifier, title: str, text: str, category: str) -> float:
    score = min(max(classifier.classify(title, text).scores.get(category, 0.0), 1e-6), 1 - 1e-6)
    return log(score / (1 - score))


def lost(classifier: Classifier, title: str, text: str, category: str, pieces: Sequence[Evidence]) -> float:
    """How far the tag's log-odds fall without some sentences."""
    whole = log_odds(classifier, title, text, category)
    return whole - log_odds(classifier, *cut(title, text, pieces), category)


def pieces_of(title: str, text: str) -> list[Evidence]:
    found = []
    for sentence in sentences_of(title, text):
        source = title if sentence.field == "title" else text
        content = source[sentence.start : sentence.end]
        found.append(Evidence(field=sentence.field, start=sentence.start, end=sentence.end, text=content))
    return found


def strongest(
    classifier: Classifier, title: str, text: str, category: str, among: Sequence[Evidence], count: int
) -> list[Evidence]:
    return sorted(among, key=lambda piece: -lost(classifier, title, text, category, [piece]))[:count]


def longer(example: Example, fillers: Sequence[Example]) -> str:
    return "\n\n".join([fillers[0].text, fillers[1].text, example.text, fillers[2].text, fillers[3].text])


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    corpus = load_corpus(SHIPPED)
    return [e for name in corpus.names for e in islice((e for e in corpus.of(name) if e.language == "en"), 0, 60, 12)]


@pytest.fixture(scope="module")
def fillers() -> list[Example]:
    return [e for e in load_corpus(SHIPPED).background if e.kind == "general" and e.language == "en"][:4]


def test_evidence_is_where_it_says(shipped: Classifier, examples: list[Example]) -> None:
    tags = 0
    for example in examples:
        for tag in shipped.classify(example.title, example.text).tags:
            tags += 1
            assert 1 <= len(tag.evidence) <= 3
            assert len({(piece.field, piece.start) for piece in tag.evidence}) == len(tag.evidence)
            for piece in tag.evidence:
                source = example.title if piece.field == "title" else example.text
                assert source[piece.start : piece.end] == piece.text
    assert tags > len(examples) / 2


@pytest.mark.parametrize("in_a_long_text", [False, True], ids=["short", "long"])
def test_removing_the_evidence_costs_more_than_removing_other_sentences(
    shipped: Classifier, examples: list[Example], fillers: list[Example], in_a_long_text: bool
) -> None:
    outcomes = []
    for example in examples[:: 2 if in_a_long_text else 1]:
        title, text = example.title, longer(example, fillers) if in_a_long_text else example.text
        for tag in shipped.classify(title, text).tags:
            others = [piece for piece in pieces_of(title, text) if piece not in tag.evidence]
            rivals = strongest(shipped, title, text, tag.category, others, len(tag.evidence))
            if rivals:
                of_rivals = lost(shipped, title, text, tag.category, rivals)
                outcomes.append(lost(shipped, title, text, tag.category, tag.evidence) - of_rivals)
    assert len(outcomes) >= 10
    assert np.mean(np.array(outcomes) >= 0) > 0.9, "the evidence must beat the strongest of the others"
    assert np.mean(outcomes) > 0.3


def test_evidence_of_a_long_text_is_from_the_paragraph_that_carries_it(
    shipped: Classifier, fillers: list[Example]
) -> None:
    text = "\n\n".join([fillers[0].text, fillers[1].text, CASE, fillers[2].text, fillers[3].text])
    tag = tag_of(shipped, "The week abroad", text, "expulsion")
    assert tag.evidence
    assert all(piece.text in CASE for piece in tag.evidence)
    assert all(term.text in CASE for term in tag.terms)


def test_a_title_that_says_nothing_is_no_evidence(shipped: Classifier) -> None:
    tag = tag_of(shipped, "Notebook: an evening in the capital", CASE, "expulsion")
    assert all(piece.field == "text" for piece in tag.evidence)


def tag_of(classifier: Classifier, title: str, text: str, category: str) -> Tag:
    return next(tag for tag in classifier.classify(title, text).tags if tag.category == category)


def test_terms_are_words_of_the_article_and_each_is_shown_once(shipped: Classifier, examples: list[Example]) -> None:
    shown = 0
    for example in examples:
        for tag in shipped.classify(example.title, example.text).tags:
            assert len(tag.terms) <= 6
            weights = [term.weight for term in tag.terms]
            assert weights == sorted(weights, reverse=True)
            assert all(weight > 0 for weight in weights)
            stems: list[str] = []
            for term in tag.terms:
                shown += 1
                assert term.text in " ".join(f"{example.title} {example.text}".split())
                assert len(term.text) <= 40
                found = [stem for stem in map(term_of, map(normalize, split_words(term.text))) if stem]
                assert found, f"{term.text!r} is nothing but function words"
                stems += set(found)
            assert len(stems) == len(set(stems))
    assert shown > 2 * len(examples)


def test_a_term_weighs_what_the_log_odds_lose_without_it(shipped: Classifier) -> None:
    tag = tag_of(shipped, "", CASE, "expulsion")
    whole = log_odds(shipped, "", CASE, "expulsion")
    checked = 0
    for term in tag.terms:
        stems = {term_of(normalize(word)) for word in split_words(term.text)}
        if len(stems) == 1 and len([w for w in split_words(CASE) if term_of(normalize(w)) in stems]) == 1:
            checked += 1
            without = log_odds(shipped, "", CASE.replace(term.text, ""), "expulsion")
            assert whole - without == pytest.approx(term.weight, abs=0.02)
    assert checked


def test_a_glossed_article_shows_its_own_words(
    small: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.joinpath("xx.toml").write_text(
        'function = "deti ona"\n[words]\n"mosta*" = "bridge"\n"prutu litu*" = "girder"\n"puklo*" = "cracked"\n'
        '"pilaro" = "pillar"\n"inzero*" = "engineers"\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(glossary, "FOLDER", tmp_path)
    glossary._glossary.cache_clear()
    foreign = replace(small, languages=frozenset({"xx"}))
    text = "Deti inzerow zamka mostavu, ona prutu lituv puklosh, pilaro tora."
    monkeypatch.setattr("classifiers.model.detect_language", lambda *_: _Xx())
    tags = foreign.classify("", text).tags
    glossary._glossary.cache_clear()
    assert [tag.category for tag in tags] == ["bridge"]
    terms = [term.text for term in tags[0].terms]
    assert terms
    assert all(term in text for term in terms)
    assert {"mostavu", "prutu lituv"} & set(terms)


class _Xx:
    code = "xx"
    covered = True


def test_the_nearest_examples_are_of_the_category(shipped: Classifier, examples: list[Example]) -> None:
    labels = {example.id: example.labels for example in load_corpus(SHIPPED).examples}
    itself = []
    for example in examples:
        for tag in shipped.classify(example.title, example.text).tags:
            assert len(tag.nearest) == 2
            first, second = tag.nearest
            assert 1.0 >= first.similarity >= second.similarity >= 0.0
            assert first.example_id != second.example_id
            assert all(tag.category in labels[match.example_id] for match in tag.nearest)
            if tag.category in example.labels:
                itself.append(first.example_id == example.id and first.similarity > 0.95)
    assert np.mean(itself) > 0.9, "an example resembles itself most"


def test_the_cache_keeps_the_neighbours(small_corpus: Path, tmp_path: Path) -> None:
    fresh = load_classifier(small_corpus, tmp_path)
    cached = load_classifier(small_corpus, tmp_path)
    for name in ("starts", "columns", "values", "meanings", "centre", "labels"):
        assert np.array_equal(getattr(fresh.neighbours, name), getattr(cached.neighbours, name))
    assert (fresh.neighbours.ids, fresh.neighbours.titles) == (cached.neighbours.ids, cached.neighbours.titles)


def test_examples_of_another_model_are_refused(small: Classifier, shipped: Classifier, small_corpus: Path) -> None:
    neighbours = fit_neighbours(load_corpus(small_corpus), small.linear, small.vectors)
    arrays, about = neighbours.as_arrays(), neighbours.as_dict()
    assert Neighbours.restored(arrays, about, small.linear).ids == neighbours.ids
    with pytest.raises(ValueError, match="fit the model"):
        Neighbours.restored(arrays, about, shipped.linear)
    with pytest.raises(KeyError):
        Neighbours.restored({}, about, small.linear)


def test_without_word_vectors_terms_alone_say_what_is_near(small: Classifier, small_corpus: Path) -> None:
    from classifiers.model import fit_classifier

    classifier = fit_classifier(load_corpus(small_corpus), None)
    tag = classifier.classify("Bridge shut", "Engineers closed the bridge after a girder cracked in the span.").tags[
        0
    ]
    assert [match.example_id.split("-")[0] for match in tag.nearest] == ["bridge", "bridge"]
    assert tag.terms


def test_an_article_without_a_tag_has_no_reasons(small: Classifier) -> None:
    assert small.classify("", LATER).tags == ()
