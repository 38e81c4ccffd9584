"""The lint of a file, with the real dictionary, as `dictatectl` and the daemon run it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dictate.app import hotword_lint as in_daemon
from dictate.app.hotword_lint import HotwordLint, summary
from dictate.config.schema import HotwordSettings, Settings, TextSettings
from dictate.config.sources import FilesRead
from dictate.diagnostics import hotword_lint
from dictate.diagnostics.hotword_lint import comfort, last_used, linted, places, tokens_of
from dictate.engines import TermReport
from dictate.engines.supervisor import EngineStatus
from dictate.errors import ConfigError
from dictate.hotwords import source_list, whole_list
from dictate.hotwords.lint.findings import Severity
from dictate.hotwords.model import Hotwords, Source, Term
from dictate.hotwords.source_list import SourceCopy
from dictate.journal.evidence import TermCounts
from dictate.platform.child_process import python_module
from tests.lab.engine import Worker

LIST = """\
words = ["Claude", "Claude Code",  # "Team %" comes below
  'Comma', "Jon"]
[[word]]
spelling = "Team %"
[[word]]
spelling = "Nemotron"
sounds_like = ["cloud storage", "nemo tron"]
[[word]]
spelling = "John"
[commands]
"claude" = "newline"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hotwords.toml"
    path.write_text(LIST)
    return path


def test_the_faults_of_a_file(file: Path) -> None:
    found = linted(Settings(), file, "nemotron").findings
    warnings = [(f.place, f.term) for f in found if f.severity is Severity.WARNING]
    assert warnings == [
        ("hotwords.toml:1", "Claude"),  # a line end no longer
        ("hotwords.toml:2", "Comma"),
        ("hotwords.toml:4", "Team %"),
        ("hotwords.toml:6", "Nemotron"),
        ("hotwords.toml:9", "John"),  # as Jon
    ]
    assert any(f.term == "Claude" and '"cloud"' in f.problem for f in found)
    assert any(f.term == "Team %" and "team percent" in f.advice for f in found)


def test_signs_that_nobody_speaks_conflict_with_nothing(file: Path) -> None:
    silent = Settings(text=TextSettings(spoken_punctuation="off", spoken_newlines=False))
    terms = {f.term for f in linted(silent, file, "").findings if f.severity is Severity.WARNING}
    assert not terms & {"Comma", "Claude"}


def places_of(path: Path) -> Mapping[str, str]:
    texts = whole_list.texts_of(path)
    return places(texts, whole_list.of_texts(texts, path), path)


def test_a_comment_is_no_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('# "Claude"\nwords = ["Claude", "Zo\\u00eb"]\n')
    assert places_of(path) == {"Claude": "mine.toml:2", "Zoë": "mine.toml"}
    assert places_of(tmp_path / "none.toml") == {}


@pytest.fixture
def parts(homes: Path) -> Path:
    """A list of two files and a source."""
    path = homes / "hotwords.toml"
    path.write_text(
        '[[source]]\nurl = "http://localhost:8100/words?key=1"\n'
        '[[group]]\nname = "code"\napplications = ["code"]\nwords = ["Jon"]\n'
        '[[group]]\nname = "mail"\napplications = ["mail"]\nwords = ["John"]\n'
    )
    (homes / "hotwords.d").mkdir()
    names = homes / "hotwords.d" / "names.toml"
    names.write_text('[[word]]\nspelling = "Nemotron"\nsounds_like = ["Jon", "cloud storage"]\n')
    source = Source("http://localhost:8100/words?key=1")
    source_list.write_copy(source, SourceCopy(["Team %", "Comma"]))
    return path


def test_a_term_may_be_in_any_file_or_from_a_source(parts: Path) -> None:
    assert places_of(parts) == {
        "Jon": "hotwords.toml:6",
        "John": "hotwords.toml:10",
        "Nemotron": "hotwords.d/names.toml:2",
        "Team %": "http://localhost:8100/words",
        "Comma": "http://localhost:8100/words",
    }
    found = linted(Settings(), parts, "").findings
    warnings = {(f.place, f.term) for f in found if f.severity is Severity.WARNING}
    # Jon and John sound the same, but no dictation has both.
    assert warnings == {
        ("hotwords.d/names.toml:2", "Nemotron"),  # "cloud storage", and "Jon", which is a term
        ("http://localhost:8100/words", "Team %"),
        ("http://localhost:8100/words", "Comma"),
    }


def test_only_what_is_known_for_long_was_not_heard_for_long(parts: Path) -> None:
    now = time.time()
    old, older = now - 100 * 86400, now - 200 * 86400

    def row(term: str, **known: float) -> dict[str, object]:
        return asdict(TermCounts(term)) | known

    names = parts.parent / "hotwords.d" / "names.toml"
    os.utime(names, (older, older))
    heard = row("Jon", first_used=old, last_used=now - 5)
    counts = [heard, row("John", learned_at=old), row("gone", first_used=now)]
    whole = whole_list.read(parts)
    # What is in a source, nobody knows since when. The journal goes back 100 days, and the file of
    # Nemotron is older; the other file was changed a moment ago.
    assert last_used(whole, counts) == {"Jon": now - 5, "John": old, "Nemotron": old}
    assert last_used(whole, []) == {}
    found = linted(Settings(), parts, "", counts=counts).findings
    idle = [(f.term, f.problem) for f in found if "not heard" in f.problem]
    assert idle == [("John", "not heard for 100 days"), ("Nemotron", "not heard for 100 days")]
    parts.write_text('words = ["Kubernetes"]\n')  # added a moment ago
    found = linted(Settings(), parts, "", counts=counts).findings
    assert [f.term for f in found if "not heard" in f.problem] == ["Nemotron"]


def test_pieces_of_the_spelling_are_tokens_and_a_pronunciation_is_none() -> None:
    mark = "\u2581"
    pieces = (f"{mark}Cl", "aude", f"{mark}Co", "de")
    assert tokens_of(TermReport("Claude Code", (" ".join(pieces), "x"))).tokens == pieces
    assert tokens_of(TermReport("Claude", ("K L AO D",))).tokens == ()
    assert tokens_of(TermReport("東京", (), "'東京' has no token")).problem == "has no token"


def test_the_engine_says_how_it_sees_the_terms(tmp_path: Path) -> None:
    """The starter engine, which writes pronunciations."""
    path = tmp_path / "hotwords.toml"
    path.write_text('words = ["Claude", "Team %"]')
    gone = linted(Settings(), path, "pocketsphinx", tmp_path / "e")
    assert gone.reports == {}
    assert "the engine does not say how it sees the terms" in gone.note
    with Worker(tmp_path, engine="pocketsphinx") as worker:
        asyncio.run(worker.served())
        command = python_module("dictate.diagnostics.hotword_lint", "--beside")
        words = ("--hotwords", str(path), "--engine", "pocketsphinx")
        beside = json.dumps({"socket": str(worker.socket)})
        done = subprocess.run(
            [*command, *words], input=beside, capture_output=True, text=True, check=True
        )
    answer = json.loads(done.stdout)
    assert answer["tokens"]["Claude"] == ["K L AO D"]
    assert answer["note"] == ""
    # That it can be pronounced does not mean that the sign is said.
    assert [f["term"] for f in answer["findings"] if f["severity"] == "warning"] == ["Team %"]


def test_an_engine_that_hangs_does_not_keep_the_lint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hotword_lint, "INSPECT_S", 0.1)
    path = tmp_path / "hotwords.toml"
    path.write_text('words = ["Team %"]')
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "e"))
        silent.listen()
        found = linted(Settings(), path, "", tmp_path / "e")
    assert "did not say within 0 s" in found.note
    assert [f.term for f in found.findings if f.severity is Severity.WARNING]


def test_each_engine_has_its_comfort() -> None:
    assert [most for most, _ in comfort("nemotron", HotwordSettings())] == [1000, 100]
    assert comfort("nemotron", HotwordSettings(cap=False)) == []
    assert [most for most, _ in comfort("qwen3", HotwordSettings())] == [50]
    assert comfort("pocketsphinx", HotwordSettings()) == []


def test_a_file_with_a_mistake_has_no_findings(tmp_path: Path) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text("words = 3")
    with pytest.raises(ConfigError):
        linted(Settings(), path, "")
    command = python_module("dictate.diagnostics.hotword_lint", "--hotwords", str(path))
    answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert answer["findings"] == []
    assert "hotwords.toml:1" in answer["problems"][0]


class Shown:
    """The service, as far as lint uses it."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def update(self, *, hotword_warnings: str) -> None:
        self.warnings.append(hotword_warnings)


def run(file: Path, *lists: Hotwords) -> list[str]:
    """What is shown after the list in force has been each of these, one right after the other."""
    shown = Shown()

    async def beside() -> dict[str, Any]:
        return {"socket": str(file.with_name("no socket")), "counts": []}

    async def main() -> None:
        in_force = lists[0]
        lint = HotwordLint(
            shown,  # type: ignore[arg-type]
            lambda: FilesRead(Settings(), in_force, {}),
            lambda: (file.with_name("config.toml"), file),
            lambda: EngineStatus("nemotron"),
            beside,
        )
        for in_force in lists:  # noqa: B007 - the lambda above reads it
            lint.update()
            lint.update()
        await lint._tasks.wait()
        await lint.close()

    asyncio.run(main())
    return shown.warnings


def test_the_daemon_shows_the_first_warning_and_their_number(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_daemon, "FIRST_S", 0.0)
    (shown,) = run(file, Hotwords((Term("Old"),)), Hotwords((Term("Claude"),)))
    assert shown.startswith('5 warnings, the first: hotwords.toml:1: Claude: "Claude" no longer')
    assert run(file, Hotwords()) == [""]


@pytest.mark.parametrize("program", ["import sys; sys.exit('broken')", "print('{')", "1 + 1"])
def test_a_lint_that_fails_shows_nothing(
    file: Path, program: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_daemon, "FIRST_S", 0.0)
    monkeypatch.setattr(in_daemon, "python_module", lambda *_: (sys.executable, "-c", program))
    assert run(file, Hotwords((Term("Claude"),))) == []
    assert "the hotwords were not linted" in caplog.text


def test_a_lint_that_hangs_is_killed(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_daemon, "FIRST_S", 0.0)
    monkeypatch.setattr(in_daemon, "LINT_S", 0.3)
    sleep = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr(in_daemon, "python_module", lambda *_: sleep)
    assert run(file, Hotwords((Term("Claude"),))) == []
    assert "no answer within 0" in caplog.text


def test_hints_are_no_warnings() -> None:
    hint: dict[str, Any] = {"severity": "hint", "term": "Zoë", "problem": "an accent", "place": ""}
    assert summary([hint]) == ""
    error = {**hint, "severity": "error"}
    assert summary([error, hint]) == "1 warning: Zoë: an accent (dictatectl hotwords lint)"
