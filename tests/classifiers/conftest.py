from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.corpus import load_corpus
from classifiers.model import Classifier, fit_classifier, load_classifier
from classifiers.vectors import find_word_vectors

SHIPPED = Path(__file__).resolve().parents[2] / "seed_corpus"

BRIDGE = [
    "The old bridge over the river {0} collapsed at dawn when its central pillar cracked. Engineers closed the road.",
    "A span of the {0} viaduct fell into the valley; inspectors had warned of rust in the girders for years.",
    "Cracks in a pillar of the {0} footbridge forced engineers to shut it. The girders will be replaced.",
    "Inspectors found the girders of the {0} railway bridge so rusty that trains must crawl across the span.",
    "The {0} suspension bridge sways too much in the wind, engineers said, and its cables and pillars are tired.",
    "Lorries are banned from the {0} flyover after a girder cracked and concrete fell from the span.",
]
CHEESE = [
    "A cheese from {0} won gold at the fair. Its rind is washed in brine and it ripens in a cave for a year.",
    "Dairy farmers near {0} say that the milk of mountain cows gives their cheese its smell of hay and nuts.",
    "The {0} creamery turns goat milk into a soft cheese with a rind of ash; it ripens for three weeks.",
    "Judges tasted forty cheeses at {0}. The best was a blue one, salty, ripened in a damp cellar.",
    "How long must a {0} cheese ripen? Its makers say two years, turned and brushed with brine each week.",
    "Thieves took sixty wheels of cheese from a dairy cellar in {0}, ripened and ready for the market.",
]
OTHER = [
    "The choir of {0} sang in the square on Sunday, and the children had cake and lemonade in the shade.",
    "A striker scored twice in {0} and the home side went top of the league before a noisy crowd.",
    "Rain is forecast for {0} until Thursday, with gusts along the coast and a dry, sunny weekend after that.",
    "The council of {0} voted on the budget late at night. Taxes stay as they are and the library gets a roof.",
    "Shares rose in {0} as quarterly profits beat the forecasts of most analysts, banks and retailers above all.",
    "Pupils in {0} planted two hundred trees behind the school and will measure how they grow.",
]
TOWNS = ["Arlen", "Bray", "Corvo"]


def toml_of(identity: str, labels: list[str], text: str, title: str = "News of the day") -> str:
    listed = ", ".join(f'"{label}"' for label in labels)
    return (
        f'[[example]]\nid = "{identity}"\nlabels = [{listed}]\nlanguage = "en"\n'
        f'title = "{title}"\ntext = """\n{text}\n"""\n\n'
    )


def write_folder(corpus: Path, name: str, texts: list[str]) -> None:
    folder = corpus / name
    folder.mkdir(parents=True)
    labels = [] if name == "background" else [name]
    if labels:
        folder.joinpath("definition.toml").write_text(f'title = "{name.title()}"\nsummary = "Texts on {name}."\n')
    examples = [
        toml_of(f"{name}-{number:03}", labels, text.format(TOWNS[number % 3]))
        for number, text in enumerate(texts * 3)
    ]
    folder.joinpath("some.toml").write_text("".join(examples), encoding="utf-8")


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Two categories and a background, 18 examples each."""
    corpus = tmp_path / "corpus"
    write_folder(corpus, "bridge", BRIDGE)
    write_folder(corpus, "cheese", CHEESE)
    write_folder(corpus, "background", OTHER)
    return corpus


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """A classifier of the small corpus."""
    corpus = tmp_path_factory.mktemp("small")
    write_folder(corpus, "bridge", BRIDGE)
    write_folder(corpus, "cheese", CHEESE)
    write_folder(corpus, "background", OTHER)
    return fit_classifier(load_corpus(corpus), find_word_vectors())


@pytest.fixture(scope="session")
def shipped(model_cache: Path) -> Classifier:
    """The classifier of the corpus that is shipped."""
    return load_classifier(SHIPPED, model_cache)
