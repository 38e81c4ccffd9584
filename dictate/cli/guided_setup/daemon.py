"""The daemon during the guided setup: the service where there is one, otherwise a child."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from dictate.client.daemon_client import NotRunning, ask_status
from dictate.errors import DictateError
from dictate.platform.child_process import python_module
from dictate.translation import _

START_S: Final = 30.0
"""Seconds until a daemon that was started is ready: the starter engine loads within two."""
SETTLE_S: Final = 5.0
"""Seconds until a saved option is in force."""
_LOOK_S: Final = 0.1


@contextmanager
def running(say: Callable[[str], None]) -> Iterator[bool]:
    """The daemon runs meanwhile; True if it will run afterwards, too. Raises DictateError."""
    try:
        _wait_started()
    except NotRunning:
        pass
    else:
        yield True
        return
    say(_("Starting Dictate for this tour."))
    child = subprocess.Popen(
        python_module("dictate", "run"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        began = time.monotonic()
        while True:
            try:
                _wait_started()
                break
            except NotRunning:
                if child.poll() is not None or time.monotonic() - began > START_S:
                    raise DictateError(
                        _("Dictate does not start; run `dictate run` to see why")
                    ) from None
                time.sleep(_LOOK_S)
        yield False
    finally:
        child.terminate()
        child.wait()


def _wait_started() -> None:
    """Raises NotRunning, DictateError."""
    wait_until(lambda status: bool(status["state"] != "starting"), START_S)


def wait_until(true: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any] | None:
    """The daemon's status as soon as `true` of it; None if it is not within `seconds`. Raises
    NotRunning, DictateError."""
    end = time.monotonic() + seconds
    while True:
        status = ask_status()
        if true(status):
            return status
        if time.monotonic() > end:
            return None
        time.sleep(_LOOK_S)
