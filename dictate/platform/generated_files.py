"""Files that `dictate setup` writes and may remove again, and the programs that it runs.

A file of ours begins with a mark. One without it belongs to the user and is left alone.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dictate.translation import _

MARKER: Final = "# Written by `dictate setup`"  # untranslated
"""The beginning of every file that setup may overwrite and remove."""

Out = Callable[[str], None]


def write_generated(path: Path, text: str, out: Out) -> bool:
    """Write a file, unless the user wrote one there; whether it changed."""
    old = path.read_text() if path.exists() else None
    if old == text:
        out(_("unchanged: {path}").format(path=path))
        return False
    if old is not None and not old.startswith(MARKER):
        out(_("skipped: {path} was not written by dictate setup").format(path=path))
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    out(_("done: wrote {path}").format(path=path))
    return True


def remove_generated(path: Path, out: Out) -> None:
    """Remove a file that `write_generated` wrote."""
    if not path.exists():
        return
    if path.read_text().startswith(MARKER):
        path.unlink()
        out(_("done: removed {path}").format(path=path))
    else:
        out(_("left: {path}, which was not written by dictate setup").format(path=path))


def run(*command: str, timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run a program. One that is missing, or hangs for `timeout` seconds, returns 127 and an error
    message."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except FileNotFoundError:
        why = _("{program} is not installed").format(program=command[0])
    except subprocess.TimeoutExpired:
        why = _("it did not end within {seconds:g} s").format(seconds=timeout)
    except OSError as error:
        why = error.strerror or str(error)
    return subprocess.CompletedProcess(command, 127, "", why)
