"""What the plainest report of each kind must do: alert, in every language that is covered."""

from __future__ import annotations

import pytest

from classifiers.model import Classifier
from spywatch.records import Decision

PLAIN = {
    "en expulsion": (
        "expulsion",
        "Two diplomats expelled",
        "The foreign ministry said on Tuesday that two diplomats had been expelled and declared persona "
        "non grata. They have been asked to leave the country within 48 hours, a spokesman said, and the "
        "embassy protested.",
    ),
    "de expulsion": (
        "expulsion",
        "Zwei Diplomaten ausgewiesen",
        "Das Außenministerium teilte am Dienstag mit, zwei Diplomaten seien ausgewiesen und zu "
        "unerwünschten Personen erklärt worden. Sie müssen das Land binnen 48 Stunden verlassen, sagte "
        "ein Sprecher, die Botschaft protestierte.",
    ),
    "fr expulsion": (
        "expulsion",
        "Deux diplomates expulsés",
        "Le ministère des Affaires étrangères a annoncé mardi l'expulsion de deux diplomates, déclarés "
        "persona non grata. Ils ont 48 heures pour quitter le pays.",
    ),
    "es expulsion": (
        "expulsion",
        "El Gobierno expulsa a dos diplomáticos",
        "El Gobierno ha declarado persona non grata a dos funcionarios de la embajada y les ha dado 72 "
        "horas para abandonar el país, informó el ministerio.",
    ),
    "ru expulsion": (
        "expulsion",
        "Высланы два дипломата",
        "МИД объявил двух сотрудников посольства персонами нон грата. Им дано 48 часов, чтобы покинуть "
        "страну, сообщил представитель ведомства.",
    ),
    "en recruitment": (
        "recruitment",
        "Man arrested on suspicion of spying",
        "Police in Berlin arrested a 43-year-old man on Monday on suspicion of spying for a foreign "
        "secret service. Prosecutors said he had passed on information since 2019 and was paid for it.",
    ),
    "de recruitment": (
        "recruitment",
        "Mutmaßlicher Spion festgenommen",
        "Die Bundesanwaltschaft hat in Dresden einen mutmaßlichen Agenten festnehmen lassen. Er soll für "
        "einen ausländischen Geheimdienst gearbeitet und Informationen weitergegeben haben.",
    ),
    "en tech-transfer": (
        "tech-transfer",
        "Former engineer charged with theft of trade secrets",
        "A former engineer at a chip maker was charged with stealing trade secrets and taking them to a "
        "competitor in China, prosecutors said. He copied thousands of files before resigning.",
    ),
    "fr tech-transfer": (
        "tech-transfer",
        "Un ingénieur jugé pour vol de secrets industriels",
        "Un ingénieur est accusé d'avoir transmis à une société chinoise des plans protégés et des "
        "secrets industriels de son employeur.",
    ),
    "en police-infiltration": (
        "police-infiltration",
        "Police officer accused of passing data to foreign service",
        "A police officer in Vienna was arrested on suspicion of passing data from police databases to "
        "the Russian intelligence service, prosecutors said.",
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_plainest_report_alerts(shipped: Classifier, name: str) -> None:
    category, title, text = PLAIN[name]
    found = shipped.classify(title, text)
    assert found.language == name[:2]
    assert category in {tag.category for tag in found.tags if tag.decision is Decision.ALERT}
