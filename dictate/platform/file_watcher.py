"""Reports when files change, however an editor saves them, without polling.

Editors write in place, rename a new file over the old one, or delete and create; dotfile managers
put symlinks into the path; the folder may appear later. So the folders are watched: for each file
the folder that contains it, and the folder of every symlink on the path to it. When something
happens there, the files are examined again as soon as nothing more happens, and no program has one
of them open that has begun to write it. A folder may be watched, too: it changes with each of its
files.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from asyncinotify import Event, Inotify, Mask

_log = logging.getLogger(__name__)

QUIET_S = 0.1
"""Seconds without an event until the examination: a save causes several events."""
LONGEST_SAVE_S = 5.0
"""Seconds from the first event until the examination at the latest: a program may keep a file open,
or write it all the time."""
RETRY_S = 10.0
"""Seconds until the next attempt if the system cannot watch."""
_MOST_LINKS = 40
"""Maximum number of symlinks on the path to a file, as in the kernel."""
_MOST_TRIES = 10
"""Maximum number of rounds in which folders may appear while they are found."""

_GONE = Mask.DELETE_SELF | Mask.MOVE_SELF | Mask.IGNORED | Mask.UNMOUNT | Mask.Q_OVERFLOW
_EVENTS = (
    Mask.CREATE
    | Mask.MODIFY
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
"""A folder, and a name in it that is on the path to a file; or ANY."""

ANY = ""
"""In place of a name: every one in that folder."""

Look: TypeAlias = tuple[object, ...]
"""The metadata of a file, which differs after every change; of a folder, that of all its files."""


async def watch(
    paths: Sequence[Path],
    on_change: Callable[[Path], Awaitable[None]],
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Call `on_change` with each of `paths` that changed, appeared or vanished, until cancelled.

    `on_ready` is called when no change can be missed any more: read the files after that. A save is
    one change, reported about 100 ms later. Exceptions of `on_change` are logged. A system that
    cannot watch is logged, too, and the next attempt follows after `RETRY_S`.
    """
    known = await asyncio.to_thread(_looks, paths)
    while True:
        try:
            inotify = Inotify()
        except OSError as error:
            _log.warning("no file can be watched (%s); use: dictatectl reload", error.strerror)
            await asyncio.sleep(RETRY_S)
            continue
        # The watches are new each time, and the files are examined after they are set: so changes
        # to folders and links need no bookkeeping, and no change is missed.
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
            event = await inotify.get()
            while not await _matters(event, spots):
                event = await inotify.get()
            await _settle(inotify, spots, event)


async def _settle(inotify: Inotify, spots: set[Spot], event: Event) -> None:
    """Wait until the save that began with this event is over."""
    being_written: set[Spot] = set()
    with suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_SAVE_S):
            while True:
                spot = _spot(event)
                if _is_watched(spot, spots) and event.mask & Mask.MODIFY:
                    being_written.add(spot)
                elif event.mask & (Mask.CLOSE_WRITE | Mask.DELETE | Mask.MOVED_FROM):
                    being_written.discard(spot)
                try:
                    async with asyncio.timeout(None if being_written else QUIET_S):
                        event = await inotify.get()
                except TimeoutError:
                    return


def _spot(event: Event) -> Spot:
    return (event.watch.path if event.watch else Path(), str(event.name))


def _is_watched(spot: Spot, spots: set[Spot]) -> bool:
    return spot in spots or (spot[0], ANY) in spots


async def _tell(on_change: Callable[[Path], Awaitable[None]], path: Path) -> None:
    try:
        await on_change(path)
    except Exception:
        _log.exception("%s changed, and applying it failed", path)


async def _matters(event: Event, spots: set[Spot]) -> bool:
    if event.mask & _GONE or event.watch is None:
        return True
    if not _is_watched(_spot(event), spots):
        return False
    if event.mask & Mask.CREATE and event.path is not None:
        # A new file is reported when it is closed; a link or folder is complete now.
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
        if stat.S_ISDIR(found.st_mode):
            return tuple((file.name, *_look_at_file(file)) for file in sorted(path.iterdir()))
    except OSError as error:
        return (error.errno or 0,)
    return _look_at_file(path)


def _look_at_file(path: Path) -> Look:
    try:
        found = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _watch_spots(inotify: Inotify, paths: Sequence[Path]) -> set[Spot]:
    """Watch all folders on the paths to `paths`; returns the names in them that matter."""
    spots: set[Spot] = set()
    for _ in range(_MOST_TRIES):
        found = {spot for path in paths for spot in _spots(path)}
        if found <= spots:
            break
        # A folder that appears between finding and watching is found in the next round.
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
    """The places where the path may change: its name, links on it, the first missing name; and of
    a folder also those of each file in it."""
    spots, folder = _spots_on(path)
    if folder is not None:
        spots.add((folder, ANY))
        with suppress(OSError):
            for file in folder.iterdir():
                spots |= _spots_on(file)[0]
    return spots


def _spots_on(path: Path) -> tuple[set[Spot], Path | None]:
    """The places where the path itself may change, and where it leads if that is a folder."""
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
                if stat.S_ISDIR(found.st_mode):
                    return spots, at / name
            at = at / name
            continue
        spots.add((at, name))
        links += 1
        if links > _MOST_LINKS:
            break
        if link.is_absolute():
            at = Path("/")
        todo.extend(reversed([part for part in link.parts if part != "/"]))
    return spots, None
