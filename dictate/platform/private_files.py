"""Files and folders that hold what somebody said, and so are for one user only."""

import os
from pathlib import Path

from dictate.errors import JournalError
from dictate.platform.locks import lock


def own_folder(path: Path) -> int:
    """Make the folder if need be, see that nobody else can reach in, and lock it.

    The descriptor that holds the lock. Raises JournalError.
    """
    try:
        if path.is_symlink():
            raise JournalError(f"{path} is a link: remove it, dictate makes a folder of its own")
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise JournalError(advice(path, error)) from error
    try:
        _lock(path, folder)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _lock(path: Path, folder: int) -> None:
    if os.fstat(folder).st_uid != os.geteuid():
        raise JournalError(f"{path} belongs to another user: chown or remove it")
    try:
        os.fchmod(folder, 0o700)
        lock(folder)
    except BlockingIOError:
        raise JournalError(f"{path}: another dictate has this journal open; stop it") from None
    except OSError as error:
        raise JournalError(advice(path, error)) from error


def own_file(path: Path) -> None:
    """Make an empty file if there is none, for this user only. Raises JournalError."""
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(path, flags, 0o600)
        try:
            os.fchmod(file, 0o600)
        finally:
            os.close(file)
    except OSError as error:
        raise JournalError(advice(path, error)) from error


def advice(path: object, error: Exception) -> str:
    """What a failing disk means to the user."""
    what = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return f"{path}: {what}. Make room on that disk, and let this user write there"
