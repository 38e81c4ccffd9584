"""Printing for our commands: whole lines, JSON, colour, and nothing that harms a terminal.

A command runs inside `run`, so that no locale, no closed pipe and no full disk ends it with a
traceback. Messages are in the encoding of the locale; signs that it lacks are replaced. JSON is
ASCII there, and dictated text that goes to a file or a pipe is always UTF-8: neither loses a word.
"""

import codecs
import os
import sys
from collections.abc import Callable
from typing import Final, NoReturn, TextIO

from dictate.errors import Unprintable
from dictate.translation import _

_COLOURS: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
_PLAIN: Final = {
    ord(sign): plain
    for signs, plain in (
        ("\u2713", "+"),  # a check mark
        ("\u2717", "x"),
        ("\u2026", "..."),
        ("\u2010\u2011\u2012\u2013\u2014", "-"),
        ("\u2018\u2019", "'"),
        ("\u201c\u201d\u201e", '"'),
        ("\u2192", "->"),
    )
    for sign in signs
}
"""What stands for a sign in an encoding that lacks it; a question mark for all others."""
_REPLACE: Final = "dictate-plain"


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    missing = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(sign if sign.isascii() else "?" for sign in missing), error.end


codecs.register_error(_REPLACE, _replace)


def run(command: Callable[[], int]) -> int:
    """Run a command that prints; its exit status. It may end by SystemExit as well."""
    _set_up()
    try:
        try:
            return command()
        finally:
            _flush(sys.stdout)
    except BrokenPipeError:
        # The reader has enough, as `head` does.
        _drop(sys.stdout)
        return 0
    except Unprintable as error:
        _drop(sys.stdout)
        line(str(error), sys.stderr)
        return 1


def leave(status: int) -> NoReturn:
    """End this process, in which all is closed. Python would still take apart what it has loaded:
    most of the time that a stop takes, and on a busy machine more than systemd waits. Raises
    BrokenPipeError, Unprintable."""
    import logging  # a command that prints has none

    _flush(sys.stdout)
    logging.shutdown()
    os._exit(status)


def _set_up() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_REPLACE)


def _drop(stream: TextIO) -> None:
    """From now on, print to nowhere: the stream cannot be written any more. Otherwise Python would
    write the rest at exit, and report that error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def line(text: str = "", file: TextIO | None = None) -> None:
    """Print one line and flush it: a program may be waiting at the other end of a pipe. Raises
    BrokenPipeError, Unprintable."""
    stream = file or sys.stdout
    try:
        print(text, file=stream)
    except OSError as failure:
        _fail(stream, failure)
    _flush(stream)


def error(text: str) -> None:
    """Print a message to standard error. Nothing depends on whether it can be read."""
    line(safe(text, newlines=True), sys.stderr)


def step(text: str) -> None:
    """Print what a command has done that changes the system, and go on without a reader."""
    try:
        line(text)
    except BrokenPipeError:
        _drop(sys.stdout)


def text(dictated: str) -> None:
    """Print dictated text and a line end. Raises what `line` raises."""
    stream = sys.stdout
    if stream.isatty() or not hasattr(stream, "buffer"):
        line(dictated)
        return
    _flush(stream)
    try:
        stream.buffer.write(dictated.encode("utf-8", _REPLACE) + b"\n")
    except OSError as failure:
        _fail(stream, failure)
    _flush(stream)


def as_json(value: object, *, indent: int | None = 2) -> None:
    """Print one JSON document."""
    import json  # most commands print none, and some must be fast

    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    is_utf8 = codecs.lookup(encoding).name.startswith("utf")
    line(json.dumps(value, ensure_ascii=not is_utf8, indent=indent))


def _flush(stream: TextIO) -> None:
    try:
        stream.flush()
    except ValueError:
        pass  # it was closed in between
    except OSError as failure:
        _fail(stream, failure)


def _fail(stream: TextIO, failure: OSError) -> None:
    """Standard error is the last resort: if it cannot be written, nothing can be said."""
    if stream is sys.stderr:
        _drop(stream)
        return
    if isinstance(failure, BrokenPipeError):
        raise failure
    raise Unprintable(
        _("standard output cannot be written: {strerror}").format(strerror=failure.strerror)
    ) from failure


def paint(text: str, colour: str) -> str:
    """The text in a colour, on a terminal, unless the user forbids it (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    wanted = wanted and os.environ.get("TERM") != "dumb"
    return f"\033[{_COLOURS[colour]}m{text}\033[0m" if wanted and colour in _COLOURS else text


def safe(text: str, *, newlines: bool = False) -> str:
    """The text without characters that control a terminal; without `newlines`, on one line."""
    if not newlines:
        text = " ".join(text.split())
    return "".join(c if c.isprintable() or (newlines and c in "\n\t") else "�" for c in text)
