from pathlib import Path

import pytest

import feeds
from feeds.opml import read_opml, write_opml
from feeds.registry import RegisterError, add_feed, load_register, mark_verified, remove_feed, save_register
from spywatch.records import Feed, FeedKind

A = Feed(
    url="https://a.example/feed", name="A & <Co>", language="cs", country="CZ", kind=FeedKind.AGENCY, verified=True
)
B = Feed(url="https://b.example/rss?token=s3cr3t")


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "feeds.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_only_the_address_is_required(tmp_path: Path) -> None:
    path = written(tmp_path, '[[feeds]]\nurl = "https://a.example/feed"\n')
    assert load_register(path) == (Feed(url="https://a.example/feed"),)


@pytest.mark.parametrize("suffix", ["toml", "opml"])
def test_a_register_survives_writing_and_reading(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"feeds.{suffix}"
    save_register(path, [A, B])
    assert load_register(path) == (A, B)
    save_register(path, [])
    assert load_register(path) == ()
    assert [child.name for child in tmp_path.iterdir()] == [path.name]


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_bytes(write_opml([A, B], "t", with_secrets=True))
    assert load_register(path) == (A, B)


def test_a_saved_register_keeps_permissions_and_links(tmp_path: Path) -> None:
    path = written(tmp_path, "feeds = []")
    path.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    save_register(link, [A])
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert load_register(path) == (A,)


def test_a_register_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="cannot write"):
        save_register(tmp_path / "missing" / "feeds.toml", [A])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "neither TOML with \\[\\[feeds\\]\\] nor OPML"),
        ("title = 'x'", "neither TOML"),
        ("just words", "neither TOML"),
        (b"\xff\x00\xfe", "neither TOML"),
        ("<html></html>", "not OPML"),
        ("<opml><body><outline", "not well-formed"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><opml>&a;</opml>', "entities"),
        ('<opml><body><outline text="x" xmlUrl="ftp://a.example/"/></body></opml>', "not an http or https address"),
        ("feeds = 3", "\\[\\[feeds\\]\\] tables"),
        ("feeds = [1]", "\\[\\[feeds\\]\\] tables"),
        ("other = 1\n[[feeds]]\nurl='https://a.example'", "unknown key 'other'"),
        ("[[feeds]]\nurl='https://a.example'\nnmae='x'", "feed 1 .*unknown key 'nmae'"),
        ("[[feeds]]\nname='x'", "url is missing"),
        ("[[feeds]]\nurl=''", "url is missing"),
        ("[[feeds]]\nurl=3", "url must be text"),
        ("[[feeds]]\nurl='https://a.example'\nverified='yes'", "verified must be true or false"),
        ("[[feeds]]\nurl='a.example/feed'", "not an http or https address"),
        ("[[feeds]]\nurl='https://a.example/f x'", "not an http or https address"),
        ("[[feeds]]\nurl='https://a.example'\nkind='paper'", "unknown kind 'paper'"),
        ("[[feeds]]\nurl='https://a.example/f'\n[[feeds]]\nurl='http://A.example/f/'", "feed 2 .*twice"),
        ("[[feeds]]\nurl='https://a.example/?key=REDACTED'", "put the secret back"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(RegisterError, match=message) as caught:
        load_register(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "feeds.toml" in str(caught.value)


def test_a_missing_register_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match="there is no feed register"):
        load_register(tmp_path / "none.toml")
    with pytest.raises(RegisterError, match="cannot read"):
        load_register(tmp_path)


def test_messages_keep_secrets(tmp_path: Path) -> None:
    line = "[[feeds]]\nurl='https://a.example/f?token=hush'\n"
    with pytest.raises(RegisterError) as caught:
        load_register(written(tmp_path, line + line))
    assert "hush" not in str(caught.value)


def test_add_and_remove() -> None:
    assert add_feed([A], B) == (A, B)
    with pytest.raises(RegisterError, match="already"):
        add_feed([A, B], Feed(url="http://b.example/rss?token=s3cr3t"))
    with pytest.raises(RegisterError, match="not an http"):
        add_feed([A], Feed(url="file:///etc/passwd"))
    assert remove_feed([A, B], "http://a.example/feed/") == (B,)
    assert remove_feed([A, B], "a & <co>") == (B,)
    assert remove_feed([A, B], "https://b.example/rss?token=REDACTED") == (A,)
    with pytest.raises(RegisterError, match="no feed"):
        remove_feed([A], "https://c.example/")
    with pytest.raises(RegisterError, match="2 feeds"):
        remove_feed([A, Feed(url="https://c.example/", name=A.name)], A.name)


def test_mark_verified() -> None:
    assert [feed.verified for feed in mark_verified([A, B], [B.url])] == [True, True]
    assert [feed.verified for feed in mark_verified([A, B], [A.url], verified=False)] == [False, False]


def test_an_export_hides_secrets_unless_asked() -> None:
    assert b"s3cr3t" not in write_opml([A, B], "t")
    assert b"s3cr3t" in write_opml([A, B], "t", with_secrets=True)
    with pytest.raises(RegisterError, match="put the secret back"):
        read_opml(write_opml([B], "t"))


def test_settings_survive_opml() -> None:
    every = [
        Feed(url=f"https://{kind}.example/f", name=f"N {kind}", language="pt", country="BR", kind=kind)
        for kind in FeedKind
    ]
    assert list(read_opml(write_opml(every, "t\x00itle"))) == every


def test_opml_of_other_programs() -> None:
    body = b"""\n<?xml version="1.0"?><opml version="1.0"><head/><body>
      <outline text="Folder"><outline text="A" xmlurl="https://a.example/feed"/>
        <outline title=" B  b" text="x" type="rss" xmlUrl="feed://b.example/feed"/></outline>
      <outline text="again" xmlUrl="https://a.example/feed/" kind="whatever"/><outline text="a note"/>
      </body></opml>"""
    assert read_opml(body) == (
        Feed(url="https://a.example/feed", name="A"),
        Feed(url="https://b.example/feed", name="B b"),
    )


def test_the_default_register() -> None:
    register = load_register(Path(feeds.__file__).parent / "register.toml")
    assert len(register) >= 45
    assert not any(feed.verified for feed in register)
    assert len({feed.language for feed in register}) >= 10
    assert len({feed.country for feed in register}) >= 20
    assert all(feed.name and feed.language for feed in register)
    assert {FeedKind.AGENCY, FeedKind.BLOG, FeedKind.GOVERNMENT, FeedKind.BROADCASTER} <= {
        feed.kind for feed in register
    }
