from __future__ import annotations

from pathlib import Path

import numpy as np

from classifiers.calibration import calibrate
from classifiers.corpus import load_corpus
from classifiers.fitting import answers_of
from classifiers.model import fit_classifier, load_classifier
from classifiers.verdicts import with_verdicts
from spywatch.records import JudgedArticle

DOUBTFUL = "The ferry to Lomm now has a steel ramp. Shipwrights riveted the ramp in a week, and it sails again."


def judged(number: int = 1, **values: object) -> JudgedArticle:
    filled = {"title": "A ramp", "text": DOUBTFUL, "language": "en", **values}
    return JudgedArticle(article_id=f"a{number}", **filled)  # type: ignore[arg-type]


def test_what_was_not_said_is_not_known(small_corpus: Path) -> None:
    corpus = with_verdicts(load_corpus(small_corpus), [judged(yes=("bridge",))])
    row = [example.id for example in corpus.examples].index("verdict-a1")
    answers = answers_of(corpus)
    assert corpus.names == ("bridge", "cheese")
    assert answers.labels[row].tolist() == [True, False, True]
    assert answers.known[row].tolist() == [True, False, True]


def test_one_denial_leaves_open_whether_it_is_a_case(small_corpus: Path) -> None:
    corpus = with_verdicts(load_corpus(small_corpus), [judged(no=("bridge",))])
    row = [example.id for example in corpus.examples].index("verdict-a1")
    assert answers_of(corpus).known[row].tolist() == [True, False, False]
    assert corpus.examples[row] not in corpus.background


def test_where_everything_is_denied_it_is_background_that_looked_like_a_case(small_corpus: Path) -> None:
    corpus = with_verdicts(load_corpus(small_corpus), [judged(no=("bridge", "cheese"))])
    (example,) = [example for example in corpus.background if example.id == "verdict-a1"]
    assert example.kind == "look-alike"
    row = corpus.examples.index(example)
    assert answers_of(corpus).known[row].all()
    assert not answers_of(corpus).labels[row].any()


def test_a_yes_beats_a_no_on_the_same_category(small_corpus: Path) -> None:
    corpus = with_verdicts(load_corpus(small_corpus), [judged(yes=("bridge",), no=("bridge",))])
    assert [example.labels for example in corpus.examples if example.id == "verdict-a1"] == [("bridge",)]


def test_what_teaches_nothing_is_left_out(small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    useless = [
        judged(1, yes=("tides",)),
        judged(2, yes=("bridge",), language="fi"),
        judged(3, yes=("bridge",), text=" "),
    ]
    assert with_verdicts(corpus, useless) is corpus


def test_the_order_of_verdicts_changes_nothing(small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    several = [judged(number, yes=("bridge",), text=f"{DOUBTFUL} {number}") for number in range(3)]
    assert with_verdicts(corpus, several).hash == with_verdicts(corpus, several[::-1]).hash
    assert with_verdicts(corpus, several).version != corpus.version


def test_the_next_fit_learns_from_verdicts(small_corpus: Path, tmp_path: Path) -> None:
    said = [
        judged(number, yes=("bridge",), no=("cheese",), text=DOUBTFUL.replace("Lomm", town))
        for number, town in enumerate(["Lomm", "Arle", "Dover", "Vigo", "Skagen", "Odda"])
    ]
    unseen = "A steel ramp was riveted to the ferry by shipwrights, and the ferry sails at noon."
    before = load_classifier(small_corpus, tmp_path / "cache")
    after = load_classifier(small_corpus, tmp_path / "cache", said)
    assert after.classify("", unseen).scores["bridge"] > before.classify("", unseen).scores["bridge"] + 0.1
    assert after.version != before.version
    assert after.classify("", unseen).corpus != before.classify("", unseen).corpus
    assert load_classifier(small_corpus, tmp_path / "cache").version == before.version


def test_open_questions_count_neither_as_hits_nor_as_alarms(small_corpus: Path) -> None:
    plain = load_corpus(small_corpus)
    corpus = with_verdicts(plain, [judged(no=("bridge",))])
    generator = np.random.default_rng(7)
    logits = generator.normal(-4.0, 1.0, (len(corpus.examples), 2)) + 8.0 * answers_of(corpus).labels[:, :2]
    row = [example.id for example in corpus.examples].index("verdict-a1")
    logits[row] = [-4.0, 50.0]
    _, report = calibrate(corpus, logits, 5)
    assert all(quality.precision == 1.0 for quality in report.categories)
    assert sum(alarms.articles for alarms in report.false_alarms) == len(plain.background)


def test_a_fit_with_verdicts_is_deterministic(small_corpus: Path) -> None:
    corpus = with_verdicts(load_corpus(small_corpus), [judged(no=("bridge",)), judged(2, yes=("cheese",))])
    one, other = (fit_classifier(corpus, None).classify("Ferry", DOUBTFUL) for _ in range(2))
    assert one == other
