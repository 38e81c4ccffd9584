"""Code mode: formatters and signs, one line each."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish
from dictate.text.code import _FORMATS
from dictate.text.code_signs import code_signs

CODE = TextSettings(code=True)
MINE = Hotwords(
    terms=(Term("Claude Code"), Term("numpy", sounds_like=("num pie",)), Term("UserID")),
    replacements=(("main guard", 'if __name__ == "__main__":'),),
    commands=(("next line", "newline"),),
)


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        # Formatters.
        ("camel case foo bar", "fooBar"),
        ("camel foo bar baz", "fooBarBaz"),
        ("Camelcase get HTTP response", "getHttpResponse"),
        ("camel-case foo bar", "fooBar"),
        ("hammer foo bar", "FooBar"),
        ("Pascal case my class", "MyClass"),
        ("public camel my class", "MyClass"),
        ("snake case total count", "total_count"),
        ("Snake_case total count.", "total_count"),
        ("constant max size", "MAX_SIZE"),
        ("screaming snake max size", "MAX_SIZE"),
        ("kebab case my component", "my-component"),
        ("dotted org example app", "org.example.app"),
        ("smash foo bar", "foobar"),
        ("no spaces foo bar", "foobar"),
        ("conga src main", "src/main"),
        ("slasher usr local bin", "/usr/local/bin"),
        ("packed std io", "std::io"),
        ("dunder init", "__init__"),
        ("all caps todo fix this", "TODO FIX THIS"),
        ("all down HTTP Server", "http server"),
        ("title case hello world", "Hello World"),
        ("dub string hello world", '"hello world"'),
        ("single string don't", "'don't'"),
        # Two in a row, and where one ends.
        ("all caps snake case foo bar", "FOO_BAR"),
        ("dub string snake case foo bar", '"foo_bar"'),
        ("camel case foo bar equals snake case baz qux", "fooBar = baz_qux"),
        ("camel case foo bar dot hammer baz qux", "fooBar.BazQux"),
        ("snake case foo bar new line return one", "foo_bar\nreturn one"),
        ("camel case well-known value", "wellKnownValue"),
        ("camel case version 2 beta", "version2Beta"),
        ("camel case", "camel case"),
        ("a snake", "a snake"),
        ("camel snake dot", "camel snake."),
        # The engine writes prose.
        ("Return the value.", "return the value"),
        ("Camel case, foo bar.", "fooBar"),
        ("Is it there? Yes, it is.", "is it there yes it is"),
        ("I import sys", "i import sys"),
        ("version 3.5, port 8080.", "version 3.5 port 8080"),
        ("don't stop", "don't stop"),
        # Signs, and the room they take.
        ("x equals five", "x = five"),
        ("X double equals y", "x == y"),
        ("x equals equals y", "x == y"),
        ("x not equal y", "x != y"),
        ("if x less than or equal to y colon", "if x <= y:"),
        ("x plus equals 1", "x += 1"),
        ("i plus plus semicolon", "i++;"),
        ("a plus b star c", "a + b * c"),
        ("x equals minus 1", "x = -1"),
        ("return minus x", "return -x"),
        ("foo open paren star args comma double star kwargs close paren", "foo(*args, **kwargs)"),
        ("print left paren x right paren", "print(x)"),
        ("print L paren R paren", "print()"),
        ("if open paren x close paren open brace", "if (x) {"),
        ("items open bracket 0 close bracket dot name", "items[0].name"),
        ("x equals open bracket 1 comma 2 close bracket", "x = [1, 2]"),
        ("self dot underscore value", "self._value"),
        ("def underscore run", "def _run"),
        ("def run open paren self close paren arrow int colon", "def run(self) -> int:"),
        ("x fat arrow x plus 1", "x => x + 1"),
        ("open brace double quote a double quote colon 1 close brace", '{"a": 1}'),
        ("print open paren dub quote hello dub quote comma x close paren", 'print("hello", x)'),
        ("bang ready double ampersand bang done", "!ready && !done"),
        ("git log dash dash oneline pipe head", "git log --oneline | head"),
        ("cd space slash etc", "cd /etc"),
        ("src slash main dot py", "src/main.py"),
        ("at sign property new line def name", "@property\ndef name"),
        ("hash fix this", "# fix this"),
        ("x modulo 2", "x % 2"),
        ("std double colon vec left angle int right angle", "std::vec<int>"),
        ("echo dollar home", "echo $home"),
        ("x colon equals 3", "x := 3"),
        ("wait question mark", "wait?"),
        ("Open paren, x, close paren.", "(x)"),
        # Words that are names of signs.
        ("literal dot com", "dot com"),
        # Paths and addresses.
        ("cd dot dot slash dot dot slash foo", "cd ../../foo"),
        ("run dot slash configure", "run ./configure"),
        ("from quote dot slash utils quote", "from './utils'"),
        ("src slash dot dot slash lib", "src/../lib"),
        ("curl HTTPS colon slash slash example dot com slash a", "curl https://example.com/a"),
        ("say literal camel case", "say camel case"),
        # The user's own words.
        ("open Claude code", "open Claude Code"),
        ("import num pie as np", "import numpy as np"),
        ("snake case Claude Code key", "claude_code_key"),
        ("return user id userid", "return user id UserID"),
        ("main guard next line pass", 'if __name__ == "__main__":\npass'),
        ("", ""),
        (".", ""),
    ],
)
def test_what_a_programmer_says(heard: str, written: str) -> None:
    assert polish(heard, MINE, CODE) == written


def test_line_ends_can_be_off_and_prose_knows_no_formatter() -> None:
    assert polish("x new line y", MINE, TextSettings(code=True, spoken_newlines=False)) == (
        "x new line y"
    )
    assert polish("Camel case foo bar.", MINE, TextSettings()) == "Camel case foo bar."


def test_formatters_and_signs_have_english_names_in_every_language() -> None:
    assert polish("camel case größe plus eins", MINE, CODE, language="de") == "größe + eins"
    assert polish("snake case niño feliz", MINE, CODE, language="es") == "niño_feliz"


def test_numbers_and_fillers_are_for_code_too() -> None:
    settings = TextSettings(code=True, numbers=True, fillers="remove", punctuation="short")
    assert polish("um x equals twenty five", MINE, settings, language="en") == "x = 25"
    assert polish("pi equals three point one four", MINE, settings, language="en") == "pi = 3.14"


NAMES = [name for name, _ in code_signs()] + ["camel case", "dub string", "foo", "1", "new line"]


@given(st.lists(st.sampled_from(NAMES), max_size=12).map(" ".join) | st.text(max_size=40))
def test_code_is_plain_text_without_spaces_at_its_ends(heard: str) -> None:
    written = polish(heard, MINE, CODE)
    assert written == written.strip(" ")
    assert not any(ord(character) < 32 for character in written.replace("\n", ""))


def test_no_name_stands_for_two_signs() -> None:
    names = [name for name, _ in code_signs()]
    assert sorted(set(names)) == sorted(names)


def test_the_guide_lists_every_name() -> None:
    guide = (Path(__file__).parents[2] / "docs/guide/code.md").read_text()
    cells = [cell for line in guide.splitlines() for cell in line.split(" | ")]
    listed = {name.strip(" |") for cell in cells for name in re.split("[,;] ", cell)}
    formatters = [name for _, names in _FORMATS.values() for name in names.split(", ")]
    assert {*(name for name, _ in code_signs()), *formatters} - listed == set()


@pytest.mark.parametrize("language", ["de", "fr", "es", "xx", None])
def test_its_names_are_english_in_every_language_and_so_is_their_escape(language: str) -> None:
    assert polish("Camel case foo bar", MINE, CODE, language=language) == "fooBar"
    assert polish("Literal dot com", MINE, CODE, language=language) == "dot com"
