"""Where the shell finds `dictate` and `dictatectl`: links in ~/.local/bin to those of this
environment, unless the PATH leads to them already."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

from dictate import console
from dictate.platform.generated_files import Out
from dictate.translation import _

COMMANDS: Final = ("dictate", "dictatectl")


def folder() -> Path:
    """The user's own folder of commands."""
    return Path.home() / ".local/bin"


def make(*, out: Out = console.step) -> None:
    """Link the commands, and print what to do if the shell will not find them."""
    made = [name for name in COMMANDS if _link(name, out)]
    if not made:
        return
    if str(folder()) not in os.environ.get("PATH", "").split(os.pathsep):
        out(
            _("to do: {folder} is not in your PATH; run this, and open a new terminal:").format(
                folder=folder()
            )
        )
        out(f"  {_path_line()}")
        return
    for name in made:
        first = shutil.which(name)
        if first is not None and not Path(first).samefile(_program(name)):
            out(
                _("note: your shell finds {first} before {folder}").format(
                    first=first, folder=folder() / name
                )
            )


def remove(*, out: Out = console.step) -> None:
    """Remove the links that `make` made."""
    for name in COMMANDS:
        link = folder() / name
        if is_ours(link):
            link.unlink()
            out(_("done: removed {link}").format(link=link))


def is_ours(link: Path) -> bool:
    """Whether this is a link that `make` made."""
    return link.is_symlink() and link.readlink() == _program(link.name)


def reminder() -> str | None:
    """One line for a user whose shell does not find our commands; None if it does."""
    if all(map(_is_found, COMMANDS)) or not all(_program(name).is_file() for name in COMMANDS):
        return None
    path = shlex.quote(str(_program(COMMANDS[0]).parent))
    return _(
        'For `dictate` and `dictatectl` in another terminal: export PATH={path}:"$PATH" '
        "(`make setup` links them for good)"
    ).format(path=path)


def _program(name: str) -> Path:
    # Not resolved: the Python of a virtual environment is a link to that of the system.
    return Path(sys.executable).with_name(name)


def _is_found(name: str) -> bool:
    """Whether every shell of the user finds our command, also one without the environment."""
    found, program = shutil.which(name), _program(name)
    if found is None or not program.exists() or not Path(found).samefile(program):
        return False
    return Path(found) != program or sys.prefix == sys.base_prefix


def _link(name: str, out: Out) -> bool:
    """Link one command; whether a link of ours is there now. Raises OSError."""
    link, program = folder() / name, _program(name)
    if is_ours(link):
        out(_("unchanged: {link}").format(link=link))
        return True
    if _is_found(name):
        return False
    if link.exists() or link.is_symlink():
        out(
            _("skipped: {link} is not a link of ours; remove it, or run {program}").format(
                link=link, program=program
            )
        )
        return False
    folder().mkdir(parents=True, exist_ok=True)
    link.symlink_to(program)
    out(_("done: linked {link} to {program}").format(link=link, program=program))
    return True


def _path_line() -> str:
    shell = Path(os.environ.get("SHELL", "")).name
    if shell == "fish":
        return "fish_add_path ~/.local/bin"  # untranslated
    file = "~/.zshrc" if shell == "zsh" else "~/.bashrc"
    return f"echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> {file}"  # untranslated
