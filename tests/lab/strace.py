"""Whom a program calls over the network, as the kernel sees it: strace follows it into all its
threads and children."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

REACHES = ("connect", "sendto", "sendmsg", "sendmmsg", "bind", "listen", "accept", "accept4")
"""The calls that reach somebody, or let somebody in. Those without an address in them belong to a
socket for which another one has it."""
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
_FAMILY = re.compile(r"sa_family=(\w+)")


class Call(NamedTuple):
    """A call with an address."""

    pid: int
    name: str
    family: str
    """Such as AF_UNIX."""
    line: str


def why_not() -> str:
    """Why no program can be traced here, or ""."""
    try:
        done = subprocess.run(
            ["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return "strace is not installed"
    return "" if done.returncode == 0 else f"strace may trace nothing here: {done.stderr.strip()}"


def traced(log: Path, *words: str) -> Sequence[str]:
    """The words that run a Python with these words under strace. The process that is started
    becomes that Python; strace is beside it."""
    strace = ["strace", "-D", "-f", "--seccomp-bpf", "-qq", "-e", "trace=%network", "-o", str(log)]
    command = [*strace, sys.executable, *words]
    return ("-c", f"import os, sys; os.execvp('strace', {command!r} + sys.argv[1:])")


def calls(log: Path) -> Iterator[Call]:
    """All calls with an address, in their order."""
    for line in log.read_text(errors="replace").splitlines():
        found = _CALL.match(line)
        if found and found[2] in REACHES and (family := _FAMILY.search(line)):
            yield Call(int(found[1]), found[2], family[1], line)


def traced_pids(log: Path) -> set[int]:
    """The processes and threads that are in the log."""
    return {int(line.split()[0]) for line in log.read_text(errors="replace").splitlines()}
