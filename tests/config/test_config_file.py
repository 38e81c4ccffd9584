"""config.toml: what may be written, what is told, and what a command leaves of the file."""

import dataclasses
import re
import stat
from pathlib import Path

import pytest

from dictate.config import config_file
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.profiles import engine_of, engines_of, key_of, language_of
from dictate.config.schema import TABLES, Settings
from dictate.errors import ConfigError, joined

ROOT = Path(__file__).parents[2]


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config_file.parse(text)
    return caught.value.problems


def test_an_empty_text_and_a_missing_file_mean_the_defaults(tmp_path: Path) -> None:
    assert config_file.parse("") == Settings()
    assert config_file.load(tmp_path / "config.toml") == Settings()


def test_what_is_set_counts_and_the_rest_keeps_its_default() -> None:
    settings = config_file.parse('[engine]\nuse = "pocketsphinx"\n[journal]\nkeep_mb = 5\n')
    assert settings.engine.use == "pocketsphinx"
    assert settings.engine.language == Settings().engine.language
    assert settings.journal.keep_mb == 5.0
    assert type(settings.journal.keep_mb) is float


@pytest.mark.parametrize(
    ("section", "line", "told"),
    [
        ("engine", 'uze = "auto"', "there is no option uze in [engine]; did you mean use?"),
        ("engine", "linger_s = 1.0", "[engine]; did you mean microphone.linger_s?"),
        ("engine", "xyzzy = 1", "[engine]; it has use, language, tail_ms, adaptive_tail"),
        ("engine", "tail_ms = 2.5", "engine.tail_ms must be a whole number, not 2.5"),
        ("engine", "tail_ms = true", "engine.tail_ms must be a whole number, not true"),
        ("engine", "tail_ms = 2001", "engine.tail_ms must be from 0 to 2000, not 2001"),
        ("engine", "deadline_s = nan", "engine.deadline_s must be a number, not nan"),
        ("engine", "deadline_s = inf", "engine.deadline_s must be a number, not inf"),
        ("engine", "deadline_s = '5'", 'engine.deadline_s must be a number, not "5"'),
        ("engine", "language = 1979-05-27", "engine.language must be a text in quotes, not 1979-0"),
        ("engine", "language = ['en']", "engine.language must be a text in quotes, not a list"),
        ("engine", "language = {a = 1}", "engine.language must be a text in quotes, not a table"),
        ("engine", 'use = "poketsphinx"', '"poketsphinx"; did you mean pocketsphinx?'),
        ("microphone", 'keep_open = "lingr"', '"lingr"; did you mean linger?'),
        ("journal", "keep_audio = 1", "journal.keep_audio must be true or false, not 1"),
    ],
)
@pytest.mark.fault("E2")
def test_a_wrong_line_is_told_with_its_number(section: str, line: str, told: str) -> None:
    (problem,) = problems_of(f"# a comment\n\n[{section}]\n{line}\n")
    assert problem.startswith("config.toml:4: ")
    assert told in problem


@pytest.mark.fault("E2")
def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    text = """\
    use = "auto"
    [engin]
    language = "en"

    [[speech]]
    [text]
    spoken_newlines = [
       # not a list at all
       1,
    ]
    trailing_space = "no" # comment = 1
    [hotkey]
    tap_ms = 49
    "ke\\u0079" = 5
    """
    assert [problem.split(": ")[0] for problem in problems_of(text)] == [
        f"config.toml:{line}" for line in (1, 2, 5, 7, 11, 13, 14)
    ]


def test_an_option_outside_its_table_is_told_where_it_belongs() -> None:
    (problem,) = problems_of("tap_ms = 300\n")
    assert problem == "config.toml:1: tap_ms must be below its table: [hotkey]"


@pytest.mark.parametrize("use", ["wav:/tmp/talk.wav", "portaudio", "auto"])
def test_a_backend_may_be_given_with_its_argument(use: str) -> None:
    assert config_file.parse(f'[microphone]\nuse = "{use}"\n').microphone.use == use


def test_no_hotkey_is_a_choice_too() -> None:
    assert config_file.parse('[hotkey]\nuse = "none"\n').hotkey.use == "none"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[engine]\nuse = auto\n", "config.toml:2: Invalid value, text needs quotes (column 7)"),
        ("[engine]\nuse = \n", "config.toml:2: Invalid value (column 7)"),
        ('[engine]\nuse = "auto\n', "config.toml:2: the closing quote is missing (column 12)"),
        ('[engine]\nuse = "auto', "config.toml:2: the closing quote is missing (column 12)"),
        ("use = 'auto\n", "config.toml:2: the closing quote is missing"),
        ("use = \u201cauto\u201d", "config.toml:1: text needs straight quotes (column 7)"),
        ('words = ["a" "b"]', "config.toml:1: a comma or ] is missing (column 14)"),
        ('use = "C:\\Users"', "config.toml:1: a \\ in double quotes begins a code: write it twice"),
        ('use = "C:\\data"', "config.toml:1: a \\ in double quotes begins a code: write it twice"),
        ("[engine]\na = 1\na = 2\n", "config.toml:3: this is set further up already (column 6)"),
        ("[engine]\r\n\r\nuse = x\r\n", "config.toml:3: Invalid value, text needs quotes (colum"),
    ],
)
@pytest.mark.fault("E1")
def test_broken_toml_is_told_with_line_and_column(text: str, told: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(told)


def test_changes_are_told_and_those_that_need_a_restart_say_so() -> None:
    old = Settings()
    new = config_file.parse(
        '[engine]\nuse = "pocketsphinx"\n[hotkey]\nuse = "none"\n[text]\ntrailing_space = true\n'
        '[microphone]\ndevice = "USB"\n'
    )
    assert config_file.changes(old, new) == [
        'microphone.device: "" -> USB',
        "engine.use: auto -> pocketsphinx",
        "text.spacing: auto -> trailing",
        "hotkey.use: auto -> none (after a restart)",
    ]
    assert config_file.changes(new, new) == []


@pytest.mark.parametrize(
    ("lines", "spacing"),
    [
        ("trailing_space = true", "trailing"),
        ("trailing_space = false", "auto"),
        ('trailing_space = true\nspacing = "none"', "none"),
        ('spacing = "trailing"\ntrailing_space = false', "trailing"),
    ],
)
def test_an_older_name_of_an_option_still_counts(lines: str, spacing: str) -> None:
    assert config_file.parse(f"[text]\n{lines}\n").text.spacing == spacing


@pytest.mark.parametrize("value", ['"no"', "1", "0.0", "[]"])
def test_an_older_name_with_a_wrong_value_is_told_with_its_name_of_today(value: str) -> None:
    (problem,) = problems_of(f"[text]\ntrailing_space = {value}\n")
    assert problem.startswith("config.toml:2: text.trailing_space cannot be ")
    assert problem.endswith("; it is spacing now")


def test_a_command_that_sets_an_option_wins_over_its_older_name(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[text]\ntrailing_space = true # as ever\n")
    config_file.set_option(path, "text.spacing", "none")
    assert config_file.load(path).text.spacing == "none"
    assert "# as ever" in path.read_text()


def test_every_option_has_a_description() -> None:
    described = {
        (section.name, option.name): option.description
        for section in config_file.describe()
        for option in section.options
    }
    declared = {
        (section.name, option.name)
        for section in TABLES
        for option in dataclasses.fields(getattr(Settings(), section.name))
        if not option.metadata.get("hidden")
    } | {
        (name, option.name)
        for name, table in (("profile", ProfileSettings), ("key", KeySettings))
        for option in dataclasses.fields(table)
        if not option.metadata.get("hidden")
    }
    assert set(described) == declared
    assert all(text.endswith(".") for text in described.values())


def test_the_default_file_sets_nothing_and_shows_everything() -> None:
    text = config_file.default_toml()
    assert config_file.parse(text) == Settings()
    tables, arrays = text.split("\n#[[profile]]\n")
    shown = re.sub(r"^#(\w+ = )", r"\1", tables, flags=re.MULTILINE)
    assert config_file.parse(shown) == Settings()
    shown = re.sub(r"^#(\w+ = |\[\[)", r"\1", f"#[[profile]]\n{arrays}", flags=re.MULTILINE)
    examples = config_file.parse(shown)
    assert (len(examples.profile), len(examples.key)) == (1, 1)
    assert examples.key[0].profile == examples.profile[0].name
    for section in config_file.describe():
        for option in section.options:
            assert f"\n#{option.line}\n" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("config/config.toml", config_file.default_toml),
        ("docs/reference/config.md", config_file.docs),
    ],
)
def test_the_files_made_from_the_code_are_up_to_date(name: str, made: object) -> None:
    assert callable(made)
    stale = f"{name} is stale: run python -m dictate.config.config_file --write"
    assert (ROOT / name).read_text(encoding="utf-8") == made(), stale


class TestSetOption:
    """`set_option` changes one line and nothing else."""

    def test_it_takes_the_place_of_the_line_that_showed_it(self, tmp_path: Path) -> None:
        path = tmp_path / "dictate" / "config.toml"
        config_file.set_option(path, "engine.use", "pocketsphinx")
        expected = config_file.default_toml().splitlines()
        engine = expected.index("[engine]")
        expected[expected.index('#use = "auto"', engine)] = 'use = "pocketsphinx"'
        assert path.read_text().splitlines() == expected
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_value_is_replaced_and_its_comment_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("# mine\n[engine]\ntail_ms = 100  # I let go early\n\n[text] # none\n")
        path.chmod(0o640)
        config_file.set_option(path, "engine.tail_ms", 250)
        assert path.read_text() == (
            "# mine\n[engine]\ntail_ms = 250  # I let go early\n\n[text] # none\n"
        )
        assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def test_a_new_option_joins_its_table_above_the_comments_on_the_next(
        self, tmp_path: Path
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_text("[engine]\nuse = 'auto'\n\n# how it is written\n[text]\n")
        config_file.set_option(path, "engine.tail_ms", 250)
        config_file.set_option(path, "hotkey.key", "f1")
        assert path.read_text() == (
            "[engine]\nuse = 'auto'\ntail_ms = 250\n\n# how it is written\n[text]\n"
            '\n[hotkey]\nkey = "f1"\n'
        )

    @pytest.mark.parametrize("text", ["engine = {use = 'auto'}\n", "engine.use = 'auto'\n"])
    def test_tables_written_in_one_line_work_too(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "config.toml"
        path.write_text(text)
        config_file.set_option(path, "engine.tail_ms", 250)
        assert config_file.load(path).engine.tail_ms == 250

    def test_a_symlink_stays_one(self, tmp_path: Path) -> None:
        dotfiles = tmp_path / "dotfiles"
        dotfiles.mkdir()
        (dotfiles / "dictate.toml").write_text("[engine]\n")
        path = tmp_path / "config.toml"
        path.symlink_to(dotfiles / "dictate.toml")
        config_file.set_option(path, "engine.tail_ms", 250)
        assert path.is_symlink()
        assert (dotfiles / "dictate.toml").read_text() == "[engine]\ntail_ms = 250\n"
        assert list(dotfiles.iterdir()) == [dotfiles / "dictate.toml"]

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            ("engine.tail_ms", "5"),
            ("engine.tail_ms", True),
            ("engine.tail_ms", -1),
            ("engine.tial_ms", 5),
            ("engin.tail_ms", 5),
            ("tail_ms", 5),
            ("engine.use", "nonsense"),
            ("", ""),
        ],
    )
    def test_nonsense_is_refused_and_the_file_stays(
        self, tmp_path: Path, option: str, value: str | int
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_text("[engine]\n")
        with pytest.raises(ConfigError):
            config_file.set_option(path, option, value)
        assert path.read_text() == "[engine]\n"

    def test_a_broken_file_is_not_touched(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text("[engine\n")
        with pytest.raises(ConfigError, match=r"config\.toml:1: "):
            config_file.set_option(path, "engine.tail_ms", 5)
        assert path.read_text() == "[engine\n"


@pytest.mark.parametrize(
    ("engine", "second", "wanted", "one"),
    [
        ("", "", "auto//en", True),
        ('use = "qwen3"\nmodel = "m"', 'language = "hi"', "qwen3/m/hi", True),
        ('use = "nemotron"\nmodel = "m"', 'engine = "qwen3"', "qwen3//en", False),
        ('use = "nemotron"\nmodel = "m"', 'model = "n"', "nemotron/n/en", False),
        ('use = "qwen3"', 'engine = "qwen3"\noutput = "clipboard"', "qwen3//en", True),
    ],
)
def test_what_is_empty_in_the_second_way_is_as_in_the_main_one(
    engine: str, second: str, wanted: str, *, one: bool
) -> None:
    settings = config_file.parse(f"[engine]\n{engine}\n[second]\n{second}\n")
    found = engine_of(settings, "second")
    assert f"{found.use}/{found.model}/{found.language}" == wanted
    used = engines_of(settings)
    assert (used.get("second", used["main"]) is used["main"]) is one


def test_the_second_engine_is_no_fall_back_of_its_own() -> None:
    text = '[engine]\nuse = "wyoming"\nfallback = "qwen3"\n[second]\nengine = "{}"\n'
    assert engine_of(config_file.parse(text.format("qwen3")), "second").fallback == "none"
    assert engine_of(config_file.parse(text.format("nemotron")), "second").fallback == "qwen3"


# Keys and languages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [("F9 ", "f9"), ("ctrl + space", "ctrl+space"), ("Ctrl+Alt+D", "ctrl+alt+d")],
)
def test_a_key_is_kept_as_dictate_spells_it(written: str, kept: str) -> None:
    settings = config_file.parse(
        f'[hotkey]\nkey = "{written}"\ncancel_key = " Escape"\n[second]\nkey = "F8 "'
    )
    assert (settings.hotkey.key, settings.hotkey.cancel_key, key_of(settings, "second")) == (
        *(kept, "escape", "f8"),
    )


@pytest.mark.parametrize("key", ["a", "7", "ä", "+", "space", "return", "escape", "shift+a"])
@pytest.mark.parametrize(
    ("table", "option"),
    [("hotkey", "key"), ("hotkey", "undo_key"), ("hotkey", "correct_key"), ("second", "key")],
)
def test_a_key_that_people_type_with_needs_a_confirmation(
    table: str, option: str, key: str
) -> None:
    text = f'[{table}]\n{option} = "{key}"\n'
    (problem,) = problems_of(text)
    name = 'the key of profile "second"' if table == "second" else f"{table}.{option}"
    assert problem.startswith(f"config.toml:2: {name} is {key}: you could not type it")
    assert "take_typing_keys = true under [hotkey]" in problem
    confirmed = "take_typing_keys = true\n"
    text = text + confirmed if table == "hotkey" else f"{text}[hotkey]\n{confirmed}"
    settings = config_file.parse(text)
    found = settings.key[0] if table == "second" else settings.hotkey
    assert getattr(found, option) == key


@pytest.mark.parametrize(
    "key", ["f9", "ctrl+a", "alt+space", "super+shift+return", "pause", "alt_gr"]
)
def test_a_key_that_nobody_types_with_needs_none(key: str) -> None:
    assert config_file.parse(f'[hotkey]\nkey = "{key}"').hotkey.key


def test_escape_may_cancel_and_a_letter_may_not() -> None:
    assert config_file.parse('[hotkey]\ncancel_key = "escape"').hotkey.cancel_key == "escape"
    assert "you could not type it" in problems_of('[hotkey]\ncancel_key = "c"')[0]


def test_two_keys_that_are_the_same_are_named() -> None:
    (problem,) = problems_of('[hotkey]\nkey = "f9"\npaste_key = "F9"')
    assert problem == (
        "config.toml:3: hotkey.paste_key is f9, and so is hotkey.key: choose another key"
    )


def test_a_language_that_is_no_code_is_refused() -> None:
    for table in ("engine", "second"):
        (problem,) = problems_of(f'[{table}]\nlanguage = "english"')
        assert problem == (
            f'config.toml:2: {table}.language cannot be "english": this is not a language code, '
            'such as "en" or "de-CH"; did you mean "en"?'
        )
    assert language_of(config_file.parse('[second]\nlanguage = ""'), "second") == "en"


def test_what_follows_a_question_is_a_sentence_of_its_own() -> None:
    assert joined("no such engine", "the old settings stay") == (
        "no such engine; the old settings stay"
    )
    assert joined("did you mean silero?", "the old settings stay") == (
        "did you mean silero? The old settings stay"
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_an_edit_keeps_the_line_ends(tmp_path: Path, end: str) -> None:
    path = tmp_path / "config.toml"
    before = '# mine\n[engine]\nuse = "nemotron" # why\n\n[[profile]]\nname = "a"\n'
    path.write_bytes(before.replace("\n", end).encode())
    config_file.set_option(path, "engine.use", "qwen3")
    config_file.set_option(path, "microphone.device", "headset")
    config_file.set_profile_option(path, "a", "engine", "qwen3")
    config_file.set_profile_option(path, "b", "engine", "qwen3")
    config_file.unset_option(path, "microphone.device")
    after = path.read_bytes().decode()
    assert after.count(end) == after.count("\n")
    assert "\r" in after or end == "\n"
    assert after.startswith(f'# mine{end}[engine]{end}use = "qwen3" # why{end}')
    settings = config_file.load(path)
    assert [(each.name, each.engine) for each in settings.profile] == [
        ("a", "qwen3"),
        ("b", "qwen3"),
    ]


@pytest.mark.parametrize("profile", ["a", "b", "new"])
def test_profiles_in_one_list_can_be_changed_too(tmp_path: Path, profile: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text('profile = [\n  # one\n  {name = "a"}, {name = "b"}, # two\n]\n[engine]\n')
    config_file.set_profile_option(path, profile, "engine", "qwen3")
    after = path.read_text()
    assert "# one" in after
    assert "# two" in after
    found = {each.name: each.engine for each in config_file.load(path).profile}
    assert list(found)[:2] == ["a", "b"]
    assert [name for name, engine in found.items() if engine] == [profile]
