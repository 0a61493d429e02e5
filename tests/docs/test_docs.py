"""What the documentation says is held against what exists."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from classifiers.corpus import load_corpus
from classifiers.model import EMPTY, LANGUAGE_NOT_COVERED, NO_WORDS
from classifiers.quality.page import corpus_of_page
from cli.app import app
from cli.console import Exit
from feeds.registry import load_register
from spywatch.records import FeedKind

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, kind: str) -> list[str]:
    return [body for found, body in BLOCK.findall(page.read_text(encoding="utf-8")) if found == kind]


def command_lines(page: Path) -> list[list[str]]:
    """Every call of spywatch in a page: in code blocks and in `inline code`."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page, "") for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]*\bspywatch [^`\n]*)`", BLOCK.sub("", text))
    calls = []
    for line in lines:
        for part in re.split(r"&&|\||;", line):
            words = shlex.split(part, comments=True) if part.count('"') % 2 == 0 and part.count("'") % 2 == 0 else []
            while words and (words[0] == "cd" or "=" in words[0] or re.fullmatch(r"[\d*]+", words[0])):
                words = words[2:] if words[0] == "cd" else words[1:]
            if words and words[0].rpartition("/")[2] == "spywatch" and len(words) > 1:
                calls.append(words[1:])
    return calls


def test_the_pages_do_call_the_command() -> None:
    assert sum(len(command_lines(page)) for page in PAGES) > 25


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_in_the_docs_exists(page: Path) -> None:
    for words in command_lines(page):
        if words[0] in {"COMMAND", "NAME"}:
            continue
        command = get_command(app)
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{page.name}: spywatch {' '.join(words)}"
            command, words = command.commands[words[0]], words[1:]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        used = {word for word in words if word.startswith("--")}
        assert used <= known, f"{page.name}: {used - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_page_is_linked_from_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES[1:] if f"docs/{page.name}" not in text} == set()


def test_the_table_of_exit_codes_is_complete() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)} == {int(code) for code in Exit}


def test_every_reason_for_no_score_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert {f"`{reason}`" for reason in (EMPTY, NO_WORDS, LANGUAGE_NOT_COVERED)} <= set(re.findall(r"`\w+`", text))


def test_every_kind_of_feed_is_documented_and_the_example_loads(tmp_path: Path) -> None:
    page = ROOT / "docs" / "adding-a-feed.md"
    text = page.read_text(encoding="utf-8")
    assert {f"`{kind}`" for kind in FeedKind} <= set(re.findall(r"`\w+`", text))
    (tmp_path / "feeds.toml").write_text(blocks(page, "toml")[0], encoding="utf-8")
    assert [feed.name for feed in load_register(tmp_path / "feeds.toml")] == ["Example Courier"]


def test_the_example_of_a_new_category_becomes_a_category(tmp_path: Path) -> None:
    page = ROOT / "docs" / "adding-a-category.md"
    indented = re.findall(r"^   ```toml\n(.*?)^   ```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    definition, example = (re.sub(r"^   ", "", block, flags=re.MULTILINE) for block in indented)
    corpus = tmp_path / "corpus"
    shutil.copytree(ROOT / "seed_corpus", corpus)
    folder = corpus / "disinformation"
    folder.mkdir()
    (folder / "definition.toml").write_text(definition, encoding="utf-8")
    assert tomllib.loads(example)["example"][0]["labels"] == ["disinformation"]
    for number in range(1, 6):
        again = example.replace("-001", f"-{number:03}").replace("Forged", f"Forged for the {number}. time")
        again = again.replace("The letter", f"Letter {number}")
        (folder / f"{number}.toml").write_text(again, encoding="utf-8")
    assert "disinformation" in {str(category.name) for category in load_corpus(corpus).categories}


def test_the_settings_file_of_the_docs_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spywatch.settings import load_settings

    monkeypatch.chdir(tmp_path)
    Path("spywatch.toml").write_text(blocks(ROOT / "docs" / "settings.md", "toml")[0], encoding="utf-8")
    assert load_settings().host_delay_seconds == 2.0


def test_the_quality_report_is_of_this_corpus() -> None:
    """It is written by `make docs`, never by hand; run that after a change of the examples."""
    page = (ROOT / "docs" / "quality.md").read_text(encoding="utf-8")
    assert corpus_of_page(page) == load_corpus(ROOT / "seed_corpus").version
    for plot in re.findall(r"\]\((quality/[^)]+\.svg)\)", page):
        assert (ROOT / "docs" / plot).is_file()
    assert "quality/" in page
