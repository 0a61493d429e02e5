from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifiers.corpus import load_corpus
from classifiers.model import KEPT_MODELS, Classifier, fit_classifier, load_classifier
from spywatch.records import Decision, JudgedArticle

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"
BRIDGE = (
    "Engineers closed the bridge at Dorn after a girder cracked and the central pillar of the span began to lean."
)
DULL = "The striker scored again for the home side, and the noisy crowd sang until the choir of pupils gave up."
CASE = (
    "Two second secretaries at the embassy were given 48 hours to leave the country on Monday. The foreign ministry "
    "declared them persona non grata for activities incompatible with their diplomatic status, and the ambassador "
    "was summoned to hear it. Their government promised to answer in kind by sending home the same number."
)


def test_the_normal_outcome_is_none(small: Classifier) -> None:
    found = small.classify("Home win", DULL)
    assert found.tags == ()
    assert set(found.scores) == {"bridge", "cheese"}
    assert all(0.0 <= score <= 1.0 for score in found.scores.values())
    assert found.not_classified is None


def test_a_match_has_a_tag_with_evidence(small: Classifier) -> None:
    found = small.classify("Bridge shut", BRIDGE)
    assert [tag.category for tag in found.tags] == ["bridge"]
    assert found.tags[0].score == max(found.scores.values())
    assert found.tags[0].evidence


def test_both_labels_of_a_text_on_both(small: Classifier) -> None:
    both = (
        BRIDGE + "\n\nA lorry with wheels of cheese, ripened in brine in a dairy cellar, was on its way to the fair."
    )
    scores = small.classify("", both).scores
    single = small.classify("", BRIDGE).scores
    assert scores["cheese"] > single["cheese"]


def test_a_fifth_category_needs_no_code(small_corpus: Path) -> None:
    before = load_corpus(small_corpus)
    folder = small_corpus / "tides"
    folder.mkdir()
    folder.joinpath("definition.toml").write_text('title = "Tides"\nsummary = "Ebb and flood."\n')
    texts = [
        f"At spring tide the sea flooded harbour wall number {n} and then the ebb bared the mud." for n in range(6)
    ]
    folder.joinpath("a.toml").write_text(
        "".join(
            f'[[example]]\nid = "t-{n}"\nlabels = ["tides"]\nlanguage = "en"\ntitle = "Tide"\ntext = "{text}"\n'
            for n, text in enumerate(texts)
        )
    )
    classifier = fit_classifier(load_corpus(small_corpus), None)
    scores = classifier.classify("", "The ebb bared the mud of the harbour after the spring tide.").scores
    assert set(scores) == {*before.names, "tides"}
    assert max(scores, key=lambda name: scores[name]) == "tides"


def test_fits_are_the_same_and_the_cache_is_used(small_corpus: Path, tmp_path: Path) -> None:
    first = load_classifier(small_corpus, tmp_path / "one")
    second = load_classifier(small_corpus, tmp_path / "two")
    cached = load_classifier(small_corpus, tmp_path / "one")
    assert len(list((tmp_path / "one").iterdir())) == 1
    for other in (second, cached):
        assert other.version == first.version
        assert other.classify("Bridge", BRIDGE) == first.classify("Bridge", BRIDGE)
        assert (other.levels, other.report, other.languages) == (first.levels, first.report, first.languages)


def test_a_changed_corpus_gets_another_version(small_corpus: Path, tmp_path: Path) -> None:
    first = load_classifier(small_corpus, tmp_path / "cache")
    file = small_corpus / "cheese" / "some.toml"
    file.write_text(file.read_text().replace("goat milk", "sheep milk"))
    assert load_classifier(small_corpus, tmp_path / "cache").version != first.version


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a zip", None])
def test_a_broken_cache_file_is_fitted_anew(small_corpus: Path, tmp_path: Path, damage: bytes | None) -> None:
    first = load_classifier(small_corpus, tmp_path)
    (file,) = tmp_path.glob("linear-*.npz")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    again = load_classifier(small_corpus, tmp_path)
    assert again.classify("Bridge", BRIDGE) == first.classify("Bridge", BRIDGE)
    with np.load(file, allow_pickle=False) as stored:
        assert "about" in stored.files


def test_a_cache_file_cannot_run_code(small_corpus: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    load_classifier(small_corpus, tmp_path)
    (file,) = tmp_path.glob("linear-*.npz")
    np.savez(file, about=np.array([Trap()], dtype=object))
    assert load_classifier(small_corpus, tmp_path).classify("Bridge", BRIDGE).tags
    assert not (tmp_path / "sprung").exists()


def test_a_cache_folder_that_cannot_be_made_costs_only_the_fit(small_corpus: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert load_classifier(small_corpus, blocked / "cache").classify("Bridge", BRIDGE).tags


def test_works_without_word_vectors(small_corpus: Path) -> None:
    classifier = fit_classifier(load_corpus(small_corpus), None)
    assert classifier.linear.meaning is None
    assert [tag.category for tag in classifier.classify("Bridge shut", BRIDGE).tags] == ["bridge"]


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("", "", "empty"),
        (" \n", "\t ", "empty"),
        ("", "... !!! ---", "no_words"),
        (
            "",
            "Der Diplomat wurde am Dienstag in Wien verhaftet, weil er dem Dienst Akten gab.",
            "language_not_covered",
        ),
        ("Дипломат выслан", "", "language_not_covered"),
    ],
)
def test_what_cannot_be_scored_says_why(small: Classifier, title: str, text: str, reason: str) -> None:
    found = small.classify(title, text)
    assert (found.not_classified, found.scores, found.tags) == (reason, {}, ())


@pytest.mark.parametrize(
    "text",
    [
        "girder " * 800_000,
        "<div " * 1_000_000,
        "<script" * 700_000,
        "x" * 5_000_000,
        "\x00\x01\ud800 bridge",
        "&" * 2_000_000,
        "a. " * 1_500_000,
    ],
    ids=["words", "open tags", "scripts", "one word", "control", "entities", "sentences"],
)
def test_monstrous_input_ends(small: Classifier, text: str) -> None:
    found = small.classify("A bridge", text)
    assert found.not_classified in (None, "no_words")
    assert all(len(piece.text) <= 400 for tag in found.tags for piece in tag.evidence)


def test_title_only(shipped: Classifier) -> None:
    assert shipped.classify("Kenya expels two diplomats accused of spying", "").scores["expulsion"] > 0.1


def test_classify_many_keeps_the_order(small: Classifier) -> None:
    class Item:
        def __init__(self, title: str, text: str) -> None:
            self.title, self.text = title, text

    items = [Item("Bridge", BRIDGE), Item("Home win", DULL)]
    assert small.classify_many(items) == [small.classify(item.title, item.text) for item in items]


def test_one_paragraph_in_a_long_round_up_is_found(shipped: Classifier) -> None:
    fillers = [example.text for example in load_corpus(SHIPPED).background if example.kind == "general"][:8]
    alone = shipped.classify("The week abroad", "\n\n".join(fillers))
    inside = shipped.classify("The week abroad", "\n\n".join([*fillers[:4], CASE, *fillers[4:]]))
    assert alone.tags == ()
    assert inside.tags[0].category == "expulsion"
    assert all(piece.text in CASE for piece in inside.tags[0].evidence)


def test_a_passing_mention_is_no_alert(shipped: Classifier) -> None:
    fillers = [example.text for example in load_corpus(SHIPPED).background if example.kind == "general"][:6]
    mention = "The hall was once the home of an attaché who was expelled in the seventies."
    found = shipped.classify("Concert in the old hall", "\n\n".join([*fillers[:3], mention, *fillers[3:]]))
    assert not any(tag.decision is Decision.ALERT for tag in found.tags)


def test_importing_the_package_loads_no_library() -> None:
    code = (
        "import classifiers, sys; print([m for m in ('numpy', 'sklearn', 'scipy', 'py3langid') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_levels_decide(small: Classifier) -> None:
    never = replace(small, levels=tuple(replace(levels, alert=1.0, review=0.0) for levels in small.levels))
    assert {tag.decision for tag in never.classify("Bridge", BRIDGE).tags} == {Decision.REVIEW}


def test_models_that_are_not_used_any_more_are_forgotten(small_corpus: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load_classifier(small_corpus, cache)
    (used,) = cache.glob("linear-*.npz")
    for number in range(KEPT_MODELS + 3):
        old = cache / f"linear-{number:032}.npz"
        old.write_bytes(b"")
        os.utime(old, (1_000_000 + number, 1_000_000 + number))
    judged = JudgedArticle(article_id="a", title="", text=BRIDGE, language="en", yes=("bridge",))
    os.utime(used, (0, 0))
    load_classifier(small_corpus, cache)
    load_classifier(small_corpus, cache, [judged])
    kept = set(cache.glob("linear-*.npz"))
    assert used in kept
    assert len(kept) == KEPT_MODELS
