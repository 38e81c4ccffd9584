"""The processes that a test has started and that are still there."""

from pathlib import Path


def children() -> dict[int, bytes]:
    """The command line of each living child of this process, by its number; without the servers
    that fork, which live as long as the run."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        # Threads and processes come and go while we read.
        for child in _read(task / "children").split():
            command = _read(Path(f"/proc/{child.decode()}/cmdline"))
            if command and b"tests.lab.forked" not in command:
                found[int(child)] = command
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
