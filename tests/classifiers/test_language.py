from __future__ import annotations

import pytest

from classifiers.language import detect_language

ENGLISH = (
    "Spy",
    "Arrested: Wang Xi, Li Na",
    "Gazprom, Rosneft, Lukoil shares up",
    "He",
    "OSLO",
    "Ex-cop jailed in Graz",
)
GERMAN = "Der Diplomat wurde am Dienstag in Wien verhaftet, weil er einem fremden Nachrichtendienst Akten gab."
FRENCH = "Le diplomate a été arrêté mardi à Bruxelles, car il aurait remis des documents à un service étranger."
RUSSIAN = "Дипломат был задержан во вторник."
JAPANESE = "外交官は火曜日に逮捕された。"
ARABIC = "اعتقل الدبلوماسي يوم الثلاثاء"


@pytest.mark.parametrize("title", ENGLISH)
def test_short_english_is_not_taken_for_another_language(title: str) -> None:
    assert detect_language(title, "", {"en"}).covered


@pytest.mark.parametrize(
    ("text", "code"), [(GERMAN, "de"), (FRENCH, "fr"), (RUSSIAN, "ru"), (JAPANESE, "ja"), (ARABIC, "ar")]
)
def test_other_languages_are_not_covered_until_the_corpus_has_them(text: str, code: str) -> None:
    found = detect_language("", text, {"en"})
    assert (found.code, found.covered) == (code, False)
    assert detect_language("", text, {"en", code}).covered


def test_english_with_a_foreign_quotation_stays_english() -> None:
    text = "The court heard that the man had said “ich bin kein Spion” to the officers who came for him. " * 3
    found = detect_language("Trial opens", text, {"en"})
    assert (found.code, found.covered) == ("en", True)


def test_signs_without_letters_say_nothing() -> None:
    assert detect_language("1234", "--- 56 %", {"en"}).code == ""


def test_a_short_text_that_is_like_nothing_covered_is_not_given_a_language() -> None:
    covered = frozenset({"de", "en", "es", "fr", "ru"})
    for title in ("a" * 40, "Polska wydala dwóch dyplomatów"):
        found = detect_language(title, "", covered)
        assert found.covered
        assert found.code != "ru"
