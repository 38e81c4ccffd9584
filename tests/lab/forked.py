"""Our programs without the time that their imports take: each is forked from a process that has
imported them.

    done = forked.run("dictate.ctl.main:main", "status", env=env)

A program is a process of its own, with its own arguments, environment, streams and session. Its
parent is the server below, one for each process of pytest, which ends with it. What a Python looks
at when it starts, such as PYTHONPATH and the locale, is that of pytest.
"""

import atexit
import faulthandler
import gc
import importlib
import json
import os
import pkgutil
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import dictate.ctl
import dictate.transcribe

ROOT = Path(__file__).parents[2]
AT_START = dict(os.environ)
"""The environment before any test changed it."""
PYTHONPATH = os.pathsep.join(
    [
        str(ROOT),
        str(ROOT / "tests" / "lab" / "packages"),
        *filter(None, [AT_START.get("PYTHONPATH")]),
    ]
)
PRELOADED = ("dictate.cli", "dictate.app.assembly")
LARGEST = 200_000
"""Bytes of a request: the arguments and the environment."""
STARTS_S = 60.0
"""Seconds for the server to start and to fork, on a busy machine."""


class Forked:
    """A program; like `subprocess.Popen`, as far as it goes."""

    def __init__(
        self, function: str, words: Sequence[str], env: Mapping[str, str], streams: Sequence[int]
    ) -> None:
        """`function` ("module:name") with these arguments; `streams` are its standard input, output
        and error."""
        request = {"function": function, "words": words, "env": dict(env), "cwd": str(Path.cwd())}
        self._function = function
        self._answers, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, _STARTING:
            _, requests = _server()
            socket.send_fds(requests, [json.dumps(request).encode()], [*streams, theirs.fileno()])
        self._answers.settimeout(STARTS_S)
        self.pid = int(self._answers.recv(64))
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit status, once it has ended; negative, if a signal ended it."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended. Raises subprocess.TimeoutExpired."""
        if self._code is None:
            self._answers.settimeout(timeout)
            try:
                self._code = int(self._answers.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self._function, timeout or 0.0) from None
            self._answers.close()
        return self._code

    def send_signal(self, number: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def run(
    function: str, *words: str, env: Mapping[str, str], stdin: str = "", timeout_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run it to its end. Raises subprocess.TimeoutExpired if it does not end by itself."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin.encode())
        given.seek(0)
        program = Forked(function, words, env, [one.fileno() for one in (given, out, err)])
        code = program.wait(timeout_s)
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
            env={**AT_START, "PYTHONPATH": PYTHONPATH},
            stdin=theirs.fileno(),
            start_new_session=True,
        )
    atexit.register(_end, server, ours)
    return server, ours


def _end(server: subprocess.Popen[bytes], ours: socket.socket) -> None:
    ours.close()
    server.wait()


def main() -> None:
    """Fork a process for each request, until standard input closes; in that process, run it."""
    for name in PRELOADED:
        importlib.import_module(name)
    for package in (dictate.ctl, dictate.transcribe):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    faulthandler.enable()
    gc.freeze()
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
                asker = socket.socket(fileno=streams.pop())
                if child := os.fork():
                    for stream in streams:
                        os.close(stream)
                    running[os.pidfd_open(child)] = child, asker
                    _answer(asker, child)
                    continue
                for watched, (_, other) in running.items():
                    os.close(watched)
                    other.close()
                asker.close()
                return _become(request, streams)
            child, asker = running.pop(ready)
            os.close(ready)
            _, status = os.waitpid(child, 0)
            with asker:
                _answer(asker, os.waitstatus_to_exitcode(status))


def _answer(asker: socket.socket, number: int) -> None:
    with suppress(OSError):  # it does not listen any more
        asker.sendall(str(number).encode())


def _become(request: bytes, streams: Sequence[int]) -> dict[str, Any]:
    """Take over the streams and the environment of a request."""
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    found: dict[str, Any] = json.loads(request)
    os.environ.clear()
    os.environ.update(found["env"])
    os.chdir(found["cwd"])
    return found


if __name__ == "__main__":
    main()
