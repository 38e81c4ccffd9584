"""The proof runs in a process of its own (`dictate/proof/`): here it is started, followed and
ended."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from dictate import console
from dictate.errors import ConfigError, DictateError
from dictate.platform.child_process import python_module
from dictate.translation import _

END_S: Final = 5.0
"""Seconds in which it ends by itself once its input is closed: it may have an engine to stop."""


def run_proof(*words: str) -> dict[str, Any]:
    """The result of `python -m dictate.proof` with these words; its progress is shown on standard
    error. Raises DictateError."""
    with _started(words) as process, _ProgressLine() as progress:
        assert process.stdout is not None
        for line in process.stdout:
            event: dict[str, Any] = json.loads(line)
            if "result" in event:
                result: dict[str, Any] = event["result"]
                return result
            if "error" in event:
                raise _error(event)
            progress.show(event)
        process.wait()
    raise DictateError(
        _(
            "the proof ended without a result (exit status {returncode}); run `{command}` to "
            "see why"
        ).format(returncode=process.returncode, command=" ".join(map(str, process.args)))  # type: ignore[arg-type]
    )


@contextmanager
def _started(words: tuple[str, ...]) -> Iterator["subprocess.Popen[str]"]:
    # In a session of its own: Ctrl+C comes to us, and we end it.
    process = subprocess.Popen(
        python_module("dictate.proof", *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _error(event: dict[str, Any]) -> DictateError:
    message = str(event["error"])
    return (
        ConfigError(message.splitlines())
        if event["kind"] == "ConfigError"
        else DictateError(message)
    )


class _ProgressLine:
    """What is done: on a terminal one line that changes, else a line for each step."""

    def __init__(self) -> None:
        self._changes = sys.stderr.isatty()
        self._step = ""

    def __enter__(self) -> "_ProgressLine":
        return self

    def __exit__(self, *__: object) -> None:
        self._clear()

    def show(self, event: dict[str, Any]) -> None:
        """Show an event of the process."""
        if "say" in event:
            self._clear()
            console.error(
                _("say now ({number} of {of}): {say}").format(
                    number=event["number"], of=event["of"], say=event["say"]
                )
            )
        elif "waiting" in event:
            self._line(_("waiting for {waiting}").format(waiting=event["waiting"]), "")
        else:
            self._line(
                event["doing"],
                _(": clip {clip} of {of}").format(clip=event["clip"], of=event["of"]),
            )

    def _line(self, step: str, place: str) -> None:
        if self._changes:
            self._clear()
            sys.stderr.write(f"{step}{place}")
            sys.stderr.flush()
        elif step != self._step:
            console.error(step)
        self._step = step

    def _clear(self) -> None:
        if self._changes:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
