"""Tells when files change, however an editor saves them, without ever polling.

Editors write in place, rename a new file over the old one, or delete and create; dotfile managers
put symlinks into the way; the folder may appear later. So it is the folders that are watched: for
each file the one its name stands in, and those of every symlink on the way to it. When something
happens there, the files are looked at again after a short quiet.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from asyncinotify import Event, Inotify, Mask

_log = logging.getLogger(__name__)

QUIET_S = 0.1
RETRY_S = 10.0
_MOST_LINKS = 40
_MOST_TRIES = 10

_GONE = Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.IGNORED | Mask.UNMOUNT | Mask.Q_OVERFLOW
_EVENTS = (
    Mask.CREATE
    | Mask.CLOSE_WRITE
    | Mask.MOVED_FROM
    | Mask.MOVED_TO
    | Mask.DELETE
    | Mask.ATTRIB
    | Mask.DELETE_SELF
    | Mask.MOVE_SELF
    | Mask.ONLYDIR
)

Spot: TypeAlias = tuple[Path, str]
"""A folder, and a name in it that leads to a file."""

Look: TypeAlias = tuple[int, ...]
"""What a file looks like from outside: it differs after every change."""


async def watch(
    paths: Sequence[Path],
    on_change: Callable[[Path], Awaitable[None]],
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Call `on_change` with each of `paths` that changed, appeared or vanished, until cancelled.

    `on_ready` is called once nothing can be missed any more: read the files after that. A save is
    one change, told about 100 ms later. What `on_change` raises is logged, and so is a system that
    cannot watch; that is tried again.
    """
    known = await asyncio.to_thread(_looks, paths)
    while True:
        try:
            inotify = Inotify()
        except OSError as error:
            _log.warning("no file can be watched (%s); use: dictatectl reload", error.strerror)
            await asyncio.sleep(RETRY_S)
            continue
        # New watches each time, and the files looked at once they stand: so whatever happened to
        # the folders and links meanwhile needs no bookkeeping, and nothing falls between.
        with inotify:
            os.set_blocking(inotify.fd, False)
            spots = await asyncio.to_thread(_watch_spots, inotify, paths)
            now = await asyncio.to_thread(_looks, paths)
            on_ready()
            on_ready = lambda: None  # noqa: E731
            for path in paths:
                if now[path] != known[path]:
                    await _tell(on_change, path)
            known = now
            while not await _matters(await inotify.get(), spots):
                pass
            await asyncio.sleep(QUIET_S)


async def _tell(on_change: Callable[[Path], Awaitable[None]], path: Path) -> None:
    try:
        await on_change(path)
    except Exception:
        _log.exception("%s changed, and taking it in failed", path)


async def _matters(event: Event, spots: set[Spot]) -> bool:
    if event.mask & _GONE or event.watch is None:
        return True
    if (event.watch.path, str(event.name)) not in spots:
        return False
    if event.mask & Mask.CREATE and event.path is not None:
        # A file that was only begun is told when it is closed; a link or folder is complete now.
        return not await asyncio.to_thread(_is_single_file, event.path)
    return True


def _is_single_file(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1


def _looks(paths: Sequence[Path]) -> dict[Path, Look]:
    return {path: _look(path) for path in paths}


def _look(path: Path) -> Look:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _watch_spots(inotify: Inotify, paths: Sequence[Path]) -> set[Spot]:
    """Watch all folders that lead to `paths`; the names in them that matter."""
    spots: set[Spot] = set()
    for _ in range(_MOST_TRIES):
        found = {spot for path in paths for spot in _spots(path)}
        if found <= spots:
            break
        # What appeared between finding and watching is found in the next round.
        for folder in {folder for folder, _ in found - spots}:
            try:
                inotify.add_watch(folder, _EVENTS)
            except FileNotFoundError:
                found = {spot for spot in found if spot[0] != folder}
            except OSError as error:
                _log.warning("%s cannot be watched: %s", folder, error.strerror)
        spots |= found
    return spots


def _spots(path: Path) -> set[Spot]:
    """Where the way to `path` may change: its name, links on the way, the first missing name."""
    spots: set[Spot] = set()
    at = Path("/")
    todo = list(reversed(path.absolute().parts[1:]))
    links = 0
    while todo:
        name = todo.pop()
        if name == "..":
            at = at.parent
            continue
        try:
            found = (at / name).lstat()
            link = (at / name).readlink() if stat.S_ISLNK(found.st_mode) else None
        except OSError:
            spots.add((at, name))
            break
        if link is None:
            if not todo:
                spots.add((at, name))
            at = at / name
            continue
        spots.add((at, name))
        links += 1
        if links > _MOST_LINKS:
            break
        if link.is_absolute():
            at = Path("/")
        todo.extend(reversed([part for part in link.parts if part != "/"]))
    return spots
