from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.corpus import CorpusError, load_corpus


def example(identity: str, labels: str = '["bridge"]', rest: str = 'text = "A girder."') -> str:
    return f'[[example]]\nid = "{identity}"\nlabels = {labels}\nlanguage = "en"\ntitle = "t"\n{rest}\n'


def add(corpus: Path, text: str, folder: str = "bridge") -> Path:
    file = corpus / folder / "added.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_reads_categories_examples_and_languages(small_corpus: Path) -> None:
    corpus = load_corpus(small_corpus)
    assert corpus.names == ("bridge", "cheese")
    assert corpus.languages == {"en"}
    assert len(corpus.of("bridge")) == len(corpus.background) == 18
    assert [example.id for example in corpus.examples] == sorted(example.id for example in corpus.examples)


def test_a_new_category_is_a_new_folder(small_corpus: Path) -> None:
    folder = small_corpus / "weather"
    folder.mkdir()
    folder.joinpath("definition.toml").write_text('title = "Weather"\nsummary = "Rain and sun."\n')
    folder.joinpath("rain.toml").write_text("".join(example(f"w-{n}", '["weather"]') for n in range(5)))
    assert load_corpus(small_corpus).names == ("bridge", "cheese", "weather")


def test_the_hash_follows_content_and_not_layout(small_corpus: Path) -> None:
    before = load_corpus(small_corpus).hash
    file = small_corpus / "bridge" / "some.toml"
    file.rename(file.with_name("other.toml"))
    assert load_corpus(small_corpus).hash == before
    add(small_corpus, example("bridge-900"))
    assert load_corpus(small_corpus).hash != before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (example("x-1", '["bridge", "ghost"]'), ["line 1", "'x-1'", "unknown label 'ghost'", "bridge, cheese"]),
        (example("x-0") + example("x-1", '["cheese"]'), ["line 7", "'x-1'", "not among its labels"]),
        (example("bridge-001"), ["'bridge-001'", "already used", "some.toml, line"]),
        (example("x-1", rest='text = "  "'), ["'x-1'", "text is missing or empty"]),
        ('[[example]]\nid = "x-1"\nlanguage = "en"\ntext = "t"\n', ["'x-1'", "labels are missing"]),
        ('[[example]]\nlabels = ["bridge"]\ntext = "t"\n', ["number 1", "id is missing"]),
        (example("x-1").replace('"en"', '""'), ["'x-1'", "language is missing"]),
        ("[[example\n", ["not valid TOML", "line 1"]),
        ("", ["no [[example]]"]),
    ],
)
def test_names_file_line_and_example_of_what_is_wrong(small_corpus: Path, text: str, says: list[str]) -> None:
    file = add(small_corpus, text)
    with pytest.raises(CorpusError) as caught:
        load_corpus(small_corpus)
    for part in [str(file), *says]:
        assert part in str(caught.value)


def test_a_label_in_the_background_is_refused(small_corpus: Path) -> None:
    add(small_corpus, example("x-1"), folder="background")
    with pytest.raises(CorpusError, match="labels must be"):
        load_corpus(small_corpus)


def test_bad_encoding_names_the_line(small_corpus: Path) -> None:
    file = small_corpus / "cheese" / "latin.toml"
    file.write_bytes(b"# one\n# two \xe9\n")
    with pytest.raises(CorpusError, match=r"latin\.toml, line 2: not UTF-8"):
        load_corpus(small_corpus)


@pytest.mark.parametrize(("count", "says"), [(0, "no example"), (3, "only 3 examples"), (4, "add 1 more")])
def test_too_few_examples_say_what_to_add(small_corpus: Path, count: int, says: str) -> None:
    (small_corpus / "cheese" / "some.toml").unlink()
    if count:
        texts = "".join(example(f"c-{n}", '["cheese"]') for n in range(count))
        add(small_corpus, texts, folder="cheese")
    with pytest.raises(CorpusError, match=says) as caught:
        load_corpus(small_corpus)
    assert "[[example]]" in str(caught.value)


def test_missing_definition_background_and_folder(small_corpus: Path, tmp_path: Path) -> None:
    (small_corpus / "cheese" / "definition.toml").unlink()
    with pytest.raises(CorpusError, match=r"definition\.toml: missing"):
        load_corpus(small_corpus)
    with pytest.raises(CorpusError, match="no such corpus folder"):
        load_corpus(tmp_path / "nowhere")
    (small_corpus / "cheese" / "definition.toml").write_text('title = "Cheese"\nsummary = "s"\n')
    (small_corpus / "background").rename(tmp_path / "elsewhere")
    with pytest.raises(CorpusError, match="background: missing"):
        load_corpus(small_corpus)


def test_a_stray_example_does_not_cover_its_language(small_corpus: Path) -> None:
    foreign = [example(f"x-{n}", rest='text = "Ein Pfeiler."').replace('"en"', '"de"') for n in range(5)]
    add(small_corpus, "".join(foreign))
    assert load_corpus(small_corpus).languages == {"en"}
    add(small_corpus, "".join(one.replace('"x-', '"y-').replace('["bridge"]', "[]") for one in foreign), "background")
    assert load_corpus(small_corpus).languages == {"de", "en"}


def test_background_without_a_kind_is_general_and_an_unknown_one_is_refused(small_corpus: Path) -> None:
    add(small_corpus, example("x-1", "[]"), "background")
    assert {example.kind for example in load_corpus(small_corpus).background} == {"general"}
    file = add(small_corpus, example("x-1", "[]", 'text = "Rain."\nkind = "generel"'), "background")
    with pytest.raises(
        CorpusError, match="unknown kind 'generel'; background is look-alike, security, general"
    ) as error:
        load_corpus(small_corpus)
    assert str(file) in str(error.value)


def test_a_key_that_does_not_exist_is_refused(small_corpus: Path) -> None:
    add(small_corpus, example("x-1", rest='text = "A girder."\nyaer = 1987'))
    with pytest.raises(CorpusError, match="unknown key 'yaer'"):
        load_corpus(small_corpus)


def test_a_byte_order_mark_and_capitals_in_a_suffix_do_no_harm(small_corpus: Path) -> None:
    file = add(small_corpus, example("x-1"))
    file.rename(file.with_suffix(".TOML"))
    file.with_suffix(".TOML").write_bytes(b"\xef\xbb\xbf" + example("x-1").encode())
    assert "x-1" in {example.id for example in load_corpus(small_corpus).examples}
