"""Other clients of the clipboard: owners with several targets, and a clipboard manager."""

import base64
import json
import subprocess
import sys
from collections.abc import Mapping

from Xlib import X
from Xlib.display import Display

from tests.lab.xserver import XServer, wait_for

# With python-xlib, for no command line program offers several targets at once.
_OWNER = """
import base64, json, sys
from Xlib import X, Xatom, display
from Xlib.protocol.event import SelectionNotify
names = json.load(sys.stdin)
d = display.Display()
window = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
selection = d.get_atom(sys.argv[1])
values = {d.get_atom(n): (f, base64.b64decode(v)) for n, (f, v) in names.items()}
window.set_selection_owner(selection, X.CurrentTime)
d.sync()
print("owned", flush=True)
while True:
    e = d.next_event()
    if e.type == X.SelectionClear:
        break
    if e.type != X.SelectionRequest:
        continue
    property = e.property
    if e.target == d.get_atom("TARGETS"):
        e.requestor.change_property(property, Xatom.ATOM, 32, [e.target, *values])
    elif e.target in values:
        format, value = values[e.target]
        e.requestor.change_property(property, e.target, format, value)
    else:
        property = X.NONE
    e.requestor.send_event(SelectionNotify(time=e.time, requestor=e.requestor,
        selection=e.selection, target=e.target, property=property))
    d.flush()
"""

# Does what a desktop's clipboard manager does when an owner leaves.
_MANAGER = """
import sys
from Xlib import X, Xatom, display
from Xlib.protocol.event import SelectionNotify
d = display.Display()
window = d.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
manager, clipboard = d.get_atom("CLIPBOARD_MANAGER"), d.get_atom("CLIPBOARD")
utf8, into = d.get_atom("UTF8_STRING"), d.get_atom("KEPT")
window.set_selection_owner(manager, X.CurrentTime)
d.sync()
print("owned", flush=True)
kept = None
def answer(e, property):
    e.requestor.send_event(SelectionNotify(time=e.time, requestor=e.requestor,
        selection=e.selection, target=e.target, property=property))
    d.flush()
while True:
    e = d.next_event()
    if e.type == X.SelectionRequest and e.selection == manager:
        saving = e
        window.convert_selection(clipboard, utf8, into, X.CurrentTime)
    elif e.type == X.SelectionNotify:
        kept = window.get_full_property(into, X.AnyPropertyType).value
        window.set_selection_owner(clipboard, X.CurrentTime)
        answer(saving, saving.property)
    elif e.type == X.SelectionRequest:
        known = e.target == utf8
        if known:
            e.requestor.change_property(e.property, utf8, 8, kept)
        answer(e, e.property if known else X.NONE)
"""


def offer(
    x: XServer, selection: str, targets: Mapping[str, tuple[int, bytes]]
) -> subprocess.Popen[bytes]:
    """A program that owns `selection` with these targets: name -> (format, data)."""
    values = {
        name: (size, base64.b64encode(data).decode()) for name, (size, data) in targets.items()
    }
    return _run(x, _OWNER, selection, data=json.dumps(values).encode())


def manager(x: XServer) -> subprocess.Popen[bytes]:
    """A clipboard manager that keeps the text of an owner that leaves."""
    return _run(x, _MANAGER)


def copy(
    x: XServer, data: bytes, selection: str = "clipboard", target: str = "UTF8_STRING"
) -> None:
    """What a user does who copies."""
    subprocess.run(
        ["xclip", "-selection", selection, "-t", target, "-i"],
        env=x.env, input=data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    wait_for(lambda: paste(x, selection, target) == data, "xclip owns the clipboard")


def paste(x: XServer, selection: str = "clipboard", target: str = "UTF8_STRING") -> bytes | None:
    """The content of the clipboard; None without an owner, or if it does not offer this target."""
    done = subprocess.run(
        ["xclip", "-selection", selection, "-t", target, "-o"],
        env=x.env, capture_output=True, timeout=10, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else None


def read(x: XServer, selection: str, target: str) -> tuple[int, bytes] | None:
    """Format and data of a selection in one target, as the server hands them over (xclip garbles
    what is not bytes)."""
    display = Display(x.display)
    try:
        window = display.screen().root.create_window(0, 0, 1, 1, 0, X.CopyFromParent)
        into = display.get_atom("READ")
        window.convert_selection(
            display.get_atom(selection), display.get_atom(target), into, X.CurrentTime
        )
        while (event := display.next_event()).type != X.SelectionNotify:
            pass
        if event.property == X.NONE:
            return None
        found = window.get_full_property(into, X.AnyPropertyType)
        value = found.value
        return found.format, value if isinstance(value, bytes) else value.tobytes()
    finally:
        display.close()


def _run(x: XServer, script: str, *arguments: str, data: bytes = b"") -> subprocess.Popen[bytes]:
    child = x.spawn(
        sys.executable, "-c", script, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(data)
    child.stdin.close()
    assert child.stdout.readline() == b"owned\n"
    return child
