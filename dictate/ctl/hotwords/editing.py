"""`dictatectl hotwords add`, `remove` and `edit`."""

import sys
from argparse import Namespace
from pathlib import Path

from dictate import console
from dictate.ctl.commands import report_change
from dictate.ctl.editor import run_editor
from dictate.ctl.exit_codes import FAILED
from dictate.errors import ConfigError, NotFound
from dictate.hotwords import hotwords_file, whole_list
from dictate.platform import paths
from dictate.translation import _


def add(arguments: Namespace) -> int:
    """Add a hotword to the file, and make the daemon use it."""
    changed = hotwords_file.add(
        paths.hotwords_file(),
        " ".join(arguments.spelling),
        arguments.weight,
        arguments.sounds_like,
        arguments.group,
    )
    return report_change(changed or [_("nothing changed")], _("the hotwords"))


def remove(arguments: Namespace) -> int:
    """Remove a hotword from the file that has it, and make the daemon forget it."""
    spelling = " ".join(arguments.spelling)
    changed = hotwords_file.remove(paths.hotwords_file(), spelling)
    if not changed:
        raise NotFound(
            _("there is no hotword {spelling!r}; see `dictatectl hotwords list`").format(
                spelling=spelling
            )
        )
    return report_change(changed, _("the hotwords"))


def edit(arguments: Namespace) -> int:
    """Open an editor, check what it saved, and make the daemon use it."""
    path, spelling = paths.hotwords_file(), " ".join(arguments.spelling)
    hotwords_file.make(path)
    file, before = path, None
    try:
        before = whole_list.read(path).hotwords
        if spelling and (found := hotwords_file.file_with(path, spelling)):
            file = found
        elif spelling:
            raise NotFound(
                _("no file has the hotword {spelling!r}; see `dictatectl hotwords list`").format(
                    spelling=spelling
                )
            )
    except ConfigError as error:
        file = _file_of(error, path)
    while True:
        run_editor(file)
        try:
            after = whole_list.read(path).hotwords
        except ConfigError as error:
            for problem in error.problems:
                console.error(problem)
            if not _again():
                console.error(
                    _("dictatectl: dictate keeps the last good list until this is mended")
                )
                return FAILED
            file = _file_of(error, path)
        else:
            break
    if before is None:
        changed = [f"{path.name}: {hotwords_file.summary(after)}"]
    else:
        changed = hotwords_file.difference(before, after)
    return report_change(changed or [_("nothing changed")], _("the hotwords"))


def _file_of(error: ConfigError, path: Path) -> Path:
    """The file of the first mistake."""
    names = {whole_list.name_of(file, path): file for file in whole_list.files_beside(path)}
    return names.get(error.problems[0].partition(":")[0], path)


def _again() -> bool:
    """Whether the user wants to edit it again."""
    if not sys.stdin.isatty():
        return False
    try:
        answer = input(_("Edit it again? [Y/n] "))
    except EOFError:
        return False
    return answer.strip().lower() in ("", "y", "yes")
