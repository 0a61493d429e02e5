from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.glossary import FOLDER, Glossary, GlossaryError, gloss

WORDS = """
function = "der die l d"
[words]
"botschaft" = "embassy"
"botschafts*" = "embassy staff"
"botschaftsrat" = "counsellor"
"des landes verwies*" = "expelled"
"des" = "of the"
"weist * diplomaten aus" = "expels diplomats"
"chargé d affaires" = "chargé d'affaires"
"""


@pytest.fixture
def glossary(tmp_path: Path) -> Glossary:
    file = tmp_path / "xx.toml"
    file.write_text(WORDS, encoding="utf-8")
    return Glossary(file)


def test_words_become_english_and_unknown_ones_stay(glossary: Glossary) -> None:
    assert glossary.gloss("Die Botschaft schweigt.") == "embassy schweigt ."


def test_the_exact_word_is_before_the_stem(glossary: Glossary) -> None:
    assert glossary.gloss("Botschaftsrat Botschaftsfahrer") == "counsellor embassy staff"


def test_the_longest_phrase_wins(glossary: Glossary) -> None:
    assert glossary.gloss("Er wurde des Landes verwiesen, des Amtes nicht") == (
        "Er wurde expelled , of the Amtes nicht"
    )


def test_a_lone_star_stands_for_any_word(glossary: Glossary) -> None:
    assert glossary.gloss("Oslo weist drei Diplomaten aus") == "Oslo expels diplomats"
    assert glossary.gloss("Oslo weist Diplomaten aus") == "Oslo weist Diplomaten aus"


def test_elisions_are_words_of_their_own(glossary: Glossary) -> None:
    assert glossary.gloss("l'affaire du chargé d’affaires") == "affaire du chargé d'affaires"


def test_english_and_unknown_languages_stay_as_they_are() -> None:
    assert gloss("The embassy, it's shut.", "en") == "The embassy, it's shut."
    assert gloss("Suurlähetystö suljettu", "fi") == "Suurlähetystö suljettu"
    assert gloss("anything", "../x") == "anything"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('[words]\n"ab*" = "x"\n', "at least 3 letters"),
        ('[words]\n"haus" = 3\n', "must be a string"),
        ("[words\n", "cannot be read"),
    ],
    ids=["short stem", "number", "not TOML"],
)
def test_a_bad_glossary_says_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "xx.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(GlossaryError, match=said):
        Glossary(file)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_every_shipped_glossary_can_be_read(file: Path) -> None:
    assert Glossary(file).gloss("2024")
