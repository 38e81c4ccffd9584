"""Each shell completes both commands, by the files that packages install."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

FILES = Path(__file__).parents[1] / "packaging/completions"
BASH = """
source "$1/bash/$2"
COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2)) COMP_LINE="${*:2}"
"_shtab_$2" "$2" "${!#}" "${@: -2:1}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
fpath=($PWD/zsh $fpath); autoload -U compinit; compinit -u -D; PS1=re'ady> '
"""
PATIENCE_S = 30.0

Shell = Callable[[str, str], bool]
"""Whether a shell offers a word for the last one of a command line."""


def env() -> dict[str, str]:
    programs = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "dumb"}


def bash(line: str, word: str) -> bool:
    command = ["bash", "-c", BASH, "bash", str(FILES), *line.split(" ")]
    return word in said_by(command)


def fish(line: str, word: str) -> bool:
    code = f"set fish_complete_path {FILES}/fish; complete -C '{line}'"
    command = ["fish", "--no-config", "-c", code]
    return word in said_by(command)


def said_by(command: Sequence[str]) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=env(), timeout=PATIENCE_S
    ).stdout


def zsh(line: str, word: str) -> bool:
    """It completes on a terminal only."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        ["zsh", "-f", "-i"], stdin=its, stdout=its, stderr=its, cwd=FILES, env=env()
    ) as process:
        try:
            os.write(mine, ZSH.encode())
            if not is_shown(mine, "ready> "):
                return False
            os.write(mine, f"{line}\t".encode())
            return is_shown(mine, word)
        finally:
            process.kill()
            os.close(mine)
            os.close(its)


def is_shown(terminal: int, words: str) -> bool:
    """Whether the terminal shows these words while we have patience."""
    shown, deadline = "", time.monotonic() + PATIENCE_S
    while words not in shown:
        left = max(0.0, deadline - time.monotonic())
        if not select.select([terminal], [], [], left)[0]:
            print(shown)
            return False
        shown += os.read(terminal, 65536).decode(errors="replace")
    return True


@pytest.mark.parametrize("offers", [bash, fish, zsh])
def test_a_shell_completes_both_commands(offers: Shell) -> None:
    if shutil.which(offers.__name__) is None:
        pytest.skip(f"{offers.__name__} is missing: apt install {offers.__name__}")
    assert offers("dictatectl engine pocket", "pocketsphinx")
    assert offers("dictate models download nemotron-onnx-16", "nemotron-onnx-160")
