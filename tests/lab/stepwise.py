"""A window that takes a pasted text in several steps, as Chromium does: if the clipboard changes
before the last one, it inserts nothing."""

import subprocess
import sys
from typing import ClassVar

from tests.lab.windows import Window

_WINDOW = """
import os, sys, time
from Xlib import X, XK, Xatom, display
from Xlib.ext import xfixes
from Xlib.protocol.event import ClientMessage
title, path, pings, before, held_up = sys.argv[1:]
d = display.Display()
d.xfixes_query_version()
atom = d.get_atom
root = d.screen().root
mask = X.KeyPressMask | X.StructureNotifyMask | X.FocusChangeMask
window = root.create_window(0, 0, 400, 200, 0, X.CopyFromParent, event_mask=mask)
window.set_wm_name(title); window.set_wm_class("stepwise", "Stepwise")
window.change_text_property(atom("_NET_WM_NAME"), atom("UTF8_STRING"), title.encode())
window.set_wm_hints(flags=1, input=1)
if pings == "pings":
    window.set_wm_protocols([atom("_NET_WM_PING")])
clipboard = atom("CLIPBOARD")
d.xfixes_select_selection_input(window, clipboard, xfixes.XFixesSetSelectionOwnerNotifyMask)
window.map(); d.sync()
text, changes = "", 0
def save():
    with open(path + "~", "wb") as file:
        file.write(text.encode())
    os.replace(path + "~", path)
waiting = []
def next_event():
    global changes
    event = d.next_event()
    if event.type == X.ClientMessage and event.data[1][0] == atom("_NET_WM_PING"):
        pong = ClientMessage(window=root, client_type=event.client_type, data=event.data)
        root.send_event(pong, X.SubstructureNotifyMask | X.SubstructureRedirectMask)
        d.flush()
    elif event.type == d.extension_event.SetSelectionOwnerNotify[0]:
        changes += 1
    elif event.type == X.KeyPress:
        waiting.append(event)
    return event
def ask(target):
    window.convert_selection(clipboard, atom(target), atom("STEP"), X.CurrentTime)
    while (event := next_event()).type != X.SelectionNotify:
        pass
    if event.property == X.NONE:
        return b""
    found = window.get_full_property(event.property, X.AnyPropertyType).value
    window.delete_property(event.property)
    return found
def hold_up(seconds):
    time.sleep(seconds)
    while d.pending_events():
        next_event()
save()
while True:
    next_event()
    while waiting:
        key = waiting.pop(0)
        if d.keycode_to_keysym(key.detail, 0) != XK.XK_Insert or not key.state & X.ShiftMask:
            continue
        seen = changes
        hold_up(float(before))
        ask("TARGETS")
        new = ask("UTF8_STRING")
        hold_up(float(held_up))
        ask("TARGETS")
        if changes == seen and new:
            text += new.decode(); save()
"""
"""Title, file, whether it answers pings, seconds before the first and after the second step."""


class Stepwise(Window):
    """It is held up for `before_s` after the chord and for `held_up_s` after it got the text."""

    kind = "stepwise"
    pings: ClassVar[bool] = True
    before_s: ClassVar[float] = 0.0
    held_up_s: ClassVar[float] = 0.4

    def launch(self) -> subprocess.Popen[bytes]:
        pings = "pings" if self.pings else "none"
        held_up = (str(self.before_s), str(self.held_up_s))
        return self.x.spawn(
            sys.executable, "-c", _WINDOW, self.title, str(self.file), pings, *held_up
        )
