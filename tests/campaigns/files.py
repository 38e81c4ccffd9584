"""Mutated inputs to everything that reads bytes of others: no crash, no hang, bounded memory.

A step is one input to one reader (`readers.py`). Where atheris is installed (`pip install
atheris`), each reader is then fuzzed by it for as long again, guided by the coverage.
"""

import importlib.util
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

from tests.campaigns.readers import READERS, memory_mb, seeds
from tests.campaigns.result import Plan, Result

HANGS_S: Final = 5.0
"""Seconds of the processor that no input may take."""
GROWS_MB: Final = 300.0
GUIDED_S: Final = 180.0
"""Seconds under atheris for each reader, unless the plan has fewer."""
_SLICES: Final = (b"[", b"]", b"{", b"}", b'"', b"=", b"\n", b"\0", b"\xff", b"\x1b[0m", b"'''",
                  b"1e999", b"\xe2\x80\xae", b"\xed\xa0\x80", b"0" * 400, b"[" * 400)  # fmt: skip


class Hangs(Exception):
    """An input took too long."""


def mutated(seed: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """One input near a seed."""
    content = bytearray(seed)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        at = dice.randrange(len(content) + 1)
        to = min(len(content), at + dice.choice([1, 1, 4, 40, 400]))
        match dice.randrange(7):
            case 0 if content:
                content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
            case 1:
                del content[at:to]
            case 2:
                content[at:at] = dice.choice(_SLICES)
            case 3:
                content[at:to] = dice.randbytes(to - at)
            case 4:
                content[at:at] = content[at:to] * dice.choice([1, 2, 30])
            case 5:
                other = dice.choice(others)
                begin = dice.randrange(len(other) + 1)
                content[at:to] = other[begin : begin + dice.randrange(1, 200)]
            case 6:
                content[at:to] = dice.choice([2**31, 2**32 - 1, 0, 2**63]).to_bytes(8, "little")
    return bytes(content[:100_000])


def _too_long(*_: object) -> NoReturn:
    raise Hangs


def _mutate(result: Result) -> None:
    before = signal.signal(signal.SIGVTALRM, _too_long)
    names = list(READERS)
    begun = memory_mb()
    try:
        while result.goes_on:
            dice = random.Random(result.plan.step_seed(result.done))
            name = names[result.done % len(names)]
            others = seeds(name)
            raw = mutated(dice.choice(others), others, dice)
            signal.setitimer(signal.ITIMER_VIRTUAL, HANGS_S)
            try:
                READERS[name](raw)
            except Hangs:
                result.find(result.done, f"{name} hangs: {raw[:300]!r}")
            except Exception as error:  # whatever it is, it is a finding
                result.find(result.done, f"{name}: {type(error).__name__}: {error}: {raw[:300]!r}")
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            result.done += 1
    finally:
        signal.signal(signal.SIGVTALRM, before)
    grown = memory_mb() - begun
    result.figures["MB of growth"] = round(grown, 1)
    if grown > GROWS_MB:
        result.find(result.done, f"the memory grew by {grown:.0f} MB")


def _guide(name: str, result: Result, seconds: float) -> int:
    """The number of runs under atheris."""
    plan = result.plan
    words = [name, str(plan.seed), str(round(seconds))]
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.campaigns.guided", *words, folder],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            found = [path.read_bytes()[:300] for path in Path(folder).glob("*-*") if
                     path.name.startswith(("crash", "timeout", "oom"))]  # fmt: skip
            said = done.stderr[-1500:]
            result.find(result.done, f"{name}, under atheris: {found}: {said}")
    runs = re.search(r"number_of_executed_units: *(\d+)", done.stderr)
    return int(runs[1]) if runs else 0


def run(plan: Plan) -> Result:
    """The campaign."""
    result = Result("files", plan, "inputs")
    _mutate(result)
    if importlib.util.find_spec("atheris") is None:
        result.figures["guided runs (atheris is not installed)"] = 0.0
        return result.ended()
    began = time.monotonic()
    for name in READERS:
        left = plan.seconds - (time.monotonic() - result.began)
        if (seconds := min(GUIDED_S, left / len(READERS))) >= 1:
            result.count("guided runs", _guide(name, result, seconds))
    result.figures["s guided"] = round(time.monotonic() - began)
    return result.ended()
