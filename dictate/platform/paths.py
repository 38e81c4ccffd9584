"""Where our files are, by the XDG rules, and whether a folder is safe to keep secrets in."""

import os
import stat
import warnings
from pathlib import Path

from platformdirs import PlatformDirs

from dictate.errors import JournalError


def _dirs() -> PlatformDirs:
    return PlatformDirs("dictate", appauthor=False)


def config_file() -> Path:
    """The user's config.toml, whether it exists or not."""
    return _dirs().user_config_path / "config.toml"


def hotwords_file() -> Path:
    """The user's hotwords.toml, whether it exists or not."""
    return _dirs().user_config_path / "hotwords.toml"


def state_dir() -> Path:
    """What has to outlive a restart: the journal. Use it through `safe_dir`."""
    return _dirs().user_state_path


def runtime_dir() -> Path:
    """Sockets; gone at logout. Use it through `safe_dir`. Raises JournalError."""
    # Not by platformdirs: newer ones refuse a folder whose parents are not root's, and in the
    # service's user namespace root is nobody. `safe_dir` looks at what matters.
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if Path(given).is_absolute():
        return Path(given) / "dictate"
    with warnings.catch_warnings():
        # Without a login session it is below the temporary folder.
        warnings.simplefilter("ignore")
        try:
            return _dirs().user_runtime_path
        except PermissionError as error:
            raise JournalError(f"no folder for sockets: {error}") from error


def serve_socket() -> Path:
    """Where `dictate serve` listens, unless told otherwise. Raises JournalError."""
    # Beside the daemon's folder, which goes when the daemon's service does.
    return runtime_dir().with_name("dictate-serve") / "socket"


def cache_dir() -> Path:
    """What can be made again at any time. Use it through `safe_dir`."""
    return _dirs().user_cache_path


def models_dir() -> Path:
    """The downloaded models. Use it through `safe_dir` where something is written."""
    return _dirs().user_data_path / "models"


def safe_dir(path: Path) -> Path:
    """`path` as a folder of ours that nobody else can read, made if it is missing.

    Our own folder with a mode too open is closed to 0700. It blocks: call it off the loop. Raises
    JournalError for a symlink, another owner, a parent in which others could swap the folder, and
    whatever cannot be made or written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        parent = path.parent.stat()
        if parent.st_uid not in (0, os.geteuid()):
            raise JournalError(f"{path.parent} belongs to somebody else: refusing to use it")
        if parent.st_mode & stat.S_IWOTH and not parent.st_mode & stat.S_ISVTX:
            raise JournalError(
                f"anybody may write into {path.parent}: close it with chmod o-w {path.parent}"
            )
        path.mkdir(mode=0o700, exist_ok=True)
        _close_to_others(path)
    except OSError as error:
        raise JournalError(f"{path} cannot be used: {_reason(path, error)}") from error
    return path


def _close_to_others(path: Path) -> None:
    # All questions go to one descriptor, so that nobody can swap the folder between them.
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(folder)
        if found.st_uid != os.geteuid():
            raise JournalError(f"{path} belongs to somebody else: remove it, or chown it to you")
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.fchmod(folder, 0o700)
    finally:
        os.close(folder)
    if not os.access(path, os.W_OK | os.X_OK):
        raise JournalError(f"{path} is read-only: make it writable, or free the file system")


def _reason(path: Path, error: OSError) -> str:
    if path.is_symlink():
        return "it is a symlink, which could point anywhere: put a real folder there"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a file stands where the folder should be: move it away"
    return f"{error.strerror} (check the owner and mode of {error.filename or path})"
