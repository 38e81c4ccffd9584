"""Profiles in config.toml: what a file says, what is wrong with it, and where each one is on."""

from dataclasses import fields
from pathlib import Path

import pytest

from dictate.config import config_file
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.profiles import (
    by_application,
    engine_of,
    engines_of,
    fitting,
    key_of,
    language_of,
    names_of,
    text_of,
)
from dictate.config.schema import Settings, TextSettings
from dictate.errors import ConfigError

WHOLE = """
[[profile]]
name = "chat"
applications = ["Slack", "org.telegram.desktop"]
titles = ["*- Gmail*"]
spoken_punctuation = true
send = "enter"
replacements = { "brb" = "be right back" }
[[profile]]
name = "german"
language = "de"
spoken_commands = false
[[key]]
key = "F9"
profile = "german"
[[key]]
key = "f10"
profile = "main"
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        config_file.parse(text)
    return raised.value.problems


def test_a_profile_has_what_the_file_says_and_the_rest_is_as_without_it() -> None:
    settings = config_file.parse(WHOLE)
    assert names_of(settings) == ("main", "chat", "german")
    assert settings.profile[0] == ProfileSettings(
        "chat",
        ("Slack", "org.telegram.desktop"),
        ("*- Gmail*",),
        send="enter",
        replacements=(("brb", "be right back"),),
        text=(("spoken_punctuation", "on"),),
    )
    assert settings.key == (KeySettings("f9", "german"), KeySettings("f10", "main"))
    assert [key_of(settings, name) for name in names_of(settings)] == ["ctrl_r", "", "f9"]
    assert text_of(settings, "chat") == TextSettings(spoken_punctuation="on")
    assert text_of(settings, "german") == TextSettings(spoken_newlines=False)
    assert text_of(settings, "main") == text_of(settings, "no such profile") == TextSettings()
    assert [language_of(settings, name) for name in names_of(settings)] == ["en", "en", "de"]


def test_every_option_of_text_may_stand_in_a_profile_and_none_of_its_own_is_in_the_way() -> None:
    own = {each.name for each in fields(ProfileSettings)}
    assert not own & {each.name for each in fields(TextSettings)}
    for option in fields(TextSettings):
        value = {"true": "false", "false": "true"}.get(str(option.default).lower())
        if value:
            settings = config_file.parse(f'[[profile]]\nname = "x"\n{option.name} = {value}\n')
            assert getattr(text_of(settings, "x"), option.name) is (value == "true")


def test_a_profile_of_text_options_alone_has_no_engine_of_its_own() -> None:
    settings = config_file.parse(
        WHOLE + '[[profile]]\nname = "a"\nengine = "qwen3"\n'
        '[[profile]]\nname = "b"\nengine = "qwen3"\nlanguage = "hi"\n'
        '[[profile]]\nname = "c"\nmodel = "m"\n[engine]\nuse = "nemotron"\n'
    )
    engines = engines_of(settings)
    assert engines["main"] is engines["chat"] is engines["german"]
    assert engines["a"] is engines["b"]
    assert len({id(each) for each in engines.values()}) == 3


def test_a_model_is_loaded_for_a_language_before_the_layout_is_known() -> None:
    text = '[engine]\nlanguage = "{}"\n[[profile]]\nname = "x"\nlanguage = "layout"\n'
    for main, loaded in (("de", "de"), ("layout", "en")):
        settings = config_file.parse(text.format(main))
        assert language_of(settings, "x") == "layout"
        assert engine_of(settings, "x").language == loaded
        assert engines_of(settings)["x"].language == loaded
        assert settings.engine.language == loaded
        assert language_of(settings, "main") == main
    assert "no option follows_layout" in problems_of("[engine]\nfollows_layout = true")[0]


# An older file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "profile", "key"),
    [
        ("", None, ""),
        ("# key = 'f9'", None, ""),
        ('language = ""\nengine = ""', None, ""),
        ('key = "F9"', ProfileSettings("second"), "f9"),
        ('language = "de"', ProfileSettings("second", language="de"), ""),
        (
            'engine = "qwen3"\nmodel = "m"\noutput = "clipboard"\nkey = "f8"',
            ProfileSettings("second", engine="qwen3", model="m", output="clipboard"),
            "f8",
        ),
    ],
)
def test_second_of_an_older_file_is_the_profile_of_that_name(
    second: str, profile: ProfileSettings | None, key: str
) -> None:
    settings = config_file.parse(f"[second]\n{second}\n")
    assert settings.profile == ((profile,) if profile else ())
    assert settings.key == ((KeySettings(key, "second"),) if key else ())
    assert not by_application(settings)


# What is wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[profile]\nname = 'x'", '1: write [[profile]], with two brackets, and below it name = "'),
        ("profile = 3", "1: profile must be below its table: [engine]"),
        ("key = 'f9'", "1: key must be below its table: [hotkey]"),
        ("[[second]]\nkey = 'f9'", "1: there is no option second"),
        ("[second]\nsend = 'enter'", "2: there is no option send in [second]"),
        ("[[profile]]\nsend = 'enter'", '1: this [[profile]] has no name, like name = "chat"'),
        ("[[profile]]\nname = ''", "1: this [[profile]] has no name"),
        ("[[profile]]\nname = 3", "2: profile.name must be a text in quotes, not 3"),
        ("[[profile]]\nname = 'main'", '2: profile.name cannot be "main": this is what'),
        ("[[profile]]\nname = ' x'", '2: profile.name cannot be " x": a name has at most 40'),
        (
            "[[profile]]\nname = 'x'\n[[profile]]\nsend = 'enter'\nname = 'x'",
            '5: there is a profile "x" already',
        ),
        ("[second]\nkey = 'f8'\n[[profile]]\nname = 'second'", '1: [second] is the profile "sec'),
        (
            "[[profile]]\nname = 'x'\nnumbrs = true",
            "3: there is no option numbrs in [[profile]]",
        ),
        ("[[profile]]\nname = 'x'\nkey = 'f9'", "3: a key has a table of its own: [[key]], with"),
        ("[[profile]]\nname = 'x'\n[profile.text]", "3: options of [text] stand in [[profile]]"),
        ("[[profile]]\nname = 'x'\nsend = 'return'", "3: profile.send must be one of none, enter"),
        (
            "[[profile]]\nname = 'x'\nspoken_newlines = 'yes'",
            "3: profile.spoken_newlines must be true or false",
        ),
        ("[[profile]]\nname = 'x'\noutput = 'x11'", "3: profile.output must be one of clipboard"),
        (
            "[[profile]]\nname = 'x'\nlanguage = 'german'",
            '3: profile.language cannot be "german": this is not a language code',
        ),
        (
            "[[profile]]\nname = 'x'\napplications = 'kitty'",
            '3: profile.applications must be a list of texts, not "kitty"',
        ),
        ("[[profile]]\nname = 'x'\ntitles = ['a', 1]", "3: profile.titles must be a list of texts"),
        ("[[profile]]\nname = 'x'\ntitles = [' ']", "3: profile.titles has an empty text"),
        (
            "[[profile]]\nname = 'x'\nreplacements = ['a']",
            "3: profile.replacements must be a table of texts, not a list",
        ),
        (
            "[[profile]]\nname = 'x'\nreplacements = { '!' = 'a' }",
            "3: profile.replacements has a phrase that needs at least one letter or digit",
        ),
        ("[[key]]\nkey = 'f9'", "1: this [[key]] is not complete: it needs key = "),
        ("[[key]]\nkey = 'f99'\nprofile = 'main'", '2: key.key cannot be "f99"'),
        (
            "[[profile]]\nname = 'chat'\n[[key]]\nprofile = 'caht'\nkey = 'f9'",
            '4: there is no profile "caht"; did you mean chat?',
        ),
        (
            "[[key]]\nkey = 'f9'\nprofile = 'main'\n[hotkey]\nkey = 'F9'",
            '2: the key of profile "main" is f9, and so is hotkey.key: choose another key',
        ),
        (
            "[[key]]\nkey = 'f9'\nprofile = 'main'\n[second]\nlanguage = 'de'\nkey = 'f9'",
            '6: the key of profile "second" is f9, and so is the key of profile "main"',
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    problems = problems_of(text)
    assert len(problems) == 1
    assert problems[0].startswith(f"config.toml:{told}")


def test_what_changed_is_told_by_the_name_of_the_profile() -> None:
    old = config_file.parse(WHOLE)
    new = config_file.parse(
        WHOLE.replace('["Slack", ', "[").replace("be right back", "be back").replace("F9", "f7")
        + '[[profile]]\nname = "mail"\n'
    )
    assert config_file.changes(old, new) == [
        'profile "chat".applications: Slack, org.telegram.desktop -> org.telegram.desktop',
        'profile "chat".replacements: brb = be right back -> brb = be back',
        'profile "mail": new',
        "key f9: german -> none",
        "key f7: none -> german",
    ]
    assert config_file.changes(new, old)[0] == 'profile "mail": gone'
    first, second = (
        '[[profile]]\nname = "a"\n',
        '[[profile]]\nname = "b"\nspoken_newlines = false\n',
    )
    swapped = config_file.changes(
        config_file.parse(first + second), config_file.parse(second + first)
    )
    assert swapped == ["profiles: in the order b, a"]
    assert config_file.changes(Settings(), config_file.parse(second.replace("b", "c"))) == [
        'profile "c": new'
    ]


# Where a profile is on ---------------------------------------------------------------------------

PLACES = config_file.parse(
    """
[[profile]]
name = "mail"
applications = ["firefox", "chromium*"]
titles = ["*- Gmail*", "*Thunderbird"]
[[profile]]
name = "docs"
titles = ["*[[]draft[]]*"]
[[profile]]
name = "browser"
applications = ["Firefox"]
[[profile]]
name = "term"
applications = ["org.kde.konsole", "kitty", "x?erm"]
[[profile]]
name = "late"
applications = ["KITTY", "*"]
[[profile]]
name = "by key only"
"""
)


@pytest.mark.parametrize(
    ("application", "title", "name"),
    [
        ("firefox", "Inbox - Gmail - Mozilla Firefox", "mail"),
        ("Firefox", "INBOX - GMAIL", "mail"),
        ("org.mozilla.firefox", "Inbox - Gmail", "mail"),
        ("chromium-browser", "A letter - Gmail", "mail"),
        ("firefox", "News", "browser"),
        ("firefox", "", "browser"),
        ("Thunderbird", "Mozilla Thunderbird", "late"),
        ("gedit", "letter [draft] - gedit", "docs"),
        ("gedit", "letter d", "late"),
        ("konsole", "", "late"),  # what is in front has no domain, but the user's name has one
        ("org.kde.konsole", "", "term"),
        ("kitty", "", "term"),
        ("net.kovidgoyal.kitty", "", "term"),
        ("xterm", "", "term"),
        ("XTerm", "", "term"),
        ("uxterm", "", "late"),
        ("kitty-quick", "", "late"),
        ("", "", "main"),
        ("", "x [draft] y", "docs"),
        ("a" * 1_000_000, "[draft]" + "x" * 1_000_000, "docs"),
        ("x", "*" * 100_000, "late"),
    ],
)
def test_the_first_profile_that_fits_is_on(application: str, title: str, name: str) -> None:
    assert fitting(PLACES, application, title) == name


def test_without_profiles_nothing_depends_on_what_is_in_front() -> None:
    assert not by_application(Settings())
    assert not by_application(config_file.parse('[[profile]]\nname = "x"\nsend = "enter"'))
    assert by_application(PLACES)
    assert fitting(Settings(), "firefox", "x") == "main"


class TestSetProfileOption:
    """`set_profile_option` changes one profile and nothing else."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("", '\n\n[[profile]]\nname = "second"\nengine = "qwen3"\n'),
            ("# mine\n", '# mine\n\n[[profile]]\nname = "second"\nengine = "qwen3"\n'),
            (
                '[[profile]]\nname = "second"  # my own\n[text]\n',
                '[[profile]]\nname = "second"  # my own\nengine = "qwen3"\n[text]\n',
            ),
            (
                '[[profile]]\nname = "second"\nengine = "onnx"  # slow\n',
                '[[profile]]\nname = "second"\nengine = "qwen3"  # slow\n',
            ),
            (
                '[second]\n#engine = ""\n\n# how\n[text]\n',
                '[second]\nengine = "qwen3"\n\n# how\n[text]\n',
            ),
        ],
    )
    def test_it_is_written_where_the_profile_is(
        self, tmp_path: Path, before: str, after: str
    ) -> None:
        path = tmp_path / "config.toml"
        path.write_text(before)
        config_file.set_profile_option(path, "second", "engine", "qwen3")
        assert path.read_text() == after
        assert engine_of(config_file.load(path), "second").use == "qwen3"

    def test_tables_that_alternate_stay_where_they_are(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        before = (
            '[engine]\nlanguage = "en"\n\n# talk\n[[profile]]\nname = "chat"\n\n'
            '[[key]]\nkey = "f9"\nprofile = "chat"\n\n# home\n[[profile]]\nname = "german"\n'
            '[profile.replacements]\n"ade" = "Ade"\n\n'
            '[[key]]\nkey = "f8"\nprofile = "german"\n\n[output]\npreedit = false\n\n'
            '# work\n[[profile]]\nname = "mail"\n'
        )
        path.write_text(before)
        config_file.set_profile_option(path, "german", "engine", "qwen3")
        config_file.set_option(path, "engine.language", "fr")
        wanted = before.replace('"german"\n[profile', '"german"\nengine = "qwen3"\n\n[profile')
        assert path.read_text() == wanted.replace('"en"', '"fr"')

    def test_nonsense_is_refused_and_the_file_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "config.toml"
        path.write_text('[[profile]]\nname = "x"\n')
        with pytest.raises(ConfigError, match="engine must be one of"):
            config_file.set_profile_option(path, "x", "engine", "nonsense")
        assert path.read_text() == '[[profile]]\nname = "x"\n'
