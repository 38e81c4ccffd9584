"""hotwords.toml: what may be written, what is told, and what a command leaves of the file."""

import json
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from dictate.engines.hotword_events import hotwords_event
from dictate.engines.protocol import LARGEST_EVENT
from dictate.errors import ConfigError
from dictate.hotwords import hotwords_file, parser, whole_list
from dictate.hotwords.hotwords_file import parse
from dictate.hotwords.model import Hotwords, Term, TermState

ROOT = Path(__file__).parents[2]

EVERYTHING = '''\
context = "About speech."
words = ["Claude Code", " Anthropic "]
[[word]]
spelling = "Nemotron"
weight = 2
sounds_like = ["nemo tron"]
language = "en-GB"
state = "quarantined"
[replacements]
"git hub" = "GitHub"
um = ""
[snippets]
"my address" = """
Street 1
12345 Town"""
[commands]
"next line" = "newline"
'''


def test_everything_that_may_be_written_arrives() -> None:
    assert parse(EVERYTHING, strength=1.5) == Hotwords(
        terms=(
            Term("Claude Code"),
            Term("Anthropic"),
            Term("Nemotron", 2.0, ("nemo tron",), "en-GB", TermState.QUARANTINED),
        ),
        strength=1.5,
        replacements=(("git hub", "GitHub"), ("um", "")),
        snippets=(("my address", "Street 1\n12345 Town"),),
        commands=(("next line", "newline"),),
        context="About speech.",
    )


def test_a_missing_file_is_an_empty_list(tmp_path: Path) -> None:
    assert hotwords_file.load(tmp_path / "none.toml", 2.0) == Hotwords(strength=2.0)


def test_replacements_of_one_language_have_a_table_of_their_own() -> None:
    hotwords = parse('[replacements]\n"k" = "okay"\n[replacements.de-CH]\n"äh" = ""\n')
    assert hotwords.replacements == (("k", "okay"),)
    assert hotwords.replacements_for("en") == (("k", "okay"),)
    assert hotwords.replacements_for("de") == (("äh", ""), ("k", "okay"))
    assert hotwords.replacements_for("auto") == (("äh", ""), ("k", "okay"))
    assert hotwords_file.difference(Hotwords(), hotwords) == [
        "+ replacement k -> okay",
        "+ replacement (de-CH) äh -> nothing",
    ]


def test_spellings_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Zürich")
    assert parse(f'words = ["{decomposed}"]').terms == (Term("Zürich"),)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('words = "x"', ['1: words must be a list, like ["Claude Code"]']),
        ("words = [\n'a',\n\n1]", ['1: words must be a list, like ["Claude Code"]']),
        ('[word]\nspelling = "a"', ["1: write [[word]], with two brackets, above each term"]),
        ("words = [{spelling = 'a'}]", ["1: words holds texts only; for more about a term"]),
        ("wrods = []", ["1: wrods has no meaning here; did you mean words?"]),
        ("[[word]]\nweight = 1", ["1: this [[word]] has no spelling"]),
        ("[[word]]\nspelling = 'a'\nwords = ['b']", ["3: words must be above the first [tab"]),
        (
            "words = [\n'Claude Code',\n'b', # x\n\n'claude code']",
            ['5: "claude code" is in line 2 already'],
        ),
        (
            "words = ['x']\n[[word]]\nspelling = 'y'\n[[word]]\nweight = 1\nspelling = 'X'",
            ['6: "X" is in line 1 already'],
        ),
        ("words = ['']", ["1: this needs at least one letter or digit"]),
        ("words = ['+-']", ["1: this needs at least one letter or digit"]),
        ('words = ["a\\tb"]', ["1: this has a line end, a tab or an invisible character"]),
        ('words = ["a\\u202eb"]', ["1: this has a line end, a tab or an invisible"]),
        (f"words = ['{'x' * 65}']", ["1: this has 65 characters, at most 64 are allowed"]),
        ("[replacements]\ngit.hub = 'x'", ["2: this must be a text in quotes (a key with a dot"]),
        ("[replacements]\na = 2", ["2: this must be a text in quotes"]),
        ("[replacements]\na = 'b'\nwords = ['c']", ["3: words must be above the first [table]"]),
        ("[replacements.de]\nwords = ['c']", ["2: words must be above the first [table]"]),
        ("[commands]\nwords = ['c']", ["2: words must be above the first [table]"]),
        ("[commands]\ncontext = 'c'", ["2: context must be above the first [table]"]),
        (
            "[replacements.german]\na = 'b'",
            ["1: [replacements.german] cannot be: this is not a language"],
        ),
        ("[replacements.de]\na = 'b'\nA = 'c'", ['3: "A" is in line 2 already']),
        ('[replacements]\na = "b\\n"', []),
        ('[replacements]\na = "b\\nc"', ["2: this has a line end, a tab or an invisible"]),
        ("[replacements]\na = 'b'\n\nA = 'c'", ['4: "A" is in line 2 already']),
        ("[commands]\nx = 'new_line'", ["2: a command is one of newline, paragraph, scratch, s"]),
        ("[commands]\nx = ['newline']", ["2: a command is one of newline, paragraph"]),
        ('[snippets]\na = """\nb\n\nc\n"""', []),
        ("[snippets]\na = '{{b}} {date:%x}{clipboard}'", []),
        ("[snippets]\na = 'b'\n\nA = 'c'", ['4: "A" is in line 2 already']),
        ("[snippets]\na = 1", ["2: this must be a text in quotes"]),
        ("[snippets]\na = ' '", ["2: this snippet has no text"]),
        ('[snippets]\na = "b\\tc"', ["2: this snippet has a tab, or a control character"]),
        ('[snippets]\na = """b\nc\td"""', ["3: this snippet has a tab, or a control character"]),
        (
            '[snippets]\na = """\nb {{date}}\nSee {dote}, {selection:x}"""',
            ["4: there is no placeholder {dote}, only {date}, {time}, {clipboard}, {selection}; d"],
        ),
        ("[snippets]\na = '{selection:x}'", ["2: {selection} takes no format (column 6)"]),
        ("[snippets]\na = '{date:short}'", ["2: write the format of {date} like {date:%d"]),
        ("[snippets]\na = 'b } c'", ["2: write }} for a brace that is to be written (column 8)"]),
        ("[snippets]\nwords = ['c']", ["2: words must be above the first [table]"]),
        ("snippets = 5", ["1: write [snippets], and below it lines like"]),
        ("commands = 5", ["1: write [commands], and below it lines like"]),
        ("context = 5", ["1: this must be a text in quotes"]),
        ("words = ['a'", ["1: a comma or ] is missing (column 13)"]),
        (
            "[[word]]\nspelling = 'a'\nweight = 0\nsounds_like = 'b'\nlanguage = 'x y'\nstate = 1",
            [
                "3: weight must be above 0 and at most 10, not 0",
                '4: sounds_like must be a list, like ["nemo tron"]',
                "5: language cannot be 'x y': this is not a language code",
                "6: state must be one of active, quarantined",
            ],
        ),
        ("[[word]]\nspelling = 'a'\nweight = true", ["3: weight must be a number"]),
        ("[[word]]\nspelling = 'a'\nweight = nan", ["3: weight must be a number"]),
        ("[[word]]\nspelling = 'a'\nsounds_like = [\n'b',\n'']", ["5: this needs at least one"]),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problems: list[str]) -> None:
    if not problems:
        parse(text)
        return
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert len(caught.value.problems) == len(problems)
    for problem, expected in zip(caught.value.problems, problems, strict=True):
        assert problem.startswith(f"hotwords.toml:{expected}")


@pytest.mark.fault("S14")
def test_ten_thousand_terms_are_taken_and_one_more_is_not(tmp_path: Path) -> None:
    words = ",\n".join(f"'t{number}'" for number in range(10_000))
    assert len(parse(f"words = [{words}]").terms) == 10_000
    problem = r"^hotwords.toml:10001: at most 10,000 terms .* together: from here on, remove 2$"
    with pytest.raises(ConfigError, match=problem):
        parse(f"words = [{words},\n'one more',\n'and another']")
    path = tmp_path / "hotwords.toml"
    path.write_text(f"words = [{words}]")
    with pytest.raises(ConfigError, match=r"^the list has 10,000 terms already"):
        hotwords_file.add(path, "one more")
    assert hotwords_file.add(path, "T7") == ["- t7", "+ T7"]


@pytest.mark.fault("S14")
def test_thousands_of_problems_are_not_all_told() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("[[word]]\n" * 5000)
    assert caught.value.problems[-1] == "hotwords.toml: and 4950 more problems"
    assert len(caught.value.problems) == 51


def test_the_difference_is_told_in_one_line_each() -> None:
    old = parse(EVERYTHING)
    new = parse(
        "words = ['Claude Code', 'Zed']\n"
        "[[word]]\nspelling = 'Nemotron'\nweight = 1.5\nsounds_like = ['nemo', 'tron']\n"
        "[replacements]\n'git hub' = 'Git Hub'\n'k' = 'okay'\n",
        strength=0.5,
    )
    assert hotwords_file.difference(old, new) == [
        "- Anthropic",
        "+ Zed",
        "~ Nemotron: weight 2 -> 1.5, sounds like nemo, tron, language en-GB -> any, "
        "quarantined -> active",
        "- replacement um",
        "~ replacement git hub -> Git Hub",
        "+ replacement k -> okay",
        "- snippet my address",
        "- command next line",
        "~ context",
        "~ strength 1 -> 0.5",
    ]
    assert hotwords_file.difference(new, new) == []


def test_a_snippet_never_leaves_the_daemon_and_makes_another_list() -> None:
    one = parse("words = ['a']\n[snippets]\n'my address' = 'Street 1'")
    other = parse("words = ['a']\n[snippets]\n'my address' = 'Street 2'")
    assert one != other
    assert one.digest == other.digest == parse("words = ['a']").digest
    assert b"Street" not in one.encoded
    assert "Street" not in str(hotwords_event(one).data)
    assert hotwords_file.difference(one, other) == ["~ snippet my address"]
    assert hotwords_file.summary(one) == "1 term, 1 snippet"


def test_the_default_file_knows_claude_code_and_is_up_to_date() -> None:
    assert [term.spelling for term in parse(hotwords_file.DEFAULT).terms] == ["Claude Code"]
    stale = "config/hotwords.toml is stale: run python -m dictate.config.config_file --write"
    written = (ROOT / "config" / "hotwords.toml").read_text(encoding="utf-8")
    assert written == hotwords_file.DEFAULT, stale


def test_the_examples_in_the_default_file_are_right() -> None:
    lines = [
        line[1:] if line.lstrip().startswith("#") and not line.startswith("# ") else line
        for line in hotwords_file.DEFAULT.replace("    #", "#").splitlines()
    ]
    hotwords = parse("\n".join(lines))
    assert [term.spelling for term in hotwords.terms] == [
        "Anthropic",
        "Hyprland",
        "Claude Code",
        "Nemotron",
        "pytest",
        "mypy",
    ]
    assert [group.applications for group in hotwords.groups] == [("code", "kitty")]
    assert [source.refresh_min for source in hotwords.sources] == [60]
    assert len(hotwords.replacements) == 2
    assert hotwords.replacements_in == (("en", (("um", ""),)),)
    assert hotwords.commands == (("next line", "newline"), ("forget it", "scratch"))
    assert hotwords.snippets == (
        ("my address", "Example Street 1\n12345 Sampletown"),
        ("today", "{date:%d.%m.%Y}"),
    )
    assert hotwords.context


MINE = """\
# my words
words = [
    "Anthropic",  # the firm
    # editors
    "Zed",
]

# the hard one
[[word]]
spelling = "Nemotron"  # NVIDIA's
weight = 1.5

# what I say, and what I mean
[replacements]
"git hub" = "GitHub"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file with comments everywhere."""
    path = tmp_path / "hotwords.toml"
    path.write_text(MINE)
    return path


class TestAdd:
    """`add` changes the lines it has to, and no other."""

    def test_a_word_joins_the_words(self, mine: Path) -> None:
        assert hotwords_file.add(mine, "Helix") == ["+ Helix"]
        assert mine.read_text() == MINE.replace('"Zed",\n', '"Zed",\n    "Helix",\n')

    def test_again_it_changes_nothing(self, mine: Path) -> None:
        before = mine.stat()
        assert hotwords_file.add(mine, "Zed") == []
        assert hotwords_file.add(mine, "Nemotron", 1.5) == []
        assert mine.read_text() == MINE
        assert mine.stat().st_ino == before.st_ino

    def test_a_word_with_more_to_it_gets_a_table(self, mine: Path) -> None:
        assert hotwords_file.add(mine, "Hyprland", 2.0, ["hyper land"]) == ["+ Hyprland"]
        block = '\n[[word]]\nspelling = "Hyprland"\nweight = 2.0\nsounds_like = ["hyper land"]\n'
        assert mine.read_text() == MINE.replace("weight = 1.5\n", f"weight = 1.5\n{block}")

    def test_a_word_moves_to_a_table_when_there_is_more_to_say(self, mine: Path) -> None:
        assert hotwords_file.add(mine, "Zed", sounds_like=["set"]) == ["~ Zed: sounds like set"]
        text = mine.read_text()
        assert '    # editors\n]\n\n# the hard one\n[[word]]\nspelling = "Nemotron"' in text
        assert '\n[[word]]\nspelling = "Zed"\nsounds_like = ["set"]\n\n# what I say' in text

    def test_a_table_is_added_to(self, mine: Path) -> None:
        told = hotwords_file.add(mine, "Nemotron", 3.0, ["nemo tron"])
        assert told == ["~ Nemotron: weight 1.5 -> 3, sounds like nemo tron"]
        told = hotwords_file.add(mine, "Nemotron", sounds_like=["nemo tron", "no tron"])
        assert told == ["~ Nemotron: sounds like nemo tron, no tron"]
        changed = 'weight = 3.0\nsounds_like = ["nemo tron", "no tron"]'
        assert mine.read_text() == MINE.replace("weight = 1.5", changed)

    def test_the_new_spelling_counts(self, mine: Path) -> None:
        assert hotwords_file.add(mine, "ZED") == ["- Zed", "+ ZED"]
        assert mine.read_text() == MINE.replace("Zed", "ZED")

    def test_a_quarantined_term_becomes_active(self, mine: Path) -> None:
        mine.write_text(MINE.replace("weight = 1.5", 'state = "quarantined" # misfired'))
        assert hotwords_file.add(mine, "Nemotron") == ["~ Nemotron: quarantined -> active"]
        assert mine.read_text() == MINE.replace("weight = 1.5", 'state = "active" # misfired')

    def test_a_missing_file_is_made_from_the_default(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "hotwords.toml"
        assert hotwords_file.add(path, "Zed") == ["+ Zed"]
        assert [term.spelling for term in hotwords_file.load(path, 1.0).terms] == [
            "Zed",
            "Claude Code",
        ]
        assert "# On the left what is recognized" in path.read_text()

    @pytest.mark.parametrize("text", ["", "# nothing\n", "[replacements]\na = 'b'\n"])
    def test_it_works_on_files_without_a_list(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "hotwords.toml"
        path.write_text(text)
        assert hotwords_file.add(path, "Zed") == ["+ Zed"]
        assert hotwords_file.add(path, "Helix", 2.0) == ["+ Helix"]
        assert hotwords_file.remove(path, "Helix") == ["- Helix"]
        assert hotwords_file.remove(path, "Zed") == ["- Zed"]
        assert hotwords_file.load(path, 1.0) == parse(text)

    def test_tables_in_one_line_work_too(self, tmp_path: Path) -> None:
        path = tmp_path / "hotwords.toml"
        path.write_text("word = [{spelling = 'Zed'}, {spelling = 'Helix'}]\n")
        assert hotwords_file.add(path, "Zed", 2.0) == ["~ Zed: weight 1 -> 2"]
        assert hotwords_file.remove(path, "Helix") == ["- Helix"]
        assert hotwords_file.load(path, 1.0).terms == (Term("Zed", 2.0),)

    def test_a_line_in_a_text_is_no_table(self, tmp_path: Path) -> None:
        path = tmp_path / "hotwords.toml"
        top = 'context = """\n[[word]]"""\nwords = ["Zed"]\n'
        rest = '\n# hard\n[[word]]\nspelling = """\nNemotron"""\n[[word]]\nspelling = "Ada"\n'
        path.write_text(top + rest)
        assert hotwords_file.add(path, "Helix") == ["+ Helix"]
        top = top.replace('"Zed"', '"Zed", "Helix"')
        assert path.read_text() == top + rest
        assert hotwords_file.remove(path, "Ada") == ["- Ada"]
        assert path.read_text() == top + rest.removesuffix('[[word]]\nspelling = "Ada"\n')

    @pytest.mark.parametrize("wanted", [("Ada",), ("Ada", 2.0), ("Zed", 2.0), ("Nemotron", 2.0)])
    def test_each_text_is_parsed_once(
        self, mine: Path, monkeypatch: pytest.MonkeyPatch, wanted: tuple[Any, ...]
    ) -> None:
        """Of 10,000 terms, that takes a tenth of a second."""
        parsed: list[str] = []

        def counted(files: list[tuple[str, str]], strength: float = 1.0) -> Any:
            parsed.extend(text for _, text in files)
            return parser.parse_files(files, strength)

        for module in (hotwords_file, whole_list):
            monkeypatch.setattr(module, "parse_files", counted)
        hotwords_file.add(mine, *wanted)
        assert parsed == [MINE, mine.read_text()]
        hotwords_file.remove(mine, wanted[0])
        assert len(parsed) == 4

    @pytest.mark.parametrize("spelling", ["", "x" * 65, "a\nb", "++", "\u202eabc"])
    def test_nonsense_is_refused_and_the_file_stays(self, mine: Path, spelling: str) -> None:
        with pytest.raises(ConfigError, match=r"^the spelling "):
            hotwords_file.add(mine, spelling)
        assert mine.read_text() == MINE

    def test_what_is_wrong_with_a_term_names_no_file(self, mine: Path) -> None:
        for wanted, problem in (
            (("++", None, ()), "the spelling needs at least one letter or digit"),
            (("Zed", 11.0, ()), "weight must be above 0 and at most 10, not 11"),
            (("Zed", None, ["++"]), "a form of sounds_like needs at least one letter or digit"),
        ):
            with pytest.raises(ConfigError) as caught:
                hotwords_file.add(mine, *wanted)
            assert caught.value.problems == [problem]

    def test_a_broken_file_is_not_touched(self, mine: Path) -> None:
        mine.write_text(MINE + "oops")
        with pytest.raises(ConfigError, match=r"hotwords\.toml:16: "):
            hotwords_file.add(mine, "Helix")
        assert mine.read_text() == MINE + "oops"

    def test_of_many_at_once_none_is_lost(self, mine: Path) -> None:
        names = [f"Term{number}" for number in range(12)]
        threads = [threading.Thread(target=hotwords_file.add, args=(mine, name)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spellings = {term.spelling for term in hotwords_file.load(mine, 1.0).terms}
        assert spellings == {"Anthropic", "Zed", "Nemotron", *names}


class TestRemove:
    """`remove` takes a term out, with its own lines only."""

    def test_a_word_leaves_the_words(self, mine: Path) -> None:
        assert hotwords_file.remove(mine, "zed") == ["- Zed"]
        assert mine.read_text() == MINE.replace('    "Zed",\n', "")

    def test_a_table_leaves_the_comments_around_it(self, mine: Path) -> None:
        assert hotwords_file.remove(mine, "Nemotron") == ["- Nemotron"]
        block = '[[word]]\nspelling = "Nemotron"  # NVIDIA\'s\nweight = 1.5\n\n'
        assert mine.read_text() == MINE.replace(block, "")

    def test_what_is_not_there_changes_nothing(self, mine: Path, tmp_path: Path) -> None:
        assert hotwords_file.remove(mine, "Vim") == []
        assert mine.read_text() == MINE
        assert hotwords_file.remove(tmp_path / "none.toml", "Vim") == []
        assert not (tmp_path / "none.toml").exists()


def test_terms_of_a_language_and_of_all() -> None:
    both = Hotwords((Term("Grüße", language="de"), Term("Claude Code")))
    assert [term.spelling for term in both.for_language("en-US")] == ["Claude Code"]
    for language in ("de-AT", None, "auto", "Auto"):
        assert both.for_language(language) == both.terms


def test_as_many_terms_as_are_allowed_fit_into_the_file_in_the_long_form(tmp_path: Path) -> None:
    path = tmp_path / "hotwords.toml"
    blocks = (
        f'[[word]]\nspelling = "Some Company {number}"\n'
        f'sounds_like = ["sum company {number}", "some cup any {number}", "sump any {number}"]\n'
        'weight = 1.5\nlanguage = "en"\nstate = "active"\n'
        for number in range(10_000)
    )
    path.write_text("\n".join(blocks))
    loaded = hotwords_file.load(path, 1.0)
    assert len(loaded.terms) == 10_000
    assert len(json.dumps(hotwords_event(loaded).data)) < LARGEST_EVENT


def test_a_quarantined_term_stays_in_the_file_with_all_else(tmp_path: Path) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('# names\nwords = [\n    "Zoë", # a friend\n    "Ada",\n]\n\n' + LONG)
    assert hotwords_file.quarantine(path, "zoë") == ["~ Zoë: active -> quarantined"]
    assert hotwords_file.quarantine(path, "Nemotron") == ["~ Nemotron: active -> quarantined"]
    assert hotwords_file.quarantine(path, "Nemotron") == []
    assert hotwords_file.quarantine(path, "Nobody") == []
    text = path.read_text()
    assert all(part in text for part in ("# names", '"Ada"', "# heavy", "weight = 2"))
    assert hotwords_file.add(path, "Nemotron") == ["~ Nemotron: quarantined -> active"]
    assert hotwords_file.quarantine(tmp_path / "none.toml", "x") == []
    assert not (tmp_path / "none.toml").exists()


LONG = '[[word]]\nspelling = "Nemotron"\nweight = 2 # heavy\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        'words = ["x"]\n',
        '[replacements]\n# mine\n"git hub" = "GitHub"\n\n# now commands\n[commands]\n',
        '[replacements.de]\n"äh" = ""\n',
        'replacements = {"git hub" = "GitHub"}\n',
        '[replacements]\n[[word]]\nspelling = "a"\n# g\n[[group]]\nname = "b"\n'
        '# w\n[[word]]\nspelling = "c"\n# h\n[[group]]\nname = "d"\n',
    ],
)
def test_a_replacement_is_added_changed_and_taken_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text(text)
    assert hotwords_file.replace_phrase(path, "cloud code", 'Claude "Code"') == [
        '+ replacement cloud code -> Claude "Code"'
    ]
    assert hotwords_file.replace_phrase(path, "cloud code", "Claude Code") == [
        "~ replacement cloud code -> Claude Code"
    ]
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in path.read_text().splitlines() if line.startswith("#")] == comments
    assert hotwords_file.keep_phrase(path, "cloud code") == ["- replacement cloud code"]
    assert hotwords_file.keep_phrase(path, "cloud code") == []
    assert hotwords_file.load(path, 1.0).replacements == parse(text).replacements


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_an_edit_keeps_the_line_ends(tmp_path: Path, end: str) -> None:
    path = tmp_path / "hotwords.toml"
    before = '# mine\nwords = ["One"]\n\n[[word]]\nspelling = "Two"\nweight = 2.0\n'
    path.write_bytes(before.replace("\n", end).encode())
    hotwords_file.add(path, "Three")
    hotwords_file.add(path, "Four", weight=2.0)
    hotwords_file.replace_phrase(path, "fore", "four")
    hotwords_file.remove(path, "Two")
    after = path.read_bytes().decode()
    assert after.count(end) == after.count("\n")
    assert "\r" in after or end == "\n"
    assert {term.spelling for term in parse(after).terms} == {"One", "Three", "Four"}


def test_terms_in_one_list_can_be_changed_too(tmp_path: Path) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('# mine\nword = [{spelling = "One", weight = 2.0}] # these\n')
    assert hotwords_file.add(path, "Two", sounds_like=["too"]) == ["+ Two"]
    assert hotwords_file.remove(path, "One") == ["- One"]
    after = path.read_text()
    assert after.startswith("# mine\nword = [")
    assert "# these" in after


@pytest.mark.parametrize(
    "words", ['["One"]', '["One"] # x', '[\n  "One", # x\n]', '[\n    "One" # x\n  ]', "[\n]"]
)
def test_a_term_never_ends_in_a_comment(tmp_path: Path, words: str) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text(f"words = {words}\n")
    assert hotwords_file.add(path, "Two") == ["+ Two"]
    assert [term.spelling for term in parse(path.read_text()).terms][-1] == "Two"
