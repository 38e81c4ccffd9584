"""Engine processes that need no ten seconds to import NeMo: forked from one that has done it.

    with fork_server(folder) as python: ...

`python` is a program to use as `sys.executable`. When the daemon starts an engine process with it,
the program asks the server to fork one, passes its own standard streams on, and ends as that
process ends. Killing the program kills the process. All other command lines run in the real Python.
In a forked process, faults can happen (`faulty.py`): they stand in the file `faults` beside its
socket.
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
ENGINE_PROCESS = "dictate.engines.worker"


@contextmanager
def fork_server(folder: Path) -> Iterator[str]:
    """The program that starts an engine process, while the block lasts."""
    where = folder / "fork-server"
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable} -I\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"from tests.lab.forked_engines import run\nrun({str(where)!r})\n"
    )
    program.chmod(0o755)
    # As the engine's loader sets them before it imports NeMo.
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.forked_engines", str(where)],
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
    """Whether an engine process serves there. After the program is killed it may do so for another
    moment."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        return probe.connect_ex(str(path)) == 0


def run(where: str) -> None:
    """In the program: run this command line, in a forked process if it is an engine's."""
    if ENGINE_PROCESS not in sys.argv:
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
    # Not our own standard error: the process would hold it open after we are killed.
    words, its_words = os.pipe()
    arguments = "\0".join(sys.argv[sys.argv.index(ENGINE_PROCESS) :]).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(where)
        socket.send_fds(server, [arguments], [0, 1, its_words])
        os.close(its_words)
        while text := os.read(words, LARGEST):
            os.write(2, text)
        code = int(server.recv(64) or b"1")
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def main() -> None:
    """Fork a process for each client, until standard input ends."""
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
    """Until it ends or its client does; then the other is ended too."""
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
