"""What the settings window changes in the files of the user, and takes back."""

from pathlib import Path

import pytest

from dictate.config import config_file
from dictate.errors import ConfigError, DictateError, NotFound
from dictate.hotwords import hotwords_file
from dictate.settings.files import Files

CONFIG = (
    '# mine\n[engine]\nuse = "onnx" # the quick one\n\n[microphone]\n# kept short\nlinger_s = 3\n'
)
WORDS = """\
# mine
words = ["Hyprland"] # a desktop

[[word]]
spelling = "Claude Code" # long
sounds_like = ["clod code", "clawed code"]
weight = 2
language = "en"

[[group]]
name = "code"
words = ["pytest"]
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    found = Files(tmp_path / "config.toml", tmp_path / "hotwords.toml")
    found.config.write_text(CONFIG)
    found.hotwords.write_text(WORDS)
    return found


def test_an_option_is_set_and_everything_else_stays(files: Files) -> None:
    lines, number = files.set_option("microphone.linger_s", "2,5")
    assert lines == ["microphone.linger_s: 3.0 -> 2.5"]
    assert files.config.read_text() == CONFIG.replace("linger_s = 3", "linger_s = 2.5")
    files.undo(number)
    assert files.config.read_text() == CONFIG


def test_an_option_gets_its_default_again(files: Files) -> None:
    files.reset_option("engine.use")
    assert files.options()["values"]["engine.use"] == {"value": "auto", "is_set": False}
    assert "[microphone]\n# kept short\nlinger_s = 3" in files.config.read_text()


def test_an_indented_option_gets_its_default_too(files: Files) -> None:
    files.config.write_text('[engine]\n  use = "onnx"\n')
    files.reset_option("engine.use")
    assert files.options()["values"]["engine.use"]["value"] == "auto"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("microphone.linger_s", "9999", "microphone.linger_s must be from 0 to 3600, not 9999"),
        ("microphone.linger_s", "long", 'microphone.linger_s must be a number, not "long"'),
        ("hotkey.key", "f99", 'hotkey.key cannot be "f99"'),
    ],
)
def test_a_wrong_value_is_refused_in_the_words_of_the_file(
    files: Files, key: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        files.set_option(key, value)
    assert str(error.value).startswith(said)
    section, name = key.split(".")
    quoted = value if value.isdigit() else f'"{value}"'
    with pytest.raises(ConfigError, match=str(error.value).partition(";")[0][:60]):
        config_file.parse(f"[{section}]\n{name} = {quoted}\n")
    assert files.config.read_text() == CONFIG


def test_a_missing_file_is_made_with_all_its_comments(files: Files) -> None:
    files.config.unlink()
    _lines, number = files.set_option("text.numbers", True)
    assert "\nnumbers = true\n" in files.config.read_text()
    files.undo(number)
    assert files.config.read_text() == config_file.default_toml()


def test_a_file_with_a_mistake_is_shown_with_its_line_and_left_alone(files: Files) -> None:
    broken = CONFIG.replace('"onnx"', '"onnx')
    files.config.write_text(broken)
    (problem,) = files.options()["problems"]
    assert problem.startswith("config.toml:3: ")
    with pytest.raises(ConfigError, match=r"config\.toml:3: "):
        files.set_option("text.numbers", True)
    assert files.config.read_text() == broken


def test_a_change_is_not_taken_back_over_a_later_one(files: Files) -> None:
    _lines, number = files.set_option("text.numbers", True)
    later = f"{files.config.read_text()}# by hand\n"
    files.config.write_text(later)
    with pytest.raises(DictateError, match="has changed since"):
        files.undo(number)
    assert files.config.read_text() == later
    with pytest.raises(DictateError, match="any more"):
        files.undo(number)


def test_what_is_the_case_already_is_no_change(files: Files) -> None:
    assert files.set_option("microphone.linger_s", "3") == ([], 0)


def test_the_hotwords_are_told_with_all_that_the_files_say(files: Files) -> None:
    told = files.terms()
    rows = {row["spelling"]: row for row in told["terms"]}
    assert list(rows) == ["Hyprland", "Claude Code", "pytest"]
    assert rows["pytest"]["group"] == "code"
    assert rows["Claude Code"] == {
        "spelling": "Claude Code",
        "weight": 2.0,
        "sounds_like": ["clod code", "clawed code"],
        "language": "en",
        "group": "",
        "state": "active",
        "source": "",
        "place": "hotwords.toml",
    }


def test_a_hotword_is_added_and_taken_back(files: Files) -> None:
    lines, number = files.add_term("Nemotron", "1,5", "nemo tron, nemo drone", "")
    assert lines == ["+ Nemotron"]
    term = hotwords_file.load(files.hotwords, 1.0).term("nemotron")
    assert term is not None
    assert (term.weight, term.sounds_like) == (1.5, ("nemo tron", "nemo drone"))
    assert files.hotwords.read_text().startswith('# mine\nwords = ["Hyprland"] # a desktop\n')
    files.undo(number)
    assert files.hotwords.read_text() == WORDS


def test_a_hotword_gets_exactly_the_fields_that_are_typed(files: Files) -> None:
    files.add_term("Claude Code", "", "clod code", "")
    term = hotwords_file.load(files.hotwords, 1.0).term("Claude Code")
    assert term is not None
    assert (term.weight, term.sounds_like, term.language) == (1.0, ("clod code",), "en")
    assert "# long" in files.hotwords.read_text()
    files.add_term("pytest", "", "", "")
    assert {row["spelling"]: row["group"] for row in files.terms()["terms"]}["pytest"] == ""


def test_a_hotword_is_removed_or_it_is_said_that_there_is_none(files: Files) -> None:
    lines, number = files.remove_term("Claude Code")
    assert lines == ["- Claude Code"]
    with pytest.raises(NotFound, match="no hotword Claude Code"):
        files.remove_term("Claude Code")
    files.undo(number)
    assert files.hotwords.read_text() == WORDS


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("", "", "", ""), "type how the hotword is written"),
        (("Nemotron", "heavy", "", ""), "heavy is none"),
        (("Nemotron", "11", "", ""), "10"),
        (("Nemotron", "", "", "music"), 'no group "music"'),
    ],
)
def test_a_hotword_that_cannot_be_is_refused(
    files: Files, fields: tuple[str, str, str, str], said: str
) -> None:
    with pytest.raises(DictateError, match=said):
        files.add_term(*fields)
    assert files.hotwords.read_text() == WORDS
