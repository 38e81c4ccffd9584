"""Connects to the X server of this session, or says why that is impossible."""

import contextlib
import os
import re
import socket
import struct
import threading
from concurrent.futures import Future
from typing import Any, Final

from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import ge, xinput

from dictate.errors import Unavailable
from dictate.translation import _

# The names of AltGr and of some locks.
XK.load_keysym_group("xkb")

CONNECT_S = 2.0
"""Seconds without an answer, after which the server counts as hung."""

XINPUT = xinput.extname
"""The extension that reports the keys of all windows."""
RAW_MASKS = {
    xinput.RawKeyPress: xinput.RawKeyPressMask,
    xinput.RawKeyRelease: xinput.RawKeyReleaseMask,
    xinput.RawButtonPress: xinput.RawButtonPressMask,
}
"""The raw events that we read, each with the mask that asks for it."""

LACKS: Final = _("the X server lacks the extension {extension}")

grabs_of_ours: set[object] = set()
"""The grabs by which this process has the keyboard, from the press of a key to its release."""

_LOCAL = re.compile(r"(?:unix)?:(\d+)(?:\.\d+)?")


def connect() -> Any:
    """A new python-xlib Display. It blocks, for ever if the server hangs. Raises Unavailable."""
    name = os.environ.get("DISPLAY")
    if not name:
        if os.environ.get("WAYLAND_DISPLAY"):
            raise Unavailable(_("DISPLAY is not set: this Wayland session has no Xwayland"))
        raise Unavailable(_("DISPLAY is not set; start it from within an X11 desktop session"))
    try:
        if local := _LOCAL.fullmatch(name):
            _knock(int(local[1]))
        return Display(name)
    except Exception as error:  # python-xlib raises anything when the handshake fails
        raise Unavailable(
            _("cannot connect to the X server at {name}: {error}").format(name=name, error=error)
        ) from error


def x11_unavailable_reason(*extensions: str) -> str | None:
    """Why no X server with these extensions can be used here and what to do, or None.

    Blocks for `CONNECT_S` at most.
    """
    answer: Future[str | None] = Future()

    def ask() -> None:
        try:
            display = connect()
            missing = [each for each in extensions if not display.has_extension(each)]
            close(display)
        except Exception as error:
            answer.set_result(str(error))
        else:
            lacks = LACKS.format(extension=", ".join(missing))
            answer.set_result(lacks if missing else None)

    threading.Thread(target=ask, name="dictate-x11-probe", daemon=True).start()
    try:
        return answer.result(CONNECT_S)
    except TimeoutError:
        return _("the X server does not answer; is the desktop hung?")


def close(display: Any) -> None:
    """Disconnect, whatever state the server is in. Not display.close(): it flushes first, which
    fails or hangs if the server is gone."""
    with contextlib.suppress(OSError):
        display.display.socket.close()


def cut(display: Any) -> None:
    """Break the connection from another thread, which ends any call of python-xlib at once."""
    with contextlib.suppress(OSError):
        display.display.socket.shutdown(socket.SHUT_RDWR)


def listen_to_all_keys(display: Any) -> None:
    """Have the server report each key that goes down or up, whichever window has the focus.

    `raw_key` reads the reports. Raises Unavailable without XInput 2.
    """
    if not display.has_extension(XINPUT):
        raise Unavailable(LACKS.format(extension=XINPUT))
    # From 2.1 on keys are reported while another program has grabbed the keyboard, too; python-xlib
    # would ask for 2.0.
    xinput.XIQueryVersion(
        display=display.display,
        opcode=display.display.get_extension_major(XINPUT),
        major_version=2,
        minor_version=1,
    )
    mask = xinput.RawKeyPressMask | xinput.RawKeyReleaseMask
    display.screen().root.xinput_select_events([(xinput.AllMasterDevices, mask)])
    display.sync()


def raw_key(event: Any) -> tuple[bool, int] | None:
    """Whether a key went down, and its code; None if the event is something else."""
    match raw_event(event):
        case (xinput.RawKeyPress | xinput.RawKeyRelease) as kind, code:
            return kind == xinput.RawKeyPress, code
    return None


def raw_event(event: Any) -> tuple[int, int] | None:
    """The kind of a raw event of XInput 2, and its key or button; None if it is another event."""
    if event.type != ge.GenericEventCode or event.evtype not in RAW_MASKS:
        return None
    _device, _time, code = struct.unpack_from("=HII", event.data)
    return event.evtype, code


def keyboard_taken(unseen: Any) -> bool:
    """Whether another program has grabbed the keyboard: a locked screen, a password prompt or an
    open menu. Keys go there, wherever the focus is.

    `unseen` is a window of ours that was never mapped. The keyboard cannot be grabbed for it, so
    the request changes nothing; but the server first checks whether another program has a grab.
    """
    answer = unseen.grab_keyboard(X.NONE, X.GrabModeAsync, X.GrabModeAsync, X.CurrentTime)
    return bool(answer == X.AlreadyGrabbed and not grabs_of_ours)


def _knock(number: int) -> None:
    """Raise OSError if no server listens here: python-xlib would go on to TCP ports, where any
    program may listen, and would leave its sockets open."""
    path = f"/tmp/.X11-unix/X{number}"
    with socket.socket(socket.AF_UNIX) as knocking:
        try:
            knocking.connect("\0" + path)
        except OSError:
            knocking.connect(path)
