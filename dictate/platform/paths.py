"""Where our files are, by the XDG rules, and folders that only this user can enter."""

import os
import stat
import warnings
from pathlib import Path
from typing import Final

from platformdirs import PlatformDirs

from dictate.errors import UnsafeFolder
from dictate.translation import _

MAX_LINKS: Final = 40
"""Maximum number of links that are followed, as in the kernel."""


def _dirs() -> PlatformDirs:
    return PlatformDirs("dictate", appauthor=False)


def config_file() -> Path:
    """The user's config.toml, whether it exists or not."""
    return _dirs().user_config_path / "config.toml"


def hotwords_file() -> Path:
    """The user's hotwords.toml, whether it exists or not."""
    return _dirs().user_config_path / "hotwords.toml"


def state_dir() -> Path:
    """Data that must survive a restart: the journal. Use it through `safe_dir`."""
    return _dirs().user_state_path


def runtime_dir() -> Path:
    """Sockets; removed at logout. Use it through `safe_dir`. Raises UnsafeFolder."""
    # Not by platformdirs: newer versions refuse a folder whose parents do not belong to root, and
    # in the user namespace of the service root is nobody. `safe_dir` checks what matters.
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if Path(given).is_absolute():
        return Path(given) / "dictate"
    with warnings.catch_warnings():
        # It warns that without a login session the folder is below the temporary folder.
        warnings.simplefilter("ignore")
        try:
            return _dirs().user_runtime_path
        except PermissionError as error:
            raise UnsafeFolder(_("no folder for sockets: {error}").format(error=error)) from error


def serve_socket() -> Path:
    """Where `dictate serve` listens by default. Raises UnsafeFolder."""
    # Beside the daemon's folder, which is removed when the daemon's service stops.
    return runtime_dir().with_name("dictate-serve") / "socket"


def cache_dir() -> Path:
    """Data that can be made again at any time. Use it through `safe_dir`."""
    return _dirs().user_cache_path


def models_dir() -> Path:
    """The downloaded models. Use it through `safe_dir` to write there."""
    return _dirs().user_data_path / "models"


def safe_dir(path: Path) -> Path:
    """Make `path` a folder that only this user can enter, and return it.

    It blocks: call it off the loop. Raises UnsafeFolder as `open_safe_dir` does.
    """
    os.close(open_safe_dir(path))
    return path


def open_safe_dir(path: Path) -> int:
    """Make `path` a folder that only this user can enter; its descriptor, which can be locked.

    A folder of this user with a wider mode is closed to 0700. A link is followed if it and what it
    names are this user's, and no other user could have put it there. It blocks: call it off the
    loop. Raises UnsafeFolder for any other link, another owner, a parent in which other users could
    replace the folder, and a folder that cannot be made or written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_parent(path.parent)
        real = _follow_own(path)
        real.mkdir(mode=0o700, exist_ok=True)
        folder = _open_own(real)
        try:
            if stat.S_IMODE(os.fstat(folder).st_mode) != 0o700:
                os.fchmod(folder, 0o700)
            _check_writable(real)
        except BaseException:
            os.close(folder)
            raise
    except OSError as error:
        raise UnsafeFolder(
            _("{path} cannot be used: {reason}").format(path=path, reason=_reason(path, error))
        ) from error
    return folder


def unsafe_reason(path: Path) -> str | None:
    """Why `safe_dir` would refuse this folder, or None. It makes and changes nothing."""
    there = next(each for each in (path, *path.parents) if each.exists() or each.is_symlink())
    try:
        if there == path:
            _check_parent(path.parent)
            there = _follow_own(path)
            os.close(_open_own(there))
        elif not there.is_dir():
            return _("{path} is a file: move it away").format(path=there)
        _check_writable(there)
    except UnsafeFolder as error:
        return str(error)
    except OSError as error:
        return _("{path} cannot be used: {reason}").format(path=path, reason=_reason(path, error))
    return None


def _follow_own(path: Path) -> Path:
    """Where a link of this user leads, link by link; the path itself if it is none. Raises
    UnsafeFolder if another user could have chosen it."""
    found = path
    for __ in range(MAX_LINKS):
        if not found.is_symlink():
            if found is not path and not found.exists():
                raise UnsafeFolder(
                    _(
                        "{path} is a link to {found}, which is missing: mount its disk, make "
                        "the folder, or remove the link"
                    ).format(path=path, found=found)
                )
            return found
        if found.lstat().st_uid != os.geteuid():
            raise UnsafeFolder(
                _("{path}: the link {found} belongs to another user: remove it").format(
                    path=path, found=found
                )
            )
        if found.parent.stat().st_mode & stat.S_IWOTH:
            raise UnsafeFolder(
                _(
                    "{path}: anybody may put links into {parent}, as {found} is: put a real "
                    "folder there"
                ).format(path=path, parent=found.parent, found=found)
            )
        target = Path(os.path.normpath(found.parent / found.readlink()))
        # Without the links on the way: what is above the target must be safe, too.
        found = Path(os.path.realpath(target.parent), target.name)
        for above in found.parents:
            if above.exists():
                _check_parent(above)
    raise UnsafeFolder(_("{path} is a link that leads in a circle: remove it").format(path=path))


def _check_parent(parent: Path) -> None:
    found = parent.stat()
    if not _is_trusted(found.st_uid):
        raise UnsafeFolder(
            _("{parent} belongs to another user: refusing to use it").format(parent=parent)
        )
    if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
        raise UnsafeFolder(
            _("anybody may write into {parent}: close it with chmod o-w {parent}").format(
                parent=parent
            )
        )


def _is_trusted(owner: int) -> bool:
    """Whether this owner of a folder is this user or root."""
    if owner in (0, os.geteuid()):
        return True
    # In the user namespace of the service root is nobody, and so is every other user.
    try:
        nobody = int(Path("/proc/sys/kernel/overflowuid").read_text())
        mapped = Path("/proc/self/uid_map").read_text().split()
    except (OSError, ValueError):
        return False
    return owner == nobody and mapped[0] != "0"


def _open_own(path: Path) -> int:
    # One descriptor answers all questions, so that the folder cannot be replaced between them.
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    if os.fstat(folder).st_uid != os.geteuid():
        os.close(folder)
        raise UnsafeFolder(
            _("{path} belongs to another user: remove it, or chown it to you").format(path=path)
        )
    return folder


def _check_writable(path: Path) -> None:
    if not os.access(path, os.W_OK | os.X_OK):
        raise UnsafeFolder(
            _("{path} is read-only: make it writable, or free the file system").format(path=path)
        )


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return _("a file stands where the folder should be: move it away")
    where = error.filename or path
    return _("{error} (check the owner and mode of {path}, and the space on its disk)").format(
        error=error.strerror, path=where
    )
