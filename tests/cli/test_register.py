"""`spywatch feeds`: the operator's register, the bundled one, and addresses with tokens in them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "feeds" / "register.toml"
TOKEN = "s3kr1tT0ken"
SECRET = f"https://reader:{TOKEN}@quay.example/feed?token={TOKEN}"
SHOWN = "https://REDACTED@quay.example/feed?token=REDACTED"


@pytest.fixture(autouse=True)
def bundled_register_stays_as_it_is() -> Iterator[None]:
    before = BUNDLED.read_bytes()
    yield
    assert BUNDLED.read_bytes() == before


def urls(path: str = "feeds.toml") -> list[str]:
    return [feed["url"] for feed in tomllib.loads(Path(path).read_text())["feeds"]]


def bundled_urls() -> list[str]:
    return urls(str(BUNDLED))


def test_list_shows_the_bundled_register_until_there_is_an_own_one(inside: Any) -> None:
    listed = json.loads(inside("feeds", "list", "--json").stdout)
    assert [feed["url"] for feed in listed] == bundled_urls()
    assert len(listed) >= 40
    assert set(listed[0]) == {"url", "name", "language", "country", "kind", "verified"}
    table = inside("feeds", "list").stdout
    assert f"{len(listed)} feeds in" in table
    assert listed[0]["name"] in table
    Path("feeds.toml").write_text('[[feeds]]\nurl = "https://quay.example/feed"\n')
    assert [feed["url"] for feed in json.loads(inside("feeds", "list", "--json").stdout)] == [
        "https://quay.example/feed"
    ]


def test_adding_begins_an_own_register_as_the_bundled_one(inside: Any) -> None:
    added = inside("feeds", "add", "https://quay.example/feed", "--name", "The Quay", "--language", "EN")
    assert added.exit_code == 0
    assert "feeds.toml is the register in this folder from now on" in added.stderr
    assert urls() == [*bundled_urls(), "https://quay.example/feed"]
    listed = json.loads(inside("feeds", "list", "--json").stdout)[-1]
    assert listed == {
        "url": "https://quay.example/feed",
        "name": "The Quay",
        "language": "en",
        "country": "",
        "kind": "other",
        "verified": False,
    }
    again = inside("feeds", "add", "https://quay.example/feed")
    assert again.exit_code == 3
    assert "already" in again.stderr


def test_a_named_register_is_begun_with_the_first_feed(inside: Any) -> None:
    assert inside("feeds", "add", "https://quay.example/a", "--feeds", "own.toml", "--kind", "blog").exit_code == 0
    assert inside("feeds", "add", "https://quay.example/b", "--feeds", "own.toml").exit_code == 0
    assert urls("own.toml") == ["https://quay.example/a", "https://quay.example/b"]
    assert not Path("feeds.toml").exists()


def test_a_register_that_was_begun_can_be_continued_by_hand(inside: Any) -> None:
    """As the documentation says: a feed more is a `[[feeds]]` table more at the end of the file."""
    inside("feeds", "add", "https://quay.example/a", "--feeds", "own.toml")
    with Path("own.toml").open("a") as file:
        file.write('\n[[feeds]]\nurl = "https://quay.example/b"\n')
    listed = inside("feeds", "list", "--feeds", "own.toml", "--json")
    assert listed.exit_code == 0, listed.stderr
    assert [feed["url"] for feed in json.loads(listed.stdout)] == ["https://quay.example/a", "https://quay.example/b"]


@pytest.mark.parametrize("url", ["", "quay.example", "ftp://quay.example/", "javascript:alert(1)", "https://"])
def test_an_address_that_is_none_is_not_added(inside: Any, url: str) -> None:
    refused = inside("feeds", "add", url, "--feeds", "own.toml")
    assert refused.exit_code == 3
    assert "not an http or https address" in refused.stderr
    assert not Path("own.toml").exists()


def test_remove(inside: Any) -> None:
    for name in ("a", "b", "c"):
        inside("feeds", "add", f"https://quay.example/{name}", "--name", f"Quay {name}", "--feeds", "own.toml")
    assert inside("feeds", "remove", "https://quay.example/a", "--feeds", "own.toml").exit_code == 0
    assert inside("feeds", "remove", "quay B", "--feeds", "own.toml").exit_code == 0
    assert urls("own.toml") == ["https://quay.example/c"]
    for unknown in ("https://quay.example/a", "Quay b"):
        refused = inside("feeds", "remove", unknown, "--feeds", "own.toml")
        assert refused.exit_code == 3
        assert "has no feed" in refused.stderr
    assert inside("feeds", "remove", "Quay c", "--feeds", "own.toml").exit_code == 0
    assert urls("own.toml") == []


def test_nothing_is_removed_from_a_register_that_does_not_exist(inside: Any) -> None:
    refused = inside("feeds", "remove", "The Quay", "--feeds", "own.toml")
    assert refused.exit_code == 3
    assert "there is no feed register at own.toml" in refused.stderr
    assert not Path("own.toml").exists()


def test_export_and_import(inside: Any) -> None:
    inside("feeds", "add", "https://quay.example/a", "--name", "The Quäy", "--feeds", "own.toml", "--country", "ie")
    inside("feeds", "add", "https://quay.example/b", "--feeds", "own.toml", "--kind", "government")
    assert inside("feeds", "export", "out.opml", "--feeds", "own.toml").exit_code == 0
    assert inside("feeds", "export", "--feeds", "own.toml").stdout.strip() == Path("out.opml").read_text().strip()
    taken = inside("feeds", "import", "out.opml")
    assert "2 feeds added to feeds.toml, 0 were known" in taken.stderr
    listed = [json.loads(inside("feeds", "list", "--json", *of).stdout) for of in ([], ["--feeds", "own.toml"])]
    assert listed[0] == listed[1]
    assert "0 feeds added to feeds.toml, 2 were known" in inside("feeds", "import", "own.toml").stderr
    assert len(urls()) == 2


@pytest.mark.parametrize(
    ("source", "words"), [("none.opml", "none.opml"), ("page.html", "page.html"), (".", "cannot")]
)
def test_what_cannot_be_imported(inside: Any, source: str, words: str) -> None:
    Path("page.html").write_text("<html><body>not a list of feeds</body></html>")
    refused = inside("feeds", "import", source)
    assert refused.exit_code == 3
    assert words in refused.stderr
    assert not Path("feeds.toml").exists()


def test_an_export_that_cannot_be_written(inside: Any) -> None:
    for target in ("none/out.opml", "."):
        refused = inside("feeds", "export", target)
        assert refused.exit_code == 3
        assert f"cannot write {target}" in refused.stderr


def test_tokens_are_never_shown_unless_asked_for(inside: Any) -> None:
    own = ("--feeds", "own.toml")
    said = [
        inside("feeds", "add", SECRET, *own),
        inside("feeds", "add", SECRET, *own),
        inside("feeds", "list", *own),
        inside("feeds", "list", "--json", *own),
        inside("feeds", "export", *own),
        inside("feeds", "export", "out.opml", *own),
        inside("feeds", "import", "out.opml"),
        inside("feeds", "check", SECRET + "x", *own),
        inside("feeds", "remove", SECRET + "x", *own),
        inside("feeds", "remove", SHOWN, *own),
    ]
    assert [result.exit_code for result in said] == [0, 3, 0, 0, 0, 0, 3, 3, 3, 0]
    for result in said:
        assert TOKEN not in result.output
    assert TOKEN not in Path("out.opml").read_text()
    assert SHOWN in said[3].stdout
    assert "put the secret back" in said[6].stderr
    assert urls("own.toml") == []


def test_tokens_survive_an_export_with_secrets(inside: Any) -> None:
    inside("feeds", "add", SECRET, "--feeds", "own.toml")
    assert inside("feeds", "export", "out.opml", "--with-secrets", "--feeds", "own.toml").exit_code == 0
    assert inside("feeds", "import", "out.opml").exit_code == 0
    assert urls() == [SECRET]


def test_check_says_how_each_feed_answers_and_marks_those_that_did(inside: Any, desk: Any) -> None:
    listed = tomllib.loads(desk.room.feeds_file.read_text())["feeds"]
    gone = f"{desk.room.base_urls['vantage']}/rss/sport.xml"
    good = f"{desk.room.base_urls['meridian']}/rss/all.xml"
    silent = "http://127.0.0.1:9/feed"
    assert {gone, good} <= {feed["url"] for feed in listed}
    Path("own.toml").write_text("".join(f'[[feeds]]\nurl = "{url}"\n' for url in (good, gone, silent)))
    checked = inside("feeds", "check", "--feeds", "own.toml", "--json")
    assert checked.exit_code == 1
    answers = {answer["url"]: answer for answer in json.loads(checked.stdout)}
    assert list(answers) == [good, gone, silent]
    assert answers[good]["failure"] is None
    assert answers[good]["entries"] > 0
    assert answers[gone]["failure"]["reason"] == "gone"
    assert answers[silent]["failure"]["reason"] == "connect"
    verified = {feed["url"]: feed["verified"] for feed in tomllib.loads(Path("own.toml").read_text())["feeds"]}
    assert verified == {good: True, gone: False, silent: False}
    one = inside("feeds", "check", good, "--feeds", "own.toml")
    assert one.exit_code == 0
    assert "feed" in one.stdout


def test_check_refuses_private_addresses_unless_they_are_allowed(
    inside: Any, desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"{desk.room.base_urls['meridian']}/rss/all.xml"
    Path("own.toml").write_text(f'[[feeds]]\nurl = "{good}"\n')
    monkeypatch.setenv("SPYWATCH_ALLOWED_PRIVATE_HOSTS", "")
    checked = inside("feeds", "check", "--feeds", "own.toml", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout)[0]["failure"]["reason"] == "private_address"
