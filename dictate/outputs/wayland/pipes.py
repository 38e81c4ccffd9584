"""Reads and writes pipes without blocking the loop."""

import asyncio
import fcntl
import os
from pathlib import Path
from sys import byteorder
from termios import FIONREAD

READ_S = 2.0
"""Seconds that the other side has to read the content to its end."""
_TICK_S = 0.002
"""Seconds between two looks at how much is unread."""
_PIECE_BYTES = 256 * 1024


async def read_all(descriptor: int, into: bytearray) -> None:
    """Read until the end, and close the descriptor. Raises OSError."""
    os.set_blocking(descriptor, False)
    try:
        while True:
            try:
                piece = os.read(descriptor, _PIECE_BYTES)
            except BlockingIOError:
                await _ready(descriptor, reading=True)
                continue
            if not piece:
                return
            into += piece
    finally:
        os.close(descriptor)


async def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, close the descriptor, and wait until the other side has read everything.

    An application that has read everything but not yet seen the end starts over if the selection
    changes then. So the end comes first. Raises OSError, TimeoutError.
    """
    os.set_blocking(descriptor, False)
    rest = memoryview(data)
    try:
        while rest:
            try:
                rest = rest[os.write(descriptor, rest[:_PIECE_BYTES]) :]
            except BlockingIOError:
                await _ready(descriptor, reading=False)
        try:
            reading = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it is no pipe
            return
        os.close(descriptor)
        descriptor = reading
        async with asyncio.timeout(READ_S):
            # There is no event for a pipe that another process has emptied.
            while _unread(descriptor):  # noqa: ASYNC110
                await asyncio.sleep(_TICK_S)
    finally:
        os.close(descriptor)


def is_read_by(descriptor: int, pid: int) -> bool:
    """Whether that process has the other end of this pipe. False if that cannot be known."""
    try:
        pipe = Path(f"/proc/self/fd/{descriptor}").readlink()
        return any(_target(each) == pipe for each in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _target(file: Path) -> Path | None:
    try:
        return file.readlink()
    except FileNotFoundError:  # closed meanwhile
        return None


def _unread(descriptor: int) -> int:
    return int.from_bytes(fcntl.ioctl(descriptor, FIONREAD, bytes(4)), byteorder)


async def _ready(descriptor: int, *, reading: bool) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    add, remove = (
        (loop.add_reader, loop.remove_reader) if reading else (loop.add_writer, loop.remove_writer)
    )
    add(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        remove(descriptor)
