"""The processes that we started and that are still there."""

from pathlib import Path


def children() -> dict[int, bytes]:
    """The command line of each living child of this process, by its number."""
    found = {}
    for task in Path("/proc/self/task").iterdir():
        # Threads and processes come and go while we read.
        for child in _read(task / "children").split():
            if command := _read(Path(f"/proc/{child.decode()}/cmdline")):
                found[int(child)] = command
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
