"""Engine processes that need no ten seconds to import NeMo: forked from one that has done it.

    with nursery(folder) as python: ...

`python` is a program to take the place of `sys.executable`: for the words with which the daemon
starts an engine process it has one forked, lends it its own standard streams, and ends as that one
ends; whoever kills it kills that one, too. In each, faults can happen (`faulty.py`): they stand in
the file `faults` beside the socket it serves on.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
LARGEST = 65_536
READY = b"ready\n"


@contextmanager
def nursery(folder: Path) -> Iterator[str]:
    """The program that starts an engine process, while the block lasts."""
    where = folder / "nursery"
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable} -I\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"from tests.lab.nursery import borrow\nborrow({str(where)!r})\n"
    )
    program.chmod(0o755)
    # As the engine's loader sets them before it imports NeMo.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.nursery", str(where)],
        cwd=ROOT,
        env={**environment, "OMP_WAIT_POLICY": "PASSIVE"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == READY, "NeMo cannot be imported"
        yield str(program)
    finally:
        process.kill()
        process.communicate()


def serves(path: Path) -> bool:
    """Whether an engine process serves there: one that is killed does so a moment longer than the
    program that was killed in its place."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        return probe.connect_ex(str(path)) == 0


def borrow(where: str) -> None:
    """In the program: have an engine process forked, and live and die with it."""
    # Not our own standard error: it would outlive us there if somebody kills us.
    words, its_words = os.pipe()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(where)
        socket.send_fds(server, ["\0".join(sys.argv[2:]).encode()], [0, 1, its_words])
        os.close(its_words)
        while text := os.read(words, LARGEST):
            os.write(2, text)
        code = int(server.recv(64) or b"1")
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Fork for everybody who asks, until standard input ends."""
    import nemo.collections.asr.models  # noqa: F401
    import torch  # noqa: F401

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen(16)
        os.write(1, READY)
        threading.Thread(target=_end_with_input, daemon=True).start()
        while True:
            client, _ = listener.accept()
            words, streams, _, _ = socket.recv_fds(client, LARGEST, 3)
            child = os.fork()
            if not child:
                listener.close()
                _engine_process(words.decode().split("\0"), streams)
            for stream in streams:
                os.close(stream)
            threading.Thread(target=_look_after, args=(child, client), daemon=True).start()


def _end_with_input() -> None:
    os.read(0, 1)
    os._exit(0)


def _look_after(child: int, client: socket.socket) -> None:
    """Until it ends, or who asked for it does; then both have."""
    process = os.pidfd_open(child)
    if process not in select.select([process, client.fileno()], [], [])[0]:
        signal.pidfd_send_signal(process, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(process)
    with contextlib.suppress(OSError):
        client.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    client.close()


def _engine_process(words: list[str], streams: list[int]) -> None:
    from dictate.engines import worker
    from tests.lab import faulty

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.argv = words
    try:
        faulty.arm(Path(words[words.index("--socket") + 1]).with_name("faults"))
        worker.main()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
