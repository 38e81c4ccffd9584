"""`dictatectl hotwords list`, `add`, `remove` and `edit`."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Final

from dictate import console
from dictate.ctl.client import NotRunning
from dictate.ctl.commands import ask_status, report_change
from dictate.ctl.exit_codes import FAILED, NOTHING, OK
from dictate.errors import ConfigError, DictateError, NotFound
from dictate.hotwords import hotwords_file, whole_list
from dictate.hotwords.model import Source, Term
from dictate.platform import paths

EDITORS: Final = ("editor", "nano", "vi")
"""What is started where $VISUAL and $EDITOR name nothing; `editor` is Debian's choice of one."""


def list_all(arguments: Namespace) -> int:
    """List the hotwords of the files that the daemon uses."""
    file = usual = paths.hotwords_file()
    with contextlib.suppress(NotRunning):  # then it will use the usual one
        file = Path(ask_status()["hotwords_file"] or usual)
    whole = whole_list.read(file)
    terms = whole.hotwords.terms
    if file != usual:
        console.line(f"these are the hotwords in {file}, which dictate uses now", sys.stderr)
    for note in whole.notes:
        console.line(f"from {note}", sys.stderr)
    if arguments.json:
        console.as_json([_row(term, whole.origins[term.spelling]) for term in terms])
    else:
        for term in terms:
            more = _more(term, whole.origins[term.spelling], file)
            dim = console.paint(f"  ({'; '.join(more)})", "dim") if more else ""
            console.line(console.safe(term.spelling) + dim)
        if not terms:
            console.line(
                f"no hotwords in {file}: add one with `dictatectl hotwords add`",
                sys.stderr,
            )
    return OK if terms else NOTHING


def _row(term: Term, origin: Path | Source) -> dict[str, object]:
    return {
        "spelling": term.spelling,
        "weight": term.weight,
        "sounds_like": term.sounds_like,
        "language": term.language,
        "state": term.state.value,
        "group": term.group or None,
        "file": None if isinstance(origin, Source) else str(origin),
        "source": origin.name if isinstance(origin, Source) else None,
    }


def _more(term: Term, origin: Path | Source, main: Path) -> list[str]:
    """What there is to say of a term beside its spelling."""
    more = [f"weight {term.weight:g}"] if term.weight != 1.0 else []
    more += [f"sounds like {', '.join(term.sounds_like)}"] if term.sounds_like else []
    more += [term.state.value] if term.state.value != "active" else []
    more += [f"group {term.group}"] if term.group else []
    if isinstance(origin, Source):
        more.append(f"from {origin.name}")
    elif origin != main:
        more.append(f"in {whole_list.name_of(origin, main)}")
    return [console.safe(each) for each in more]


def add(arguments: Namespace) -> int:
    """Add a hotword to the file, and make the daemon use it."""
    changed = hotwords_file.add(
        paths.hotwords_file(),
        " ".join(arguments.spelling),
        arguments.weight,
        arguments.sounds_like,
        arguments.group,
    )
    return report_change(changed or ["nothing changed"], "the hotwords")


def remove(arguments: Namespace) -> int:
    """Remove a hotword from the file that has it, and make the daemon forget it."""
    spelling = " ".join(arguments.spelling)
    changed = hotwords_file.remove(paths.hotwords_file(), spelling)
    if not changed:
        raise NotFound(f"there is no hotword {spelling!r}; see `dictatectl hotwords list`")
    return report_change(changed, "the hotwords")


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
            raise NotFound(f"no file has the hotword {spelling!r}; see `dictatectl hotwords list`")
    except ConfigError as error:
        file = _file_of(error, path)
    while True:
        _run_editor(file)
        try:
            after = whole_list.read(path).hotwords
        except ConfigError as error:
            for problem in error.problems:
                console.error(problem)
            if not _again():
                console.error("dictatectl: dictate keeps the last good list until this is mended")
                return FAILED
            file = _file_of(error, path)
        else:
            break
    if before is None:
        changed = [f"{path.name}: {hotwords_file.summary(after)}"]
    else:
        changed = hotwords_file.difference(before, after)
    return report_change(changed or ["nothing changed"], "the hotwords")


def _file_of(error: ConfigError, path: Path) -> Path:
    """The file of the first mistake."""
    names = {whole_list.name_of(file, path): file for file in whole_list.files_beside(path)}
    return names.get(error.problems[0].partition(":")[0], path)


def _run_editor(file: Path) -> None:
    given = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    editor = given or next(filter(shutil.which, EDITORS), "")
    if not editor:
        raise DictateError(f"no editor is known: set $EDITOR, or edit {file}")
    try:
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)
    except (OSError, ValueError) as error:
        raise DictateError(f"the editor {editor!r} cannot be started: {error}") from error
    if done.returncode:
        raise DictateError(f"the editor {editor!r} ended with exit status {done.returncode}")


def _again() -> bool:
    """Whether the user wants to edit it again."""
    if not sys.stdin.isatty():
        return False
    try:
        answer = input("Edit it again? [Y/n] ")
    except EOFError:
        return False
    return answer.strip().lower() in ("", "y", "yes")
