"""Lines on standard output, and readers that are slow or gone."""

import json
import os
import subprocess
import sys
import time

import pytest

from dictate.config.schema import OutputSettings
from dictate.outputs.stdout import StdoutOutput

_PROGRAM = """
import asyncio, json, sys
from dictate.config.schema import OutputSettings
from dictate.errors import DeliveryUnsure
from dictate.outputs.stdout import StdoutOutput
async def main():
    output = StdoutOutput(OutputSettings(use="stdout"))
    await output.open()
    try:
        for line in map(json.loads, sys.argv[2:]):
            await asyncio.wait_for(output.write(line * int(sys.argv[1]), None), 1)
    except DeliveryUnsure as error:
        print("unsure:", error, file=sys.stderr)
    except TimeoutError:
        print("slow", file=sys.stderr)
    sys.stdin.readline()
asyncio.run(main())
"""


def start(times: int, *lines: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(times), *map(json.dumps, lines)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | env,
    )


def test_each_text_is_a_line_in_utf8_at_once() -> None:
    with start(1, "one ünï 日本 😀", "two", LC_ALL="C", PYTHONUTF8="0") as child:
        assert child.stdout is not None
        assert child.stdout.readline().decode() == "one ünï 日本 😀\n"
        assert child.stdout.readline() == b"two\n"  # while the program still runs
        child.communicate(b"\n", timeout=10)


def test_a_broken_pipe_is_unsure() -> None:
    with start(1, "one") as child:
        assert child.stdout is not None
        child.stdout.close()
        child.stdout = None
        _, said = child.communicate(b"\n", timeout=10)
    assert b"unsure: standard output" in said


def test_a_reader_that_never_reads_holds_up_nothing_else() -> None:
    with start(1_000_000, "x") as child:
        assert child.stderr is not None
        assert child.stderr.readline() == b"slow\n"  # the loop went on while the write did not
        assert child.stdin is not None
        started = time.monotonic()
        child.stdin.write(b"\n")
        child.stdin.flush()
        child.wait(timeout=10)
        assert time.monotonic() - started < 9
        child.communicate()


def test_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, unasked = StdoutOutput(OutputSettings(use="stdout")), StdoutOutput(OutputSettings())
    assert asked.unavailable_reason() is None
    assert "no terminal" in (unasked.unavailable_reason() or "")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert unasked.unavailable_reason() is None
    monkeypatch.setattr(sys, "stdout", None)
    assert "closed" in (asked.unavailable_reason() or "")
