from __future__ import annotations

from classifiers.invisible import visible
from classifiers.model import Classifier

CASE = (
    "Two second secretaries at the embassy were given 48 hours to leave the country on Monday. The foreign ministry "
    "declared them persona non grata for activities incompatible with their diplomatic status, and the ambassador "
    "was summoned to hear it. Their government promised to answer in kind by sending home the same number."
)


def hyphenated(text: str) -> str:
    return (
        text.replace("diplomatic", "diplo\u00admatic")
        .replace("embassy", "em\u200bbassy")
        .replace("leave", "lea\ufeffve")
    )


def test_what_nobody_sees_is_left_out_and_offsets_come_back() -> None:
    text = "\ufeffdiplo\u00admats\U0001f600 leave"
    seen = visible(text)
    assert seen.text == "diplomats\U0001f600 leave"
    start = seen.text.index("diplomats")
    assert text[slice(*seen.original(start, start + 9))] == "diplo\u00admats"
    start = seen.text.index("leave")
    assert text[slice(*seen.original(start, start + 5))] == "leave"


def test_a_text_without_any_is_itself() -> None:
    assert visible("plain \u00e9").text == "plain \u00e9"
    assert visible("plain").original(2, 4) == (2, 4)
    assert visible("\u00ad\u200b").text == ""


def test_soft_hyphens_cost_a_match_nothing(shipped: Classifier) -> None:
    plain, soft = shipped.classify("", CASE), shipped.classify("", hyphenated(CASE))
    assert soft.scores == plain.scores
    for tag in soft.tags:
        for piece in tag.evidence:
            assert hyphenated(CASE)[piece.start : piece.end] == piece.text
    assert [term.text for term in soft.tags[0].terms] == [term.text for term in plain.tags[0].terms]


def test_terms_stand_in_the_article(shipped: Classifier) -> None:
    torn = CASE.replace("persona non", "persona <b class=x>non").replace(
        "second secretaries", "second\x07secretaries"
    )
    (tag, *_) = shipped.classify("", torn).tags
    assert tag.terms
    assert all(term.text in torn for term in tag.terms)
