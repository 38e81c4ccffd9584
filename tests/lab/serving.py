"""`dictate serve` in a process of its own, and servers that only pretend."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from wyoming.event import Event, read_event, write_event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info

from tests.lab.daemon import PYTHONPATH
from tests.lab.scripted import engine_for, script

LINE = "the same five words always"
BOOT_S = 30.0


class Serving:
    """The real thing, with an engine that speaks from a script. Inside the context it listens."""

    def __init__(
        self, folder: Path, *words: str, lines: tuple[str, ...] = (LINE,), engine: str = ""
    ) -> None:
        """`words` are more of the command line; without, it serves on `socket`."""
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.socket = folder / "s"
        self.says = folder / "script"
        if not engine:
            script(self.says, *lines)
        self.command = [
            *(sys.executable, "-m", "dictate", "serve"),
            *("--engine", engine or engine_for(self.says)),
            *(words or ("--socket", str(self.socket))),
        ]
        self.pass_fds: tuple[int, ...] = ()
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        """The lines it printed."""

    def start(self) -> None:
        """Start it, and wait until its engine is loaded."""
        env = {"PYTHONPATH": PYTHONPATH, "XDG_CONFIG_HOME": str(self.folder)}
        self.__exit__()
        self.said = []
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=self.pass_fds,
                text=True,
            )
        until = time.monotonic() + BOOT_S
        while not any("is loaded" in line for line in self.said):
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.log}"
            assert time.monotonic() < until
            self.said.append(line.strip())

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return (self.folder / "log").read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(how)
        return self.process.wait(20)

    def __enter__(self) -> "Serving":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            if self.process.poll() is None:
                self.stop(signal.SIGKILL)
            assert self.process.stdout is not None
            self.process.stdout.close()


Play = Callable[[socket.socket, BinaryIO], None]
"""What a pretending server does with one client; it ends with the call."""


@contextmanager
def pretending(folder: Path, *plays: Play) -> Iterator[str]:
    """A server that plays this: the first play with the first client, the last with all others.
    Yields its address."""
    path = folder / "pretending"
    listener = socket.create_server(str(path), family=socket.AF_UNIX)
    clients: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                clients.append(client)
                play = plays[min(len(clients), len(plays)) - 1]
                threading.Thread(target=perform, args=(play, client), daemon=True).start()

    def perform(play: Play, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client, client.makefile("rwb") as stream:
            play(client, cast(BinaryIO, stream))

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield str(path)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


def foreign_info() -> Event:
    """What a server of another make says of itself."""
    made_by = Attribution("somebody", "")
    model = AsrModel("small", made_by, True, "small", "1", languages=["en"])
    return Info(asr=[AsrProgram("other", made_by, True, "", "1", models=[model])]).event()


def foreign(text: str, before: Callable[[socket.socket, Event], None] = lambda *_: None) -> Play:
    """A minimal Wyoming server: describe, transcribe, audio, transcript, and nothing else.
    `before` is called with each event, before it is answered."""

    def play(client: socket.socket, stream: BinaryIO) -> None:
        while event := read_event(stream):
            before(client, event)
            if event.type == "describe":
                write_event(foreign_info(), stream)
            elif event.type == "audio-stop":
                write_event(Event("transcript", {"text": text}), stream)
                return

    return play


def reset(client: socket.socket) -> None:
    """End the connection as a crashed machine does where the network lives on."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(client.detach())


@contextmanager
def overheard(port: int) -> Iterator[tuple[int, bytearray]]:
    """A way to this port of this machine on which somebody listens: its own port, and all bytes
    that passed, in both directions."""
    seen = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", port))
                ends.extend((near, far))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=carry, args=pair, daemon=True).start()

    def carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                seen.extend(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for end in ends:
            end.close()
