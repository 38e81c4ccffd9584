"""Runs of a Python program that need no time for its imports: each is forked from a process that
has done them.

    status = forked.run("dictate.ctl.main:main", "status", env=env)

The run is a process of its own, with its own arguments, environment and streams. Its parent is the
server below, one for each process of pytest, which ends with it.
"""

import importlib
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import dictate.ctl
import dictate.transcribe

ROOT = Path(__file__).parents[2]
LARGEST = 200_000
"""Bytes of a request: the arguments and the environment."""


def run(
    function: str, *words: str, env: Mapping[str, str], stdin: str = "", timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """What `function` ("module:name") does as a program with these arguments, which ends by itself.
    Raises TimeoutError if it does not."""
    request = json.dumps(
        {"function": function, "words": words, "env": dict(env), "cwd": str(Path.cwd())}
    ).encode()
    ours, theirs = socket.socketpair()
    with (
        ours,
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin.encode())
        given.seek(0)
        with theirs:
            streams = [one.fileno() for one in (given, out, err, theirs)]
            with _STARTING:
                _, requests = _server()
            socket.send_fds(requests, [request], streams)
        ours.settimeout(timeout_s)
        code = int(ours.recv(64))
        out.seek(0)
        err.seek(0)
        shown = out.read().decode(), err.read().decode()
    return subprocess.CompletedProcess([function, *words], code, *shown)


_STARTING = Lock()


@cache
def _server() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The server of this process, and the connection to it; when that closes, the server ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.forked"],
            cwd=ROOT,
            stdin=theirs.fileno(),
            start_new_session=True,
        )
    return server, ours


def main() -> None:
    """Fork a process for each request, until standard input closes; in that process, run it."""
    importlib.import_module("dictate.cli")
    for package in (dictate.ctl, dictate.transcribe):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    with socket.socket(fileno=os.dup(0)) as requests:
        found = _next_request(requests)
    if found is not None:
        module, _, name = found["function"].partition(":")
        sys.argv = [module, *found["words"]]
        sys.exit(getattr(importlib.import_module(module), name)())


def _next_request(requests: socket.socket) -> dict[str, Any] | None:
    """In a forked process, what it is to run; None in the server, at its end."""
    running: dict[int, tuple[int, socket.socket]] = {}
    while True:
        for ready in select.select([requests.fileno(), *running], [], [])[0]:
            if ready == requests.fileno():
                request, streams, _, _ = socket.recv_fds(requests, LARGEST, 4)
                if not request:
                    return None
                if not (child := os.fork()):
                    for number, stream in enumerate(streams[:3]):
                        os.dup2(stream, number)
                    for stream in streams[:3]:
                        os.close(stream)
                    found: dict[str, Any] = json.loads(request)
                    os.environ.clear()
                    os.environ.update(found["env"])
                    os.chdir(found["cwd"])
                    return found
                for stream in streams[:3]:
                    os.close(stream)
                running[os.pidfd_open(child)] = child, socket.socket(fileno=streams[3])
            else:
                child, asker = running.pop(ready)
                os.close(ready)
                _, status = os.waitpid(child, 0)
                with asker, suppress(OSError):  # it waited too long
                    asker.sendall(str(os.waitstatus_to_exitcode(status)).encode())


if __name__ == "__main__":
    main()
