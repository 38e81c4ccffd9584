"""Whatever stands in the files, the list in force stays whole, and a term that is added can be
listed and removed again."""

from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dictate.config.sources import CommandLineOverrides, ConfigFiles, FilesRead
from dictate.errors import ConfigError
from dictate.hotwords import hotwords_file, whole_list
from dictate.hotwords.limits import composed, folded, why_not_phrase

FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example writes its files
)

NAMES = st.sampled_from(
    [
        *("words", "word", "spelling", "weight", "sounds_like", "language", "state", "group"),
        *("name", "profiles", "applications", "source", "url", "header", "token_file"),
        *("refresh_min", "replacements", "commands", "context", "de", "next line"),
    ]
)
SCALARS = (
    st.text(max_size=8)
    | st.sampled_from(["main", "en", "newline", "http://localhost/a", "https://a.b/c?d", "~/t"])
    | st.integers()
    | st.floats()
    | st.booleans()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
WRITTEN = st.dictionaries(NAMES, VALUES, max_size=5).map(tomlkit.dumps)
"""Well-formed TOML, in which anything may stand anywhere."""
LINES = st.lists(
    st.sampled_from(
        [
            *('words = ["Zoë"]', "words = [", "[[word]]", '[[group]]\nname = "a"', "[[source]]"),
            *('spelling = "Zoë"', "weight = 1e999", "weight = 0x" + "f" * 400, 'group = "a"'),
            *("[replacements]", '"a" = "b"', "[replacements.de]", "[commands]", "\ufeff", "\x00"),
            *('url = "https://a.b"', 'profiles = ["main"]', "a.b.c = 1", "= 1", "'''", '"""', "\r"),
        ]
    )
    | st.text(max_size=12),
    max_size=8,
).map("\n".join)
ANY_TEXT = st.text(max_size=60) | LINES | WRITTEN


def read(files: ConfigFiles, in_force: FilesRead | None) -> FilesRead:
    return files.read(CommandLineOverrides(), in_force)


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


@FEW
@given(ANY_TEXT, ANY_TEXT)
@example("[[word]]\nspelling='a'\nweight=0x" + "f" * 5000, "")
@example("", "[[source]]\nurl = 'https://[::1'")
@example("words = " + "[" * 3000, "")
def test_no_text_takes_the_list_in_force_away(tmp_path: Path, main: str, beside: str) -> None:
    files = ConfigFiles(tmp_path / "config.toml", tmp_path / "hotwords.toml")
    (tmp_path / "hotwords.d").mkdir(exist_ok=True)
    write(files.hotwords, 'words = ["Claude Code"]\n')
    write(tmp_path / "hotwords.d" / "more.toml", 'words = ["Zed"]\n')
    before = read(files, None)
    assert [term.spelling for term in before.hotwords.terms] == ["Claude Code", "Zed"]
    write(files.hotwords, main)
    write(tmp_path / "hotwords.d" / "more.toml", beside)
    after = read(files, before)
    if after.problems:
        assert after.hotwords is before.hotwords
        assert set(after.problems) == {files.hotwords}
    else:
        assert read(files, after).hotwords is after.hotwords


SPELLINGS = st.text(min_size=1, max_size=20) | st.sampled_from(
    [
        "zed",
        "Pytest",
        "C++",
        ".NET",
        "node.js",
        "Zo\u00eb",
        "nai\u0308ve Bayes",
        'say "hi"',
        "back\\slash",
        "O'Neil",
    ]
)
FORMS = st.lists(st.sampled_from(["clod code", "zo ee", "a 'b' \"c\"", "\u00e4h"]), max_size=2)

MINE = """\
# above
words = [
    "Anthropic",  # the firm
    # editors
    "Zed",
]  # after the words

# the hard one
[[word]]
spelling = "Nemotron"  # NVIDIA's

# for code
[[group]]
name = "code"
words = ["pytest"]  # tests

# what I say
[replacements]
"git hub" = "GitHub"  # the site
# the end
"""
COMMENTS = [line.partition("# ")[2] for line in MINE.splitlines() if "# " in line]


@FEW
@given(
    SPELLINGS,
    st.none() | st.floats(0.1, 10),
    FORMS,
    st.sampled_from(["", "code"]),
    st.booleans(),
)
def test_a_term_that_is_added_is_listed_and_can_be_removed_and_no_comment_is_lost(
    tmp_path: Path, spelling: str, weight: float | None, forms: list[str], group: str, twice: bool
) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text(MINE)
    before = whole_list.read(path).hotwords
    told: dict[str, Any] = {"weight": weight, "sounds_like": forms, "group": group}
    if why_not_phrase(composed(spelling)) is not None or not _is_utf_8(spelling):
        with pytest.raises(ConfigError):
            hotwords_file.add(path, spelling, **told)
        assert path.read_text() == MINE
        return
    for _ in range(1 + twice):
        hotwords_file.add(path, spelling, **told)
    whole = whole_list.read(path)
    (term,) = [
        each for each in whole.hotwords.terms if folded(each.spelling) == folded(composed(spelling))
    ]
    assert term.spelling == composed(spelling)
    assert weight is None or term.weight == weight
    assert set(term.sounds_like) >= {composed(form) for form in forms}
    assert not group or term.group == group
    assert _comments(path) == COMMENTS
    assert hotwords_file.remove(path, spelling.upper() if spelling.isascii() else spelling)
    assert _comments(path) == COMMENTS
    left = set(whole_list.read(path).hotwords.terms)
    assert left == {each for each in before.terms if folded(each.spelling) != folded(term.spelling)}


def _comments(path: Path) -> list[str]:
    return [comment for comment in COMMENTS if f"# {comment}" in path.read_text()]


def _is_utf_8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
