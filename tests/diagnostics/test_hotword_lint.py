"""The lint of a file, with the real dictionary, as `dictatectl` and the daemon run it."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dictate.app import hotword_lint as in_daemon
from dictate.app.hotword_lint import HotwordLint, summary
from dictate.config.schema import HotwordSettings, Settings, TextSettings
from dictate.config.sources import FilesRead
from dictate.diagnostics.hotword_lint import comfort, findings, places
from dictate.errors import ConfigError
from dictate.hotwords.lint.findings import Severity
from dictate.hotwords.model import Hotwords, Term
from dictate.platform.child_process import python_module

LIST = """\
words = ["Claude", "Claude Code",  # "C++" comes below
  'Comma', "Jon"]
[[word]]
spelling = "C++"
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
    found = findings(Settings(), file, "nemotron")
    warnings = [(f.place, f.term) for f in found if f.severity is Severity.WARNING]
    assert warnings == [
        ("hotwords.toml:1", "Claude"),  # a line end no longer
        ("hotwords.toml:2", "Comma"),
        ("hotwords.toml:4", "C++"),
        ("hotwords.toml:4", "C++"),
        ("hotwords.toml:6", "Nemotron"),
        ("hotwords.toml:9", "John"),  # as Jon
    ]
    assert any(f.term == "Claude" and '"cloud"' in f.problem for f in found)
    assert any(f.term == "C++" and "c plus plus" in f.advice for f in found)


def test_signs_that_nobody_speaks_conflict_with_nothing(file: Path) -> None:
    silent = Settings(text=TextSettings(spoken_punctuation="off", spoken_newlines=False))
    terms = {f.term for f in findings(silent, file, "") if f.severity is Severity.WARNING}
    assert not terms & {"Comma", "Claude"}


def test_a_comment_is_no_place(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('# "Claude"\nwords = ["Claude"]\n')
    assert places(path) == {"Claude": "mine.toml:2"}
    assert places(tmp_path / "none.toml") == {}


def test_each_engine_has_its_comfort() -> None:
    assert [most for most, _ in comfort("nemotron", HotwordSettings())] == [1000, 100]
    assert comfort("nemotron", HotwordSettings(cap=False)) == []
    assert [most for most, _ in comfort("qwen3", HotwordSettings())] == [50]
    assert comfort("pocketsphinx", HotwordSettings()) == []


def test_a_file_with_a_mistake_has_no_findings(tmp_path: Path) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text("words = 3")
    with pytest.raises(ConfigError):
        findings(Settings(), path, "")
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

    async def main() -> None:
        in_force = lists[0]
        lint = HotwordLint(
            shown,  # type: ignore[arg-type]
            lambda: FilesRead(Settings(), in_force, {}),
            lambda: (file.with_name("config.toml"), file),
            lambda: "nemotron",
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
    assert shown.startswith('6 warnings, the first: hotwords.toml:1: Claude: "Claude" no longer')
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
