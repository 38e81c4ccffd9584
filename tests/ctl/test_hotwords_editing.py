"""`dictatectl hotwords` with several files and a source, and without a daemon."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dictate.ctl.hotwords import lint, listing
from dictate.ctl.main import run
from dictate.hotwords import source_list
from dictate.hotwords.model import Source
from dictate.hotwords.source_list import SourceCopy

URL = "http://localhost:8100/words"


@pytest.fixture
def path(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's hotwords.toml, with a file and a source beside it."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={homes}/no-bus")
    path = homes / "config/dictate/hotwords.toml"
    (path.parent / "hotwords.d").mkdir(parents=True)
    path.write_text(f'words = ["Zed"]\n[[source]]\nurl = "{URL}"\n[[group]]\nname = "code"\n')
    (path.parent / "hotwords.d/names.toml").write_text('words = ["Anna"]  # a friend\n')
    source_list.write_copy(Source(URL), SourceCopy(["Acme", "++"]))
    return path


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Make an editor that leaves these texts, one at each start; what it was started with."""

    def make(*texts: str) -> Path:
        for number, text in enumerate(texts):
            (tmp_path / f"text{number}").write_text(text)
        log = tmp_path / "edited"
        script = tmp_path / "my editor"
        script.write_text(
            f"#!/bin/sh\nn=$(wc -l < '{log}')\necho \"$@\" >> '{log}'\n"
            f"cat '{tmp_path}'/text$n > \"$2\"\n"
        )
        script.chmod(0o755)
        log.write_text("")
        monkeypatch.setenv("VISUAL", f"'{script}' --wait")
        return log

    return make


def answer(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    """At the terminal; None without one."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return text is not None

    monkeypatch.setattr(sys, "stdin", Terminal(text or ""))


def test_the_list_says_where_each_term_is_from(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hotwords", "add", "pytest", "--group", "code", "--weight", "2"]) == 0
    assert run(["hotwords", "list"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[1:] == [
        "Zed",
        "pytest  (weight 2; group code)",
        "Anna  (in hotwords.d/names.toml)",
        f"Acme  (from {URL})",
    ]
    assert f"from {URL}: 1 entry is not used: 1 without a letter or digit" in said.err
    assert run(["hotwords", "list", "--json"]) == 0
    rows = {row["spelling"]: row for row in json.loads(capsys.readouterr().out)}
    assert (rows["pytest"]["group"], rows["pytest"]["file"]) == ("code", str(path))
    assert rows["Anna"]["file"] == str(path.parent / "hotwords.d/names.toml")
    assert (rows["Acme"]["file"], rows["Acme"]["source"]) == (None, URL)


def test_the_columns_of_the_list_are_aligned_whatever_is_said_of_a_term(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def counts(term: str, hits: int, used: float) -> dict[str, Any]:
        known = {"term": term, "hits": hits, "misses": 0, "false_hits": 12, "last_used": used}
        return known | {"learned_at": 0.0, "learned_from": 0}

    rows = [counts("Acme", 1, 0.0), counts("Anna", 10_000, 1.7e9), counts("Zed", 2, 1.7e9)]
    monkeypatch.setattr(listing, "ask_status", lambda: {"hotwords_file": str(path)})
    monkeypatch.setattr(listing, "ask_about_hotwords", lambda *_: rows)
    assert run(["hotwords", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Zed       2 hits    0 missed   12 false  last 2023-11-14",
        "Anna  10000 hits    0 missed   12 false  last 2023-11-14  (in hotwords.d/names.toml)",
        f"Acme      1 hit     0 missed   12 false  never used  (from {URL})",
    ]


def test_a_term_is_removed_from_its_file_and_not_from_a_source(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["hotwords", "remove", "anna"]) == 0
    assert (path.parent / "hotwords.d/names.toml").read_text() == "words = []  # a friend\n"
    assert run(["hotwords", "remove", "acme"]) == 4
    said = capsys.readouterr().err
    assert f"'acme' comes from {URL}: remove it there, or have it ignored" in said
    assert 'state = "quarantined"' in said
    assert run(["hotwords", "add", "Bert", "--group", "cod"]) == 1
    assert 'there is no group "cod" in hotwords.toml; did you mean code?' in capsys.readouterr().err


def test_what_the_editor_saved_is_checked_and_reported(
    path: Path, editor: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log = editor('words = ["Zed", "Helix"]\n')
    assert run(["hotwords", "edit"]) == 0
    assert log.read_text() == f"--wait {path}\n"
    assert capsys.readouterr().out.splitlines() == [
        *("- Acme", "+ Helix", "- group code", f"- source {URL}"),
    ]


def test_a_term_opens_the_file_that_has_it(
    path: Path, editor: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    log = editor('words = ["Anna"]\n')
    assert run(["hotwords", "edit", "anna"]) == 0
    assert log.read_text() == f"--wait {path.parent}/hotwords.d/names.toml\n"
    assert capsys.readouterr().out == "nothing changed\n"
    assert run(["hotwords", "edit", "acme"]) == 4
    assert "no file has the hotword 'acme'" in capsys.readouterr().err


def test_a_mistake_is_told_and_can_be_mended_at_once(
    path: Path,
    editor: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = editor('words = ["Anna"]\n', 'words = ["Bert"\n', 'words = ["Bert"]\n')
    answer(monkeypatch, "\ny\n")
    assert run(["hotwords", "edit"]) == 0
    names = path.parent / "hotwords.d/names.toml"
    assert log.read_text().splitlines() == [f"--wait {each}" for each in (path, names, names)]
    said = capsys.readouterr()
    assert 'hotwords.d/names.toml:1: "Anna" is in hotwords.toml:1 already' in said.err
    assert "hotwords.d/names.toml:2: a comma or ] is missing" in said.err
    assert "+ Bert" in said.out


@pytest.mark.parametrize("said", [None, "n\n", ""])
def test_a_mistake_that_stays_is_a_failure(
    path: Path,
    editor: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str | None,
) -> None:
    editor("words = [\n", 'words = ["mended"]\n')
    answer(monkeypatch, said)
    assert run(["hotwords", "edit"]) == 1
    assert "keeps the last good list until this is mended" in capsys.readouterr().err
    assert run(["hotwords", "edit"]) == 0  # it opens although the list cannot be read
    assert "hotwords.toml: 2 terms" in capsys.readouterr().out


def test_an_editor_that_fails_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path.unlink()
    for program, why in (
        ("/no/such/editor", "cannot be started: "),
        ("'half", "cannot be started: No closing quotation"),
        ("false", "ended with exit status 1"),
    ):
        monkeypatch.setenv("VISUAL", "")
        monkeypatch.setenv("EDITOR", program)
        assert run(["hotwords", "edit"]) == 1
        assert f"the editor {program!r} {why}" in capsys.readouterr().err
    assert path.exists()
    monkeypatch.setenv("EDITOR", "")
    monkeypatch.setattr("dictate.ctl.editor.EDITORS", ("no-such-editor",))
    assert run(["hotwords", "edit"]) == 1
    assert "set $EDITOR" in capsys.readouterr().err


def test_lint_shows_how_the_engine_sees_a_term_with_a_finding(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def finding(problem: str) -> dict[str, str]:
        return {
            "severity": "hint", "term": "Zed", "problem": problem, "advice": "do it",
            "place": "hotwords.toml:1",
        }  # fmt: skip

    answer = {
        "findings": [finding("one"), finding("two")],
        "tokens": {"Zed": ["Z ed", "z ed"], "Anna": ["An na"]},
        "note": "",
        "problems": [],
    }
    told: list[str] = []

    def answer_of_child(*_: str, given: str) -> object:
        told.append(given)
        return json.loads(json.dumps(answer))

    monkeypatch.setattr(lint, "answer_of_child", answer_of_child)
    assert run(["hotwords", "lint"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "hotwords.toml:1: hint: Zed: one",
        "    do it",
        "    the engine expects: Z ed",
        "hotwords.toml:1: hint: Zed: two",
        "    do it",
        f"{path}: 2 hints",
    ]
    assert run(["hotwords", "lint", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tokens"] == answer["tokens"]
    assert told == ["{}\n", "{}\n"]  # there is no daemon to ask
