import pytest

from feeds.links import absolute, first_absolute, public_base


@pytest.mark.parametrize(
    ("link", "base", "expected"),
    [
        ("https://a.example/1", "", "https://a.example/1"),
        ("/1?x=1&y=2#z", "https://a.example/feed", "https://a.example/1?x=1&y=2#z"),
        ("//b.example/1", "http://a.example/", "http://b.example/1"),
        ("//b.example/1", "", "https://b.example/1"),
        ("https://a.example/\n  1", "", "https://a.example/%20%201"),
        ("https://a.example/žluť", "", "https://a.example/%C5%BElu%C5%A5"),
        ("https://a.example/%C5%BE", "", "https://a.example/%C5%BE"),
        ("/1", "", ""),
        ("javascript:alert(1)", "https://a.example/", ""),
        ("mailto:x@a.example", "https://a.example/", ""),
        ("http://[::1", "https://a.example/", ""),
        ("http://a.example:port/", "", ""),
        ("http://a b.example/", "", ""),
        ("http:///nohost", "", ""),
        ("", "https://a.example/", ""),
    ],
)
def test_absolute(link: str, base: str, expected: str) -> None:
    assert absolute(link, base) == expected


def test_first_usable_link_wins() -> None:
    assert first_absolute(["tag:x", "/a", "/b"], "https://a.example/") == "https://a.example/a"
    assert first_absolute(["tag:x"]) == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://user:p%40w@host.example:8080/rel.xml?token=T#x", "http://host.example:8080/rel.xml"),
        ("https://user@[::1]/feed", "https://[::1]/feed"),
        ("https://host.example", "https://host.example"),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_a_base_has_no_user_info_and_no_query(url: str, expected: str) -> None:
    assert public_base(url) == expected
