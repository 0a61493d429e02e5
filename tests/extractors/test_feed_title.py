import pytest

from extractors.byline import as_the_feed_has_it


@pytest.mark.parametrize(
    ("page", "feed", "title"),
    [
        ("Eleven thousand chips – Ciphers & Sidewalks", "Eleven thousand chips", "Eleven thousand chips"),
        ("Newsbasket: Chess club plays by post", "Chess club plays by post", "Chess club plays by post"),
        ("Envoys told to go by Friday", "Envoys told to go", "Envoys told to go"),
        ("Envoys told to go", "Envoys told to go by Friday", "Envoys told to go"),
        ("Seven days in Riga", "Riga", "Seven days in Riga"),
        ("A headline of its own", "Another one in the feed", "A headline of its own"),
        ("A headline of its own", "", "A headline of its own"),
    ],
)
def test_the_feed_shows_where_the_title_ends(page: str, feed: str, title: str) -> None:
    assert as_the_feed_has_it(page, feed) == title
