"""What Dictate says, in the user's language: nothing is left out, and German is complete."""

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from dictate.settings.options import table
from scripts import translations
from tests import unmarked_messages

CATALOGUES = sorted(translations.LOCALE.glob("*/LC_MESSAGES/*.po"))
PLACE = re.compile(r"(?<!\{)(?:\{\{)*\{([a-z_]\w*)[!:}]")
"""The name of a placeholder of `format`."""
PLACEHOLDER = re.compile(r"\{\w+[^{} ]*\}|%\(\w+\)[rs]|%[rs]")


def said(*words: str, **locale: str) -> str:
    """What a command says where these variables set the locale."""
    env = {name: text for name, text in os.environ.items() if name != "LANGUAGE"}
    done = subprocess.run(
        [sys.executable, "-P", "-m", *words],
        env=env | {"LC_ALL": "", "LC_MESSAGES": "", "LANG": ""} | locale,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout + done.stderr


def test_no_message_is_left_out() -> None:
    files = sorted(Path("dictate").rglob("*.py"))
    found = [
        f"{file}:{line}: {text}"
        for file in files
        for line, text in unmarked_messages.unmarked(file.resolve())
    ]
    assert found == [], "mark them with _() of dictate/translation.py, or say # untranslated"


@pytest.mark.parametrize(
    "code",
    [
        'def f():\n    raise Unavailable("it is not there")',
        'def f(x):\n    return f"{x} is gone" if x else ""',
        'WORDS = {"held": "Not written"}',
        "print(f\"{_('known') or 'not known'}\")",
    ],
)
def test_the_search_finds(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unmarked_messages, "ROOT", tmp_path)
    file = tmp_path / "dictate" / "some.py"
    file.parent.mkdir()
    file.write_text(f"{code}\n")
    assert list(unmarked_messages.unmarked(file))


def test_each_message_gets_what_it_has_places_for() -> None:
    wrong = []
    for file in sorted(Path("dictate").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(call, ast.Call) and ast.unparse(call.func).endswith(").format")):
                continue
            marked = [
                argument.value
                for each in ast.walk(call.func)
                if isinstance(each, ast.Call)
                and isinstance(each.func, ast.Name)
                and each.func.id in translations.MARKS
                for argument in each.args[: translations.MARKS[each.func.id]]
                if isinstance(argument, ast.Constant)
            ]
            places = {name for text in marked for name in PLACE.findall(str(text))}
            given = {each.arg for each in call.keywords}
            if marked and given != places:
                wrong.append(f"{file}:{call.lineno}: {given ^ places}")
    assert wrong == []


def test_all_that_the_settings_window_shows_of_an_option_is_a_message() -> None:
    window = Path("dictate/ui/settings/option_row.py").read_text()
    shown = re.findall(r"_\((?:self\.)?option\[\"(\w+)\"\]\)", window)
    assert {"title", "unit"} <= set(shown)
    messages = translations.messages()
    texts = {option[key] for part in table() for option in part["options"] for key in shown}
    assert [text for text in texts if text and text not in messages] == []


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parts[-3])
def test_a_translation_is_complete(file: Path) -> None:
    with file.open("rb") as stream:
        known = read_po(stream)
    now = translations.messages()
    assert {(each.id, each.context) for each in now} == {(each.id, each.context) for each in known}
    assert [each.id for each in translations.untranslated(known)] == []
    compiled = io.BytesIO()
    write_mo(compiled, known)
    assert file.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run: make docs"


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.parts[-3])
def test_a_translation_fills_in_the_same(file: Path) -> None:
    with file.open("rb") as stream:
        known = read_po(stream)
    for each in known:
        if not each.id:
            continue
        texts = [each.id] if isinstance(each.id, str) else list(each.id)
        translated = [each.string] if isinstance(each.string, str) else list(each.string or ())
        wanted = {name for text in texts for name in PLACEHOLDER.findall(text)}
        for text in translated:
            found = set(PLACEHOLDER.findall(text))
            assert found <= wanted, text
            assert len(texts) > 1 or found == wanted, text
            assert text[:1].isspace() == texts[0][:1].isspace(), text
            assert text[-1:].isspace() == texts[0][-1:].isspace(), text


@pytest.mark.parametrize(
    ("locale", "usage", "summary"),
    [
        ({"LANG": "de_AT.UTF-8"}, "Aufruf: ", "Das laufende dictate steuern."),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de"}, "Aufruf: ", "Das laufende dictate steuern."),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8"}, "usage: ", "Control the running dictate."),
        ({"LANG": "eo.UTF-8"}, "usage: ", "Control the running dictate."),
    ],
    ids=["LANG", "LANGUAGE", "C", "a language that is not there"],
)
def test_the_language_of_the_user(locale: dict[str, str], usage: str, summary: str) -> None:
    help_text = said("dictate.ctl.main", "--help", **locale)
    assert help_text.startswith(usage)
    assert summary in help_text


def test_what_argparse_says_is_translated_too() -> None:
    told = said("dictate.ctl.main", "paste", "seven", LANGUAGE="de", LANG="de_DE.UTF-8")
    assert "Fehler: " in told
    assert "ist keine ganze Zahl" in told


def test_a_status_in_german(tmp_path: Path) -> None:
    told = said("dictate.ctl.main", "status", LANGUAGE="de", LANG="de_DE.UTF-8")
    assert "dictatectl: " in told
    assert re.search(r"Sitzungsbus|läuft nicht", told)
