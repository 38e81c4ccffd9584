"""Command lines in .desktop files."""

import shutil
import subprocess
from pathlib import Path

import pytest

from dictate.platform.desktop_entry import exec_value
from tests.lab.daemon import wait_for


def test_plain_words_stay_as_they_are() -> None:
    words = "busctl --user call a.B /a/B a.B Toggle"
    assert exec_value(words.split()) == words


@pytest.mark.skipif(
    shutil.which("gio") is None, reason="gio is missing: apt install libglib2.0-bin"
)
@pytest.mark.parametrize("name", ["my own", "$HOME", 'a "b"', "`id`", "back\\slash", "it's"])
def test_glib_starts_the_very_program_with_the_very_words(tmp_path: Path, name: str) -> None:
    program, said = tmp_path / name, tmp_path / "said"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >"{said}.new" && mv "{said}.new" "{said}"\n'
    )
    program.chmod(0o755)
    entry = tmp_path / "x.desktop"
    command = exec_value([str(program), name, "100%"])
    entry.write_text(f"[Desktop Entry]\nType=Application\nName=x\nExec={command}\n")
    subprocess.run(["gio", "launch", entry], check=True, timeout=20)
    wait_for(said.exists, "the program to say its words")
    assert said.read_text().splitlines() == [name, "100%"]
