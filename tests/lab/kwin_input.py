"""Keyboard and mouse input into KWin: `python -m tests.lab.kwin_input`.

Each line of its standard input is a command: `key CODE STATE` (as the kernel numbers keys; 1 is
down), `move X Y`, `button STATE` (of the left one). It prints `did` once KWin has done it. KWin
allows this only to a program whose .desktop file asks for it: see `kwin.py`.
"""

import sys

from dictate.outputs.wayland.wire import Interface
from tests.lab.wayland_client import WaylandClient

# Co-ordinates are in steps of 1/256.
FAKE_INPUT = Interface(
    "org_kde_kwin_fake_input",
    4,
    "authenticate:ss pointer_motion:ii button:uu axis:ui touch_down:uii touch_motion:uii"
    " touch_up:u touch_cancel: touch_frame: pointer_motion_absolute:ii keyboard_key:uu",
)
LEFT = 0x110


def main() -> None:
    """Carry out the lines of standard input until it ends."""
    connection = WaylandClient()
    fake_input = connection.bind(FAKE_INPUT)
    fake_input.send("authenticate", "a person", "these are the tests of dictate")
    connection.round_trip()
    print("ready", flush=True)
    for line in sys.stdin:
        match line.split():
            case ["key", code, state]:
                fake_input.send("keyboard_key", int(code), int(state))
            case ["move", x, y]:
                fake_input.send("pointer_motion_absolute", int(x) * 256, int(y) * 256)
            case ["button", state]:
                fake_input.send("button", LEFT, int(state))
            case order:
                raise ValueError(order)
        connection.round_trip()
        print("did", flush=True)


if __name__ == "__main__":
    main()
