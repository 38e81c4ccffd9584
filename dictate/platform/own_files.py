"""Files of ours, in whatever state they are found: a link, a FIFO, a folder, another user's file.

None of them is followed, waited for, or trusted.
"""

import errno
import itertools
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dictate.platform.locks import lock
from dictate.translation import _


def open_own(path: Path, flags: int) -> int:
    """The descriptor of a regular file of this user; a new one is for this user only.

    Raises OSError, also for anything else that has this name.
    """
    safe = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags | safe, 0o600)
    if not _is_own(os.fstat(descriptor)):
        os.close(descriptor)
        raise OSError(errno.EPERM, _("this is no file of yours"), str(path))
    return descriptor


def read_own(path: Path) -> bytes:
    """What is in a file of this user. Raises OSError."""
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        return file.read()


def write_own(path: Path, text: str) -> None:
    """Replace what is in a file of this user. Raises OSError."""
    # Cut off only once it is known whose it is.
    with os.fdopen(open_own(path, os.O_WRONLY | os.O_CREAT), "w", encoding="utf-8") as file:
        file.truncate()
        file.write(text)


def set_aside(path: Path, then: str = _(", and a new one is begun")) -> str:
    """Rename what has this name and is not a regular file of this user: one line for the user, or
    nothing if there was nothing to do. `then` is how the line ends. Raises OSError."""
    try:
        if _is_own(path.lstat()):
            return ""
    except FileNotFoundError:
        return ""
    aside = free_name(path, "odd")
    path.rename(aside)
    line = _("{file} was no file of yours: it is now {name}{then}")
    return line.format(file=path, name=aside.name, then=then)


def free_name(path: Path, why: str) -> Path:
    """A name beside `path` for what is moved away: its name, `why`, and the time."""
    name = f"{path.name}.{why}-{time.strftime('%Y%m%d-%H%M%S')}"
    # A clock that begins in 1970 at each start gives the same name again.
    names = itertools.chain([name], (f"{name}-{number}" for number in itertools.count(2)))
    return next(free for free in map(path.with_name, names) if not os.path.lexists(free))


@contextmanager
def own_lock(path: Path) -> Iterator[str]:
    """Hold the lock of the file at `path`; what was set aside for it. Raises OSError;
    BlockingIOError if another process holds it."""
    aside = set_aside(path)
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
    try:
        lock(descriptor)
        yield aside
    finally:
        os.close(descriptor)


def _is_own(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()
