"""hotwords.toml, the files beside it and what the sources returned: one list."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.errors import ConfigError, NotFound
from dictate.hotwords import hotwords_file, source_list, whole_list
from dictate.hotwords.hotwords_file import parse
from dictate.hotwords.model import Group, Hotwords, Source, Term
from dictate.hotwords.source_list import SourceCopy

URL = "http://localhost:8100/words"
SOURCE = f'[[source]]\nurl = "{URL}"\n'


@pytest.fixture
def path(homes: Path) -> Path:
    """A hotwords.toml in a home of its own."""
    folder = homes / "config" / "dictate"
    (folder / "hotwords.d").mkdir(parents=True)
    return folder / "hotwords.toml"


def beside(path: Path, **texts: str) -> None:
    for name, text in texts.items():
        (path.with_suffix(".d") / f"{name}.toml").write_text(text)


def spellings(hotwords: Hotwords) -> list[str]:
    return [term.spelling for term in hotwords.terms]


def test_the_files_beside_it_are_read_in_the_order_of_their_names(path: Path) -> None:
    path.write_text('words = ["Main"]\n[replacements]\n"a" = "b"\n[replacements.de]\n"x" = "y"\n')
    beside(
        path,
        b='words = ["Second"]\ncontext = "About it."\n[commands]\n"go on" = "newline"\n',
        a='words = ["First"]\n[replacements]\n"c" = "d"\n[replacements.de]\n"z" = ""\n',
    )
    for name in (".hidden.toml", "notes.txt", "b.toml~"):
        (path.with_suffix(".d") / name).write_text("= nonsense")
    found = hotwords_file.load(path, 1.0)
    assert spellings(found) == ["Main", "First", "Second"]
    assert found.replacements == (("a", "b"), ("c", "d"))
    assert found.replacements_in == (("de", (("x", "y"), ("z", ""))),)
    assert (found.commands, found.context) == ((("go on", "newline"),), "About it.")


def test_they_count_also_without_the_file_itself(path: Path) -> None:
    beside(path, names='words = ["Anna"]\n')
    files = ConfigFiles(path.with_name("config.toml"), path)
    first = files.read(CommandLineOverrides())
    assert (spellings(first.hotwords), first.problems) == (["Anna"], {})
    again = files.read(CommandLineOverrides(), first)
    assert again.problems == {}
    assert again.hotwords is first.hotwords


@pytest.mark.parametrize(
    ("main", "more", "problems"),
    [
        (
            "words = [\n'Zed']",
            "words = ['a',\n'ZED']",
            ['hotwords.d/more.toml:2: "ZED" is in hotwords.toml:2 already: remove one of them'],
        ),
        (
            "[replacements]\na = 'b'",
            "\n[replacements]\nA = 'c'",
            ['hotwords.d/more.toml:3: "A" is in hotwords.toml:2 already: remove one of them'],
        ),
        (
            "context = 'a'",
            "context = 'b'",
            ['hotwords.d/more.toml:1: "context" is in hotwords.toml:1 already: remove one of them'],
        ),
        ("words = [", "words = 5", ["hotwords.toml:1: ", "hotwords.d/more.toml:1: words must be"]),
        (SOURCE, SOURCE, ["hotwords.d/more.toml:1: "]),
        (
            "[[group]]\nname = 'code'",
            "[[word]]\nspelling = 'a'\ngroup = 'cod'",
            ['hotwords.d/more.toml:3: there is no group "cod"; did you mean code?'],
        ),
    ],
)
def test_what_does_not_fit_is_told_with_both_files(
    path: Path, main: str, more: str, problems: list[str]
) -> None:
    path.write_text(main)
    beside(path, more=more)
    with pytest.raises(ConfigError) as caught:
        hotwords_file.load(path, 1.0)
    assert len(caught.value.problems) == len(problems)
    for problem, expected in zip(caught.value.problems, problems, strict=True):
        assert problem.startswith(expected)


def test_one_broken_file_leaves_the_whole_list_and_one_that_is_gone_does_not(path: Path) -> None:
    path.write_text('words = ["Main"]\n')
    beside(path, a='words = ["Anna"]\n', b='words = ["Bert"]\n')
    files = ConfigFiles(path.with_name("config.toml"), path)
    good = files.read(CommandLineOverrides())
    path.write_text('words = ["New"]\n')
    os.mkfifo(path.with_suffix(".d") / "c.toml")
    kept = files.read(CommandLineOverrides(), good)
    assert kept.hotwords is good.hotwords
    assert kept.problems[path].lines == (
        "hotwords.d/c.toml: this is not a regular file: move it away",
    )
    (path.with_suffix(".d") / "c.toml").unlink()
    (path.with_suffix(".d") / "a.toml").unlink()
    now = files.read(CommandLineOverrides(), kept)
    assert (spellings(now.hotwords), now.problems) == (["New", "Bert"], {})
    path.unlink()
    lost = files.read(CommandLineOverrides(), now)
    assert lost.hotwords is now.hotwords
    assert lost.problems[path].absent


@pytest.mark.fault("S14")
def test_all_files_together_have_the_limits_of_one(path: Path) -> None:
    path.write_text(f"words = {[f'a{n}' for n in range(9999)]}")
    beside(path, more="words = ['b',\n'c']")
    with pytest.raises(
        ConfigError, match=r"^hotwords.d/more.toml:2: at most 10,000 terms are allowed"
    ):
        hotwords_file.load(path, 1.0)
    beside(path, more="#" * 3_000_000, again="#" * 2_000_000)
    with pytest.raises(ConfigError, match="have together more than 4,096 kB"):
        hotwords_file.load(path, 1.0)


# Groups -------------------------------------------------------------------------------------------

GROUPS = """
words = ["Always"]
[[group]]
name = "code"
profiles = ["main"]
applications = ["kitty", "org.gnome.Builder"]
words = ["pytest"]
[[group]]
name = "work"
profiles = ["second"]
[[word]]
spelling = "Acme"
group = "work"
"""


def test_a_group_is_on_in_its_profiles_and_applications_only() -> None:
    whole = parse(GROUPS)
    assert whole.groups == (
        Group("code", ("main",), ("kitty", "org.gnome.Builder")),
        Group("work", ("second",)),
    )

    def used(application: str, *, profile: str = "main") -> list[str]:
        return spellings(whole.for_use(profile=profile, application=application))

    for application in ("kitty", "KITTY", "org.kovidgoyal.kitty", "org.gnome.builder"):
        assert used(application) == ["Always", "pytest"]
    for application in ("", "builder", "kitty2", "firefox"):
        assert used(application) == ["Always"]
    assert used("kitty", profile="second") == ["Always", "Acme"]


def test_equal_uses_are_the_same_list_and_it_holds_nothing_but_its_terms() -> None:
    whole = parse(GROUPS + SOURCE)
    one = whole.for_use(application="kitty")
    assert one is whole.for_use(application="org.gnome.Builder")
    assert (one.groups, one.sources) == ((), ())
    assert one.for_use(profile="second", application="x") is one
    assert [spellings(each) for each in whole.uses(profile="main")] == [
        ["Always"],
        ["Always", "pytest"],
    ]
    assert [spellings(each) for each in whole.uses(profile="second")] == [["Always", "Acme"]]
    assert hash(parse(GROUPS)) == hash(parse(GROUPS))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[group]]\nwords = ['a']", "1: this [[group]] has no name"),
        ("[group]\nname = 'a'", "1: write [[group]], with two brackets, above each group"),
        ("[[group]]\nname = 'a'\nprofiles = 'main'", '3: profiles must be a list, like ["main"]'),
        ("[[group]]\nname = 'a'\napps = ['b']", "3: apps has no meaning here"),
        ("[[group]]\nname = 'a'\n[[group]]\nname = 'A'", '4: "A" is in line 2 already'),
        ("[[source]]\ngroup = 'a'", "1: this [[source]] has no url"),
        ("[[source]]\nurl = 'http://example.org/'", "2: example.org is another machine, and the l"),
        ("[[source]]\nurl = 'ftp://example.org/'", "2: 'ftp://example.org/' is no address: write"),
        ("[[source]]\nurl = 'https://me:pw@example.org/'", "2: a name or password does not belong"),
        (
            SOURCE + "header = 'a: b'\ntoken_file = '/t'",
            '3: header must be the name of one, like "',
        ),
        (SOURCE + "header = 'X-Token'", "3: header needs a token_file"),
        (SOURCE + "token_file = 'token'", "3: token_file must be a path that begins with / or ~/"),
        (SOURCE + "refresh_min = 0", "3: refresh_min must be from 1 to 10,080 minutes"),
        (SOURCE + "group = 'code'", '3: there is no group "code"; write [[group]], and below'),
    ],
)
def test_mistakes_in_groups_and_sources_are_told(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert caught.value.problems[0].startswith(f"hotwords.toml:{problem}")


# Sources ------------------------------------------------------------------------------------------


def keep(content: Any, url: str = URL) -> None:
    source_list.write_copy(Source(url), SourceCopy(content))


@pytest.mark.parametrize(
    "content",
    [
        ["Zo\u00eb", "Zed"],
        {"hotwords": ["Zo\u00eb", {"spelling": "Zed", "more": 1}]},
        {"words": [{"word": " Zo\u00eb "}, {"term": "Zed", "sounds_like": None}], "count": 2},
    ],
)
def test_the_forms_of_a_list(content: Any) -> None:
    terms, skipped = source_list.terms_in(content)
    assert (terms, skipped) == ([Term("Zo\u00eb"), Term("Zed")], {})


def test_entries_that_cannot_be_used_are_counted_by_reason() -> None:
    entries: Sequence[Any] = [
        {"term": "Zed", "weight": 2, "sounds_like": ["set"]},
        *("++", "--", "x" * 65, "a\nb", 7, None, {"weight": 2}, {"word": 5}),
        *({"word": "a", "weight": w} for w in (0, 11, "2", True, 10**400)),
        {"word": "b", "sounds_like": [1]},
        {"word": "c", "sounds_like": ["c"] * 17},
    ]
    terms, skipped = source_list.terms_in(entries, "code")
    assert terms == [Term("Zed", 2.0, ("set",), group="code")]
    assert source_list.reasons(skipped) == (
        "5 with a weight that is not above 0 and at most 10, 2 without a letter or digit, "
        "2 neither a text nor an object, 2 without a spelling, 1 of more than 64 characters, "
        "1 with a line end or an invisible character, 1 with a sounds_like that is no list of "
        "texts, 1 with more than 16 forms in sounds_like"
    )


@pytest.mark.parametrize("content", ["Zed", {"data": ["Zed"]}, 5, None, {"words": "Zed"}])
def test_what_is_no_list_is_refused(content: Any) -> None:
    with pytest.raises(ValueError, match="did not return a JSON list of texts"):
        source_list.terms_in(content)
    with pytest.raises(ValueError, match="none of its 2 entries can be used"):
        source_list.terms_in([content, 5] if content != "Zed" else [5, 5])


def test_the_terms_of_sources_come_last_and_those_of_the_user_win(path: Path) -> None:
    other = "https://example.org/list?key=secret"
    path.write_text(f"words = ['Zed']\n{SOURCE}[[source]]\nurl = '{other}'\n")
    keep(["zed", "Anna", "++"])
    keep(["Anna", "Bert"], other)
    whole = whole_list.read(path)
    assert spellings(whole.hotwords) == ["Zed", "Anna", "Bert"]
    assert whole.origins["Zed"] == path
    assert [whole.origins[name] for name in ("Anna", "Bert")] == list(whole.hotwords.sources)
    assert whole.notes == (
        f"{URL}: 2 entries are not used: 1 without a letter or digit, 1 that the list has already",
        "https://example.org/list: 1 entry is not used: 1 that the list has already",
    )
    kept = [file.stat().st_mode & 0o777 for file in (path.parents[2] / "state").rglob("*.json")]
    assert kept == [0o600, 0o600]


def test_a_copy_that_is_spoiled_or_of_another_source_is_none(path: Path) -> None:
    path.write_text(SOURCE)
    keep(["Anna"])
    assert source_list.read_copy(Source(URL)) == SourceCopy(["Anna"])
    assert source_list.read_copy(Source(URL, token_file="/t")) is None
    assert source_list.read_copy(Source(URL, refresh_min=5)) is not None
    (kept,) = (path.parents[2] / "state").rglob("*.json")
    for spoiled in ("", "{", "[]", json.dumps({"content": ["Anna"]})):
        kept.write_text(spoiled)
        assert spellings(hotwords_file.load(path, 1.0)) == []
    source_list.remove_copies([Source(URL)])
    assert kept.exists()
    source_list.remove_copies([])
    assert not kept.exists()


@pytest.mark.fault("S14")
def test_a_source_that_is_too_long_is_cut(path: Path) -> None:
    path.write_text(SOURCE)
    keep([f"t{number}" for number in range(10_001)])
    whole = whole_list.read(path)
    assert len(whole.hotwords.terms) == 10_000
    assert "1 beyond 10,000 terms" in whole.notes[0]


# Changing -----------------------------------------------------------------------------------------


def test_a_term_is_changed_and_removed_where_it_is(path: Path) -> None:
    path.write_text("words = ['Zed']  # mine\n")
    beside(path, names="# names\nwords = ['Anna']  # a friend\n")
    names = path.with_suffix(".d") / "names.toml"
    assert hotwords_file.add(path, "anna", 2.0) == ["- Anna", "+ anna"]
    assert path.read_text() == "words = ['Zed']  # mine\n"
    assert '[[word]]\nspelling = "anna"\nweight = 2.0\n' in names.read_text()
    assert hotwords_file.file_with(path, "ANNA") == names
    assert hotwords_file.remove(path, "Anna") == ["- anna"]
    assert names.read_text().startswith("# names\nwords = []  # a friend\n")
    assert hotwords_file.add(path, "Bert") == ["+ Bert"]
    assert "Bert" in path.read_text()


def test_a_term_of_a_source_is_not_removed_but_can_be_overruled(path: Path) -> None:
    path.write_text(SOURCE)
    keep(["Anna"])
    with pytest.raises(NotFound, match=r"'anna' comes from http://localhost:8100/words: remove it"):
        hotwords_file.remove(path, "anna")
    assert hotwords_file.add(path, "Anna") == ["+ Anna"]
    assert whole_list.read(path).origins["Anna"] == path


def test_a_term_keeps_its_group_or_gets_one(path: Path) -> None:
    path.write_text("[[group]]\nname = 'code'\nwords = ['pytest', 'mypy']  # tools\n")
    assert hotwords_file.add(path, "PyTest") == ["- pytest", "+ PyTest"]
    assert "words = ['PyTest', 'mypy']  # tools" in path.read_text().replace('"', "'")
    assert hotwords_file.add(path, "PyTest", sounds_like=["pie test"]) == [
        "~ PyTest: sounds like pie test"
    ]
    assert hotwords_file.add(path, "Ruff", group="code") == ["+ Ruff"]
    terms = {term.spelling: term.group for term in whole_list.read(path).hotwords.terms}
    assert terms == {"mypy": "code", "PyTest": "code", "Ruff": "code"}
    assert hotwords_file.add(path, "Zed") == ["+ Zed"]
    assert hotwords_file.add(path, "Zed", group="code") == ["~ Zed: group none -> code"]
    assert hotwords_file.remove(path, "MYPY") == ["- mypy"]
    with pytest.raises(ConfigError, match=r'there is no group "cod" in hotwords\.toml; did'):
        hotwords_file.add(path, "Zed", group="cod")


def test_a_new_file_has_no_term_that_is_beside_it(path: Path) -> None:
    beside(path, names='words = ["Claude Code"]\n')
    assert hotwords_file.add(path, "Zed") == ["+ Zed"]
    assert spellings(hotwords_file.load(path, 1.0)) == ["Zed", "Claude Code"]
