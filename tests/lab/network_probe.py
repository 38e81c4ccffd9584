"""Engines that try to reach the network and report the outcome: `probe:PORT`, which is local, and
`remote:PORT`, which is not.

    python -m tests.lab.network_probe --engine probe:PORT --socket PATH
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, Engine, Utterance, worker
from dictate.events import Samples
from dictate.hotwords.model import Hotwords

IO_URING_SETUP = 425
CHILD = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"


def outcome(attempt: Callable[[], object]) -> str:
    """ "ok", or the name of the error."""
    try:
        attempt()
    except OSError as error:
        return os.strerror(error.errno or 0)
    return "ok"


class ProbingEngine(Engine):
    """Tries while it loads, and at each finish."""

    name = "probe"
    languages = ("en",)
    streams = False
    hotwords_as = ""

    def __init__(self, settings: EngineSettings) -> None:
        super().__init__(settings)
        self.address = "127.0.0.1", int(settings.use.partition(":")[2])
        self.loading = ""
        self._may_try = threading.Event()
        self._in_thread: list[str] = []
        # A thread that starts before the network is closed.
        self._old = threading.Thread(target=self._try_later, daemon=True)
        self._old.start()

    def _try_later(self) -> None:
        self._may_try.wait()
        self._in_thread.append(outcome(self.tcp))

    def unavailable_reason(self) -> str | None:
        return None

    def load(self) -> None:
        self.loading = outcome(self.tcp)

    def prepare(self, hotwords: Hotwords) -> list[str]:
        return []

    def begin(self, hotwords: Hotwords, language: str | None, chunk_ms: int = 0) -> Utterance:
        return ProbingUtterance(self)

    def tcp(self) -> None:
        """Connect."""
        socket.create_connection(self.address, 5).close()

    def outcomes(self) -> dict[str, object]:
        """The outcome of each attempt."""
        found: dict[str, object] = {"loading": self.loading, "tcp": outcome(self.tcp)}
        self._may_try.set()
        self._old.join()
        found["thread"] = self._in_thread[0]
        found["udp"] = outcome(lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close())
        found["routes"] = outcome(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close())
        found["pair"] = outcome(socket.socketpair)
        child = [sys.executable, "-c", CHILD, str(self.address[1])]
        found["child"] = subprocess.run(child, capture_output=True, check=False).returncode
        with contextlib.suppress(OSError):
            found["ring"] = ctypes.CDLL(None).syscall(IO_URING_SETUP, 0, 0)
        return found


class RemoteEngine(ProbingEngine):
    """The same, but declared as remote."""

    name = "remote"
    local = False


class ProbingUtterance(Utterance):
    """Its text is the report, as JSON."""

    def __init__(self, engine: ProbingEngine) -> None:
        self._engine = engine

    def feed(self, samples: Samples) -> str | None:
        return None

    def finish(self) -> str:
        return json.dumps(self._engine.outcomes())

    def cancel(self) -> None:
        pass


if __name__ == "__main__":
    ENGINES.table["probe"] = "tests.lab.network_probe:ProbingEngine"
    ENGINES.table["remote"] = "tests.lab.network_probe:RemoteEngine"
    if os.environ.get("NO_LIBSECCOMP"):
        sys.modules["pyseccomp"] = None  # type: ignore[assignment]
    worker.main()
