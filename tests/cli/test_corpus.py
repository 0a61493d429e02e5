"""`spywatch corpus`: show, check, report; on a small corpus written here."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli.corpus import corpus as commands
from tests.classifiers.conftest import BRIDGE, CHEESE, OTHER, TOWNS, toml_of, write_folder

Call = Callable[..., Any]
NEWS = [
    "Police at {0} found the embassy clerk's lost umbrella in a tram, folded and dry, and gave it back on Monday.",
    "A court in {0} fined two officers for parking on the lawn of the embassy while they bought sandwiches.",
    "The minister cut a ribbon at {0}; soldiers played a waltz and diplomats ate strawberries under a tent.",
]
WRONG = "A span of girders fell when its rusty pillar cracked; engineers shut the bridge."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two categories and a background, without copies."""
    corpus = tmp_path / "corpus"
    for name, texts in (("bridge", BRIDGE), ("cheese", CHEESE), ("background", [*OTHER, *NEWS])):
        write_folder(corpus, name, [])
        labels = [] if name == "background" else [name]
        examples = [
            toml_of(
                f"{name}-{number:03}",
                labels,
                f"{text.format(TOWNS[number % 3])} Police came, a minister spoke.",
                f"{name} news {'abcdefghi'[number]}",
            )
            for number, text in enumerate(texts)
        ]
        (corpus / name / "some.toml").write_text("".join(examples), encoding="utf-8")
    return corpus


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Call:
    """The command in an empty folder; exceptions that it does not turn into a sentence come out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")

    def run(*arguments: str | Path) -> Any:
        app = typer.Typer()
        app.add_typer(commands, name="corpus")
        result = CliRunner().invoke(app, ["corpus", *map(str, arguments)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def add(folder: Path, name: str, identity: str, text: str) -> None:
    labels = [] if name == "background" else [name]
    file = folder / name / "more.toml"
    file.write_text(toml_of(identity, labels, text, f"title of {identity}"), encoding="utf-8")


def test_a_sound_corpus_ends_with_0(call: Call, folder: Path) -> None:
    result = call("check", "--corpus", folder, "--quick")
    assert result.exit_code == 0
    assert "Duplicates: 0" in result.stdout
    assert "nothing that must be mended" in result.stdout
    assert "What cross-validation gets wrong" not in result.stdout


def test_a_copy_with_another_label_ends_with_1_and_names_both(call: Call, folder: Path) -> None:
    add(folder, "cheese", "cheese-900", f"{BRIDGE[0].format(TOWNS[0])} Police came, a minister spoke.")
    result = call("check", "--corpus", folder, "--quick", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["must_mend"] is True
    assert [(one["first"], one["second"], one["how"]) for one in found["copies"]] == [
        ("bridge-000", "cheese-900", "same text")
    ]
    assert [one["labels"] for one in found["conflicts"] if one["certain"]] == [[["bridge"], ["cheese"]]]
    shown = call("check", "--corpus", folder, "--quick")
    assert shown.exit_code == 1
    assert "must be mended" in shown.stdout
    assert "cheese-900" in shown.stdout


def test_the_whole_check_shows_mistakes_curves_and_writes_the_plot(call: Call, folder: Path, tmp_path: Path) -> None:
    add(
        folder,
        "cheese",
        "cheese-900",
        WRONG,
    )
    result = call("check", "--corpus", folder, "--mistakes", "0", "--plots", tmp_path / "plots" / "deep")
    assert result.exit_code == 0
    assert "What cross-validation gets wrong" in result.stdout
    assert "cheese-900" in result.stdout
    assert "Learning curves" in result.stdout
    assert "additions that would help most" in result.stdout
    assert (tmp_path / "plots" / "deep" / "learning-curves.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_the_json_of_the_whole_check_has_every_mistake(call: Call, folder: Path) -> None:
    add(
        folder,
        "cheese",
        "cheese-900",
        WRONG,
    )
    found = json.loads(call("check", "--corpus", folder, "--json").stdout)
    assert {"corpus", "copies", "conflicts", "phrases", "shortcuts", "mistakes", "curves", "additions"} <= set(found)
    missed = [one for one in found["mistakes"] if one["id"] == "cheese-900" and one["fault"] == "missed"]
    assert len(missed) == 1
    assert missed[0]["reason"]
    assert missed[0]["score"] < missed[0]["alert"]
    assert [curve["category"] for curve in found["curves"]] == ["bridge", "cheese"]


@pytest.mark.parametrize("command", ["check", "report", "show"])
def test_a_corpus_that_cannot_be_read_ends_with_3(call: Call, tmp_path: Path, command: str) -> None:
    result = call(command, "--corpus", tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "there is no such corpus folder" in result.stderr


def test_a_broken_example_is_named_with_file_and_line(call: Call, folder: Path) -> None:
    (folder / "cheese" / "more.toml").write_text(toml_of("cheese-901", ["chese"], "Text."), encoding="utf-8")
    result = call("check", "--corpus", folder)
    assert result.exit_code == 3
    assert "more.toml, line 1" in result.stderr
    assert "chese" in result.stderr


def test_plots_of_a_quick_check_are_wrong_usage(call: Call, folder: Path) -> None:
    assert call("check", "--corpus", folder, "--quick", "--plots", "here").exit_code == 2


def test_the_report_is_written_with_its_plots_and_twice_the_same(call: Call, folder: Path, tmp_path: Path) -> None:
    assert call("report", "--corpus", folder, "--out", "one/quality.md").exit_code == 0
    assert call("report", "--corpus", folder, "--out", "two/quality.md").exit_code == 0
    written = {
        place: {path.relative_to(tmp_path / place): path.read_bytes() for path in (tmp_path / place).rglob("*.*")}
        for place in ("one", "two")
    }
    assert written["one"] == written["two"]
    assert set(written["one"]) == {
        Path("quality.md"),
        Path("quality/learning-curves.svg"),
        Path("quality/reliability.svg"),
        Path("quality/scores.svg"),
    }


def test_a_report_of_another_corpus_is_another(call: Call, folder: Path, tmp_path: Path) -> None:
    call("report", "--corpus", folder, "--out", "quality.md")
    before = (tmp_path / "quality.md").read_text(encoding="utf-8")
    shutil.copytree(folder, tmp_path / "other")
    add(tmp_path / "other", "background", "background-900", "Lemons fell in price at the wholesale market on Friday.")
    call("report", "--corpus", tmp_path / "other", "--out", "quality.md")
    assert (tmp_path / "quality.md").read_text(encoding="utf-8") != before


def test_a_report_that_cannot_be_written_says_so(call: Call, folder: Path, tmp_path: Path) -> None:
    assert call("report", "--corpus", folder, "--out", tmp_path).exit_code == 3
    (tmp_path / "file").write_text("")
    result = call("report", "--corpus", folder, "--out", tmp_path / "file" / "quality.md")
    assert result.exit_code == 3
    assert "cannot write" in result.stderr


def test_show_tells_of_all_of_one_category_and_of_one_example(call: Call, folder: Path) -> None:
    everything = json.loads(call("show", "--corpus", folder, "--json").stdout)
    assert [(one["name"], one["examples"]) for one in everything["categories"]] == [
        ("bridge", 6),
        ("cheese", 6),
        ("background", 9),
    ]
    category = json.loads(call("show", "cheese", "--corpus", folder, "--json").stdout)
    assert (category["title"], category["examples"]) == ("Cheese", 6)
    assert category["counts"]["languages"] == {"en": 6}
    assert "Texts on cheese." in call("show", "cheese", "--corpus", folder).stdout
    example = json.loads(call("show", "cheese-002", "--corpus", folder, "--json").stdout)
    assert example["labels"] == ["cheese"]
    assert CHEESE[2].format(TOWNS[2])[:40] in call("show", "cheese-002", "--corpus", folder).stdout
    assert "9 examples" in call("show", "background", "--corpus", folder).stdout


def test_show_of_what_there_is_not_suggests_what_there_is(call: Call, folder: Path) -> None:
    result = call("show", "chese", "--corpus", folder)
    assert result.exit_code == 3
    assert "did you mean cheese?" in result.stderr
