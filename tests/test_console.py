"""Printing where the locale, the pipe or the disk does not take it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.daemon import PYTHONPATH
from tests.lab.locales import latin_1

ENCODINGS = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "latin-1"},
    {"PYTHONIOENCODING": "iso-8859-1:strict"},
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]
COMMANDS = [
    ["dictatectl", "check"],
    ["dictatectl", "check", "--json"],
    ["dictatectl", "status"],
    ["dictatectl", "history"],
    ["dictatectl", "engine"],
    ["dictatectl", "hotwords", "list"],
    ["dictatectl", "hotwords", "list", "--json"],
    ["dictatectl", "--help"],
    ["dictatectl", "completion", "bash"],
    ["dictate", "--help"],
    ["dictate", "file", "--help"],
    ["dictate", "models", "list"],
    ["dictate", "models", "list", "--json"],
    ["dictate", "models", "verify"],
    ["dictate", "file", "/nowhere/Zürich \udce9.wav"],
]
WIDE = [["dictatectl", "check"], ["dictatectl", "hotwords", "list"], COMMANDS[-1]]
MODULES = {"dictate": "dictate", "dictatectl": "dictate.ctl.main"}


def words(command: list[str]) -> list[str]:
    return [sys.executable, "-m", MODULES[command[0]], *command[1:]]


def environment(**more: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
    return {**kept, "PYTHONPATH": PYTHONPATH, **more}


@pytest.fixture(autouse=True)
def hotwords(homes: Path) -> None:
    """A list with letters and signs that most encodings lack."""
    folder = homes / "config" / "dictate"
    folder.mkdir(exist_ok=True)
    text = 'words = ["Zürich", "Łódź \u2013 “Θ”", "北京"]\n'
    (folder / "hotwords.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return latin_1(tmp_path_factory.mktemp("locales"))


@pytest.mark.parametrize(
    ("command", "encoding"),
    [
        *((command, ENCODINGS[0]) for command in COMMANDS),
        *((command, encoding) for command in WIDE for encoding in ENCODINGS[1:]),
    ],
    ids=lambda one: " ".join(one if isinstance(one, list) else one.values()),
)
def test_commands_print_in_every_locale(command: list[str], encoding: dict[str, str]) -> None:
    """Each command in the narrowest encoding, and those that print most signs in all of them."""
    done = subprocess.run(
        words(command),
        env=environment(**encoding),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    assert b"UnicodeEncodeError" not in done.stderr
    assert done.returncode in (0, 1, 3, 4)
    assert done.stdout or done.stderr
    if encoding.get("PYTHONIOENCODING") == "ascii":
        assert (done.stdout + done.stderr).isascii()
    if "--json" in command:
        json.loads(done.stdout)


def test_signs_that_an_encoding_lacks_are_replaced_by_similar_ones() -> None:
    for encoding, expected in (("ascii", '?d? - "?"'), ("utf-8", "Łódź \u2013 “Θ”")):
        done = subprocess.run(
            words(["dictatectl", "hotwords", "list"]),
            env=environment(PYTHONIOENCODING=encoding),
            capture_output=True,
            check=True,
        )
        assert expected in done.stdout.decode(encoding)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_prints_in_a_real_locale_without_utf_8(
    command: list[str], latin: dict[str, str]
) -> None:
    done = subprocess.run(
        words(command),
        env=environment(**latin),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    if command == ["dictatectl", "hotwords", "list"]:
        assert "Zürich" in done.stdout.decode("iso-8859-1")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_has_enough_causes_no_traceback(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        words(command),
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, said = process.communicate(timeout=100)
    assert b"Traceback" not in said, said
    assert b"BrokenPipeError" not in said
    assert process.returncode in (0, 1, 3, 4)


def test_what_changes_the_system_is_finished_without_a_reader(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from dictate import console\n"
        "def work():\n"
        "    for name in ('one', 'two', 'three'):\n"
        "        console.step(name); Path(name).touch()\n"
        "    return 0\n"
        "raise SystemExit(console.run(work))\n"
    )
    folder = tmp_path / "work"
    folder.mkdir()
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment(),
        cwd=folder,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, said = process.communicate(timeout=100)
    assert (process.returncode, said) == (0, b"")
    assert sorted(path.name for path in folder.iterdir()) == ["one", "three", "two"]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_behind_the_output_is_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            words(command),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            timeout=100,
        )
    assert b"Traceback" not in done.stderr, done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.returncode in (0, 1, 3, 4)


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>&- 2>&-"])
def test_closed_streams_cause_no_traceback(tmp_path: Path, closed: str) -> None:
    for command in (["dictate", "models", "list"], ["dictatectl", "check"]):
        done = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *words(command)],
            env=environment(),
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=100,
        )
        assert b"Traceback" not in done.stdout + done.stderr
        assert done.returncode in (0, 1)
