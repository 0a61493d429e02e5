"""The corpus doctor, on small corpora made here with one thing wrong at a time."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest
from scipy.stats import fisher_exact

from classifiers.corpus import Category, Corpus, Example
from classifiers.doctor.additions import ADDITIONS, suggest_additions
from classifiers.doctor.chance import enriched, holm
from classifiers.doctor.checkup import Checkup, check_corpus
from classifiers.doctor.copies import find_conflicts, find_copies, longest_run
from classifiers.doctor.crossval import CrossValidation, count_corpus, cross_validate
from classifiers.doctor.curve import FRACTIONS, LearningCurve, learning_curves, nested
from classifiers.doctor.mistakes import alerts, find_mistakes
from classifiers.doctor.neighbours import Neighbours, event_groups
from classifiers.doctor.phrases import find_phrases
from classifiers.doctor.regions import region_of
from classifiers.doctor.shortcuts import find_shortcuts
from classifiers.fitting import fit
from classifiers.settings import FitSettings

BRIDGE = "girder pillar span cable viaduct rust crack engineer concrete river deck arch weld rivet inspector pylon"
CHEESE = "rind brine cave milk dairy goat ripen wheel creamery cellar hay cow fair salt curd whey"
OTHER = (
    "choir striker rain council shares pupils museum train harvest festival budget library garden ferry clinic bakery"
)
FILLER = (
    "yesterday quietly nobody expected harbour morning window letter village reported slowly evening answer corner "
    "market quarter counted visitors second autumn careful distant paper bottle lantern embassy police court"
)
EVENT = "Tollbooth inspectors Lindqvist and Okonjo measured the sagging Brynhild crossing with ultrasound"
AGAIN = "Ultrasound by Okonjo and Lindqvist, tollbooth inspectors: Brynhild crossing sagging, they measured"
FORMS = ("wire", "blog", "column")
COUNTRIES = ("SE", "JP", "BR", "KE")


class Nobody:
    """Looks at nothing."""

    def expect(self, what: str, total: int) -> None: ...

    def advance(self, what: str, count: int) -> None: ...


class Counting:
    """Remembers what was announced and done."""

    def __init__(self) -> None:
        self.expected: dict[str, int] = {}
        self.done: dict[str, int] = {}

    def expect(self, what: str, total: int) -> None:
        self.expected[what] = total

    def advance(self, what: str, count: int) -> None:
        self.done[what] = self.done.get(what, 0) + count


def text_of(words: str, number: int, seed: int) -> str:
    """Three sentences of mixed words, no two texts alike."""
    mixed = np.random.default_rng([seed, number]).permutation([*words.split(), *FILLER.split()]).tolist()
    return ". ".join(" ".join(mixed[start : start + 9]).capitalize() for start in (0, 9, 18)) + "."


def title_of(identity: str) -> str:
    """A title that nothing can be learned from, another one for each example."""
    return "".join(chr(ord("a") + int(digit, 16)) for digit in hashlib.sha256(identity.encode()).hexdigest()[:12])


def example(identity: str, text: str, *labels: str, **traits: str | int) -> Example:
    values: dict[str, object] = {
        "id": identity,
        "labels": labels,
        "language": "en",
        "title": title_of(identity),
        "text": text,
        "folder": labels[0] if labels else "background",
        "source": f"some.toml, {identity}",
        "kind": "" if labels else "general",
        **traits,
    }
    return Example(**values)  # type: ignore[arg-type]


def corpus_of(*examples: Example) -> Corpus:
    categories = tuple(
        Category(name=name, title=name.title(), summary=f"Texts on {name}.", includes=(f"News of a {name}.",))
        for name in ("bridge", "cheese")
    )
    return Corpus(
        categories=categories, examples=tuple(sorted(examples, key=lambda one: one.id)), hash="0123456789abcdef"
    )


def sound(count: int = 20) -> list[Example]:
    """Examples with nothing wrong: traits go round independently of the labels."""
    found = []
    for seed, (label, words) in enumerate((("bridge", BRIDGE), ("cheese", CHEESE), ("", OTHER))):
        for number in range(count):
            found.append(
                example(
                    f"{label or 'background'}-{number:03}",
                    text_of(words, number, seed),
                    *([label] if label else []),
                    form=FORMS[number % 3],
                    country=COUNTRIES[number % 4],
                    year=1980 + 10 * (number % 5),
                )
            )
    return found


@pytest.fixture(scope="module")
def blind() -> CrossValidation:
    """Cross-validation of a sound corpus in which one label is wrong on purpose."""
    examples = sound()
    swapped = next(number for number, one in enumerate(examples) if one.id == "bridge-004")
    examples[swapped] = dataclasses.replace(examples[swapped], text=text_of(CHEESE, 99, 1))
    return cross_validate(count_corpus(corpus_of(*examples), None, FitSettings()), Nobody())


@pytest.fixture(scope="module")
def curves(blind: CrossValidation) -> tuple[LearningCurve, ...]:
    return learning_curves(blind, Nobody())


def conflicts_of(corpus: Corpus) -> list[tuple[str, str, str, bool]]:
    terms = count_corpus(corpus, None, FitSettings()).texts.terms
    found = find_conflicts(corpus, find_copies(corpus), Neighbours(terms))
    return [(one.first, one.second, one.how, one.certain) for one in found]


def test_a_sound_corpus_has_no_copies_conflicts_phrases_or_shortcuts() -> None:
    found = check_corpus(corpus_of(*sound()), None, FitSettings(), Nobody(), quick=True)
    assert (found.copies, found.conflicts, found.phrases) == ((), (), ())
    assert [one for one in found.shortcuts.found if one.kind != "word"] == []
    assert found.shortcuts.tests > 0
    assert not found.must_mend


def test_the_same_text_in_other_letters_is_a_copy() -> None:
    twin = example("bridge-900", sound()[3].text.upper().replace(".", " !"), "bridge")
    (copy,) = find_copies(corpus_of(*sound(), twin))
    assert (copy.first, copy.second, copy.how, copy.containment) == ("bridge-003", "bridge-900", "same text", 1.0)
    assert copy.sources == ("some.toml, bridge-003", "some.toml, bridge-900")


def test_a_brief_inside_a_long_text_is_a_near_duplicate() -> None:
    brief = sound()[5].text.split(". ")[1]
    long = example("bridge-901", f"{text_of(FILLER, 1, 7)} {brief}. {text_of(FILLER, 2, 7)}", "bridge")
    short = example("bridge-902", brief, "bridge")
    found = {(one.first, one.second): one for one in find_copies(corpus_of(*sound()[:5], long, short))}
    copy = found["bridge-901", "bridge-902"]
    assert copy.how == "near-duplicate"
    assert copy.containment == 1.0
    assert copy.jaccard < 0.5
    assert copy.shared == brief.lower()


def test_a_title_given_twice_is_told() -> None:
    twin = dataclasses.replace(sound()[30], title=f"{title_of('bridge-001').upper()}!")
    (copy,) = find_copies(corpus_of(*sound()[:30], twin))
    assert copy.how == "same title"


def test_no_titles_are_no_copies() -> None:
    assert find_copies(corpus_of(*(dataclasses.replace(one, title="") for one in sound()))) == ()


def test_texts_without_spaces_between_words_are_compared() -> None:
    text = "外交部昨日宣布驱逐两名外国外交官并要求其在七十二小时内离境"
    texts = [example("bridge-1", text, "bridge"), example("bridge-2", text + "记者获悉", "bridge")]
    (copy,) = find_copies(corpus_of(*texts))
    assert copy.how == "near-duplicate"
    assert copy.containment == 1.0


def test_copies_with_other_labels_must_be_mended() -> None:
    twin = example("cheese-900", sound()[3].text, "cheese")
    corpus = corpus_of(*sound(), twin)
    assert ("bridge-003", "cheese-900", "same text", True) in conflicts_of(corpus)
    assert check_corpus(corpus, None, FitSettings(), Nobody(), quick=True).must_mend


def test_one_event_as_match_and_as_background_must_be_mended() -> None:
    corpus = corpus_of(*sound(), example("bridge-900", EVENT, "bridge"), example("background-900", AGAIN))
    assert conflicts_of(corpus) == [("background-900", "bridge-900", "same event", True)]


def test_one_event_with_one_label_more_is_only_to_look_at() -> None:
    one, other = example("bridge-900", EVENT, "bridge"), example("bridge-901", AGAIN, "bridge", "cheese")
    assert conflicts_of(corpus_of(*sound(), one, other)) == [("bridge-900", "bridge-901", "same event", False)]


def test_longest_run() -> None:
    assert longest_run([*"abcde"], [*"xbcdyde"]) == ("b", "c", "d")
    assert longest_run([], ["a"]) == ()


def test_events_are_linked_over_others() -> None:
    groups = event_groups(5, iter([(0, 1, 0.5), (1, 3, 0.4)]))
    assert groups.tolist() == [0, 0, 1, 0, 2]


def test_alike_finds_each_pair_once_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifiers.doctor.neighbours._BLOCK", 2)
    texts = ["alpha beta gamma", "delta epsilon", "alpha beta gamma", "zeta eta", "delta epsilon"]
    corpus = corpus_of(*(example(f"bridge-{n}", text, "bridge", title="") for n, text in enumerate(texts)))
    neighbours = Neighbours(count_corpus(corpus, None, FitSettings()).texts.terms)
    assert [(one, other) for one, other, _ in neighbours.alike(0.9)] == [(0, 2), (1, 4)]
    assert [row for row, _ in neighbours.nearest(0, [0, 1, 2, 3], 3)] == [2]
    assert neighbours.nearest(0, [0], 2) == []


def test_a_habit_of_one_label_is_found_in_its_longest_form() -> None:
    habit = "as the old ferryman told everybody"
    examples = [
        dataclasses.replace(one, text=f"{one.text} {habit}.")
        if one.id in {f"cheese-{n:03}" for n in range(8)}
        else one
        for one in sound()
    ]
    (found,) = find_phrases(corpus_of(*examples))
    assert (found.phrase, found.label, found.examples, found.elsewhere) == (habit, "cheese", 8, 0)
    assert found.share == 8 / 20
    assert found.ids[0] == "cheese-000"


def test_what_everybody_says_is_ordinary_language() -> None:
    examples = [dataclasses.replace(one, text=f"{one.text} For the first time in years.") for one in sound()]
    assert find_phrases(corpus_of(*examples)) == ()


def test_runs_of_function_words_are_ordinary_language() -> None:
    examples = [
        dataclasses.replace(one, text=f"{one.text} It was that which they were.") if "cheese" in one.labels else one
        for one in sound()
    ]
    assert find_phrases(corpus_of(*examples)) == ()


@pytest.mark.parametrize(
    ("kind", "feature", "change"),
    [
        ("country", "KP", {"country": "KP"}),
        ("form", "radio-script", {"form": "radio-script"}),
        ("decade", "1950s", {"year": 1953}),
        ("year", "1953", {"year": 1953}),
    ],
    ids=["country", "form", "decade", "year"],
)
def test_metadata_that_predicts_a_label_is_found(kind: str, feature: str, change: dict[str, str | int]) -> None:
    examples = [
        dataclasses.replace(one, **change) if one.id in {f"cheese-{n:03}" for n in range(12)} else one  # type: ignore[arg-type]
        for one in sound()
    ]
    found = {(one.kind, one.feature): one for one in find_shortcuts(corpus_of(*examples)).found}
    shortcut = found[kind, feature]
    assert (shortcut.label, shortcut.examples, shortcut.labelled, shortcut.share) == ("cheese", 12, 12, 1.0)
    assert shortcut.base == pytest.approx(1 / 3)
    assert shortcut.coverage == 12 / 20
    assert shortcut.p < 0.05


def test_a_name_that_predicts_a_label_is_found_and_a_state_is_not() -> None:
    examples = [
        dataclasses.replace(one, text=f"{one.text} The reader wrote to Winterthur from Germany.")
        if one.id in {f"cheese-{n:03}" for n in range(12)}
        else one
        for one in sound()
    ]
    found = {(one.kind, one.feature) for one in find_shortcuts(corpus_of(*examples)).found}
    assert ("name", "Winterthur") in found
    assert not {feature for _, feature in found} & {"Germany", "germany"}


def test_a_capitalised_word_that_is_mostly_written_small_is_no_name() -> None:
    examples = [
        dataclasses.replace(one, text=f"{one.text} The town's Customs met; customs rose and customs fell.")
        if one.id in {f"cheese-{n:03}" for n in range(12)}
        else one
        for one in sound()
    ]
    found = {(one.kind, one.feature.lower()) for one in find_shortcuts(corpus_of(*examples)).found}
    assert ("name", "customs") not in found


def test_words_of_the_definition_are_no_shortcut() -> None:
    examples = [
        dataclasses.replace(one, text=f"{one.text} A cheese with a quilt.") if "cheese" in one.labels else one
        for one in sound()
    ]
    found = {(one.kind, one.feature) for one in find_shortcuts(corpus_of(*examples)).found}
    assert ("word", "quilt") in found
    assert ("word", "cheese") not in found


def test_chance_is_fishers_exact_test() -> None:
    table = [[7, 13 - 7], [20 - 7, 60 - 20 - 13 + 7]]
    assert enriched([7], [13], 20, 60)[0] == pytest.approx(fisher_exact(table, alternative="greater").pvalue)


def test_holms_correction_steps_down() -> None:
    assert holm([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.09, 0.09, 0.5])
    assert holm([]) == []


def test_regions() -> None:
    assert [region_of(code) for code in ("RU", "cn", "US", "ZA", "")] == [
        "Europe",
        "Asia",
        "North America",
        "Africa",
        "",
    ]


def test_the_doctor_judges_as_the_fit_does(blind: CrossValidation) -> None:
    fitted = fit(blind.counted.corpus, None, FitSettings())
    np.testing.assert_array_equal(blind.counted.folds, fitted.folds)
    np.testing.assert_allclose(blind.logits, fitted.logits, atol=1e-9)


def test_a_wrong_label_is_told_from_both_sides_with_its_reason(blind: CrossValidation) -> None:
    mistakes = find_mistakes(blind, Neighbours(blind.counted.texts.terms))
    of_it = {(one.category, one.fault): one for one in mistakes if one.id == "bridge-004"}
    assert set(of_it) == {("bridge", "missed"), ("cheese", "wrong label")}
    missed, given = of_it["bridge", "missed"], of_it["cheese", "wrong label"]
    assert missed.score < missed.alert <= 1
    assert missed.given == ("cheese",)
    assert missed.reason == "taken for cheese instead"
    assert given.score >= given.alert
    assert given.reason == "it is a case of bridge, told in words of cheese as well"
    assert all(pull.weight > 0 for pull in given.pulls)
    assert {word for pull in given.pulls for word in pull.term.split()} & set(CHEESE.split())
    assert all("cheese" in near.labels for near in given.nearest)
    assert all("bridge" not in near.labels for near in missed.nearest)
    assert given.nearest[0].similarity >= given.nearest[-1].similarity > 0


def test_mistakes_are_exactly_where_alerts_and_labels_differ(blind: CrossValidation) -> None:
    corpus = blind.counted.corpus
    told = alerts(blind)
    wrong = {
        (one.id, name)
        for row, one in enumerate(corpus.examples)
        for column, name in enumerate(corpus.names)
        if told[row, column] != (name in one.labels)
    }
    mistakes = find_mistakes(blind, Neighbours(blind.counted.texts.terms))
    assert {(one.id, one.category) for one in mistakes} == wrong


def test_fractions_are_nested_and_keep_every_kind_of_example() -> None:
    corpus = corpus_of(*sound())
    smaller = nested(corpus, 0.125, 0)
    for fraction in (0.25, 0.5, 0.75, 1.0):
        larger = nested(corpus, fraction, 0)
        assert not (smaller & ~larger).any()
        assert larger.sum() > smaller.sum()
        smaller = larger
    assert smaller.all()
    least = nested(corpus, 0.001, 1)
    assert {one.labels for one, kept in zip(corpus.examples, least, strict=True) if kept} == {
        (),
        ("bridge",),
        ("cheese",),
    }
    assert (nested(corpus, 0.25, 0) != nested(corpus, 0.25, 1)).any()


def test_curves_end_with_the_whole_corpus(blind: CrossValidation, curves: tuple[LearningCurve, ...]) -> None:
    assert [curve.category for curve in curves] == ["bridge", "cheese"]
    for curve, quality in zip(curves, blind.report.categories, strict=True):
        # an eighth of 20 examples would be fewer than a corpus must have
        assert [point.fraction for point in curve.points] == [*FRACTIONS[1:], 1.0]
        numbers = [point.examples for point in curve.points]
        assert numbers == sorted(numbers)
        last = curve.points[-1]
        assert last.examples == 20
        assert (last.average_precision, last.f1) == (quality.average_precision, quality.f1)
        for point in curve.points:
            low, high = point.average_precision_range
            assert 0 <= low <= point.average_precision + 1e-12
            assert point.average_precision <= high + 1e-12 <= 1 + 1e-12


def test_additions_name_thin_cells_next_to_trouble(blind: CrossValidation, curves: tuple[LearningCurve, ...]) -> None:
    found = suggest_additions(blind, curves)
    assert 0 < len(found) <= ADDITIONS
    assert len({one.sentence for one in found}) == len(found)
    for one in found:
        cell = [
            each
            for each in blind.counted.corpus.examples
            if one.category in each.labels
            and (each.form, region_of(each.country), f"{(each.year or 0) // 10 * 10}s")
            == (one.form, one.region, one.decade)
        ]
        assert one.examples == len(cell)
        assert one.troubled <= one.neighbours
        assert f"{one.troubled} of {one.neighbours} neighbours are missed" in one.sentence
    # bridge-004, the example with the wrong label, is a blog from Sweden of the 2020s
    assert found[0].category == "bridge"
    assert title_of("bridge-004") in found[0].like


def test_background_that_reaches_review_asks_for_more_of_its_kind() -> None:
    near = [
        example(
            f"background-9{number:02}",
            text_of(CHEESE, number + 50, 1),
            kind="look-alike",
            resembles="cheese",
            form=("wire", "blog")[number % 2],
            country="FR",
            year=(1991, 2001)[number % 2],
        )
        for number in range(8)
    ]
    judged = cross_validate(count_corpus(corpus_of(*sound(), *near), None, FitSettings()), Nobody())
    found = suggest_additions(judged, learning_curves(judged, Nobody()))
    wanted = [one for one in found if one.background]
    assert {(one.category, one.form, one.decade, one.region) for one in wanted} >= {
        ("cheese", "wire", "2000s", "Europe"),
        ("cheese", "blog", "1990s", "Europe"),
    }
    assert {one.examples for one in wanted[:2]} == {0}


def test_the_whole_checkup_says_how_far_it_is_and_fits_json() -> None:
    watch = Counting()
    found = check_corpus(corpus_of(*sound(8)), None, FitSettings(), watch)
    assert watch.expected.keys() == {"looking", "folds", "curve"}
    assert watch.done == watch.expected
    assert found.counts == {"background": 8, "bridge": 8, "cheese": 8}
    assert found.corpus == "corpus-01234567"
    plain = found.as_dict()
    assert plain["must_mend"] is False
    assert plain["curves"][0]["points"][-1]["examples"] == 8


def test_quick_leaves_out_what_needs_a_fit() -> None:
    found = check_corpus(corpus_of(*sound(6)), None, FitSettings(), Nobody(), quick=True)
    assert isinstance(found, Checkup)
    assert (found.mistakes, found.curves, found.additions) == ((), (), ())
