"""A child process ends with its parent, whatever it is doing."""

import contextlib
import ctypes
import os
import signal
import threading

_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


def die_with_input() -> None:
    """End at the end of standard input, and by the kernel's signal in case an engine that hangs
    holds the interpreter's lock."""
    die_with_parent()
    end_with_input()


def end_with_input() -> None:
    """End at the end of standard input, whatever the other threads are doing."""

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        os._exit(0)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
