"""Articles on bridges and on cheese, and two corpora that care about one of the two each."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from classifiers.corpus import load_corpus
from classifiers.model import Classifier, load_classifier
from spywatch.records import Article, Disposition, EntryOutcome, TaggedArticle
from storage.ledger import RetryRule
from storage.store import PipelineStore

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "storage"))

from storage_samples import HOUR, NORTH, NOW, article, entry, poll

BRIDGE = (
    "The old bridge over the river {0} collapsed at dawn when its central pillar cracked. Engineers closed the road.",
    "A span of the {0} viaduct fell into the valley; inspectors had warned of rust in the girders for years.",
    "Cracks in a pillar of the {0} footbridge forced engineers to shut it. The girders will be replaced.",
    "Inspectors found the girders of the {0} railway bridge so rusty that trains must crawl across the span.",
    "The {0} suspension bridge sways too much in the wind, engineers said, and its cables and pillars are tired.",
)
CHEESE = (
    "A cheese from {0} won gold at the fair. Its rind is washed in brine and it ripens in a cave for a year.",
    "Dairy farmers near {0} say that the milk of mountain cows gives their cheese its smell of hay and nuts.",
    "The {0} creamery turns goat milk into a soft cheese with a rind of ash; it ripens for three weeks.",
    "Judges tasted forty cheeses at {0}. The best was a blue one, salty, ripened in a damp cellar.",
    "How long must a {0} cheese ripen? Its makers say two years, turned and brushed with brine each week.",
)
OTHER = (
    "The choir of {0} sang in the square on Sunday, and the children had cake and lemonade in the shade.",
    "A striker scored twice in {0} and the home side went top of the league before a noisy crowd.",
    "Rain is forecast for {0} until Thursday, with gusts along the coast and a dry, sunny weekend after that.",
    "The council of {0} voted on the budget late at night. Taxes stay as they are and the library gets a roof.",
    "Pupils in {0} planted two hundred trees behind the school and will measure how they grow.",
)
TOWNS = ("Arlen", "Bray", "Corvo")
ARTICLES = {
    "span": (
        "Bridge shut at Dorn",
        "Engineers closed the bridge at Dorn after a girder cracked and a pillar bent.",
    ),
    "fallen": (
        "Viaduct falls",
        "A span of the viaduct near Ostia fell. Rust in the girders, inspectors said.",
    ),
    "rind": ("Gold for a cheese", "A goat cheese with a rind of ash won gold. It ripens in brine for three weeks."),
    "cellar": (
        "The cellar of Eyre",
        "In a damp cellar the blue cheese of Eyre ripens, turned and brushed.",
    ),
    "match": ("Home win", "The striker scored again for the home side, and the noisy crowd sang until night."),
}


def write_corpus(folder: Path, category: str, matches: tuple[str, ...], background: tuple[str, ...]) -> Path:
    """A corpus of one category."""
    for name, texts, labels in ((category, matches, f'"{category}"'), ("background", background, "")):
        (folder / name).mkdir(parents=True)
        examples = [
            f'[[example]]\nid = "{name}-{number:03}"\nlabels = [{labels}]\nlanguage = "en"\n'
            f'title = "News of the day"\ntext = "{text.format(TOWNS[number % 3])}"\n'
            for number, text in enumerate(texts * 3)
        ]
        (folder / name / "some.toml").write_text("\n".join(examples), encoding="utf-8")
    (folder / category / "definition.toml").write_text(f'title = "{category}"\nsummary = "Texts on {category}."\n')
    assert load_corpus(folder).names == (category,)
    return folder


def bridge_lover(folder: Path) -> Path:
    """To this corpus cheese is nothing."""
    return write_corpus(folder, "bridge", BRIDGE, CHEESE + OTHER)


def cheese_lover(folder: Path) -> Path:
    """To this corpus bridges are nothing."""
    return write_corpus(folder, "cheese", CHEESE, BRIDGE + OTHER)


def store_articles(db: Path, corpus: Path, cache: Path) -> dict[str, Article]:
    """A published database of `ARTICLES`, tagged by a corpus; the articles by their names."""
    classifier: Classifier = load_classifier(corpus, cache)
    entries = {name: entry(f"https://north.example/{name}", title=title) for name, (title, _) in ARTICLES.items()}
    articles = {name: article(entries[name], text=text) for name, (_, text) in ARTICLES.items()}
    with PipelineStore.open(db, NOW) as store:
        store.register_feeds([NORTH], NOW)
        store.record_polls("run-1", [poll(*entries.values())], NOW)
        outcomes = [
            EntryOutcome(
                entry=entries[name],
                disposition=Disposition.STORED,
                articles=(TaggedArticle(article=one, classification=classifier.classify(one.title, one.text)),),
            )
            for name, one in articles.items()
        ]
        store.store_outcomes("run-1", outcomes, NOW, RetryRule(base=HOUR, longest=HOUR, attempts=2))
        store.publish(NOW)
    return articles


@dataclass(frozen=True, slots=True)
class OldDesk:
    """A database tagged by the corpus that loves cheese; `ids` are those of its articles by name."""

    db: Path
    cheese: Path
    bridge: Path
    ids: dict[str, str]

    def copy(self, folder: Path) -> OldDesk:
        """The same with a database to work on."""
        return replace(self, db=Path(shutil.copytree(self.db, folder / "db")))


def make_old_desk(folder: Path, cache: Path) -> OldDesk:
    """Both corpora and the database, below a folder."""
    cheese, bridge = cheese_lover(folder / "cheese"), bridge_lover(folder / "bridge")
    articles = store_articles(folder / "db", cheese, cache)
    return OldDesk(folder / "db", cheese, bridge, {name: article.id for name, article in articles.items()})
