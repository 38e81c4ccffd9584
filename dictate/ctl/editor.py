"""The user's editor."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

from dictate.errors import DictateError
from dictate.translation import _

EDITORS: Final = ("editor", "nano", "vi")
"""What is started where $VISUAL and $EDITOR name nothing; `editor` is Debian's choice of one."""


def run_editor(file: Path) -> None:
    """Have the user edit a file. Raises DictateError if there is no editor, or it fails."""
    given = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    editor = given or next(filter(shutil.which, EDITORS), "")
    if not editor:
        raise DictateError(_("no editor is known: set $EDITOR"))
    try:
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)
    except (OSError, ValueError) as error:
        raise DictateError(
            _(
                "the editor {editor!r} cannot be started: {error}; set $EDITOR to another one"
            ).format(editor=editor, error=error)
        ) from error
    if done.returncode:
        raise DictateError(
            _("the editor {editor!r} ended with exit status {returncode}").format(
                editor=editor, returncode=done.returncode
            )
        )
