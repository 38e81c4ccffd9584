"""The settings window, in its own process: run by the system's Python, which has GTK 4 and
libadwaita.

Each line on stdin is a message as JSON, and so is each on stdout; the first one says that there is
a window, or why there is none. It shows dictated text, so nothing of it is printed, not even in an
error.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

from dictate.translation import _

CANNOT = 3
"""The exit status on a desktop that cannot show it."""
NAME = "io.github.dictate.Settings"
"""Of the window for the desktop. A second one with this name brings the first to the front."""


def say(what: dict[str, Any]) -> None:
    """One line to the process that serves us."""
    sys.stdout.buffer.write(json.dumps(what, ensure_ascii=False).encode() + b"\n")
    sys.stdout.buffer.flush()


def cannot(why: str) -> NoReturn:
    """Report why there is no window, and exit."""
    say({"why_not": why})
    sys.exit(CANNOT)


def end(kind: type[BaseException], _error: BaseException, trace: Any) -> None:
    """Exit on an exception in a GTK callback, which GTK would print and ignore."""
    # Without its message, which may have dictated text in it.
    while trace is not None:
        code = trace.tb_frame.f_code
        sys.stderr.write(f"{Path(code.co_filename).name}:{trace.tb_lineno}: {code.co_name}\n")
        trace = trace.tb_next
    sys.stderr.write(f"{kind.__name__} in the settings window\n")  # untranslated
    os._exit(1)


# Otherwise GTK 4 loads Mesa, which takes seconds where the processor draws, and shows no more.
os.environ.setdefault("GSK_RENDERER", "cairo")
try:
    import gi

    gi.require_version("Gtk", "4.0")
    gi.require_version("Adw", "1")
    from gi.repository import Adw, Gdk, GLib
except (ImportError, ValueError) as error:
    cannot(f"{error}: apt install python3-gi gir1.2-gtk-4.0 gir1.2-adw-1")  # untranslated


def main() -> None:
    """Until the user closes it."""
    if Gdk.Display.get_default() is None:
        cannot(_("there is no desktop that can be reached"))
    sys.excepthook = end
    from dictate.ui.settings.frame import Frame
    from dictate.ui.settings.link import Link

    GLib.set_prgname(NAME)
    application = Adw.Application(application_id=NAME)
    application.register(None)
    if application.get_is_remote():
        application.activate()
        say({"ready": False})
        return
    link = Link(say)
    frame = Frame(application, link)
    application.connect("activate", lambda __: frame.window.present())
    link.listen(frame.told, application.quit)
    say({"ready": True})
    application.run(None)


if __name__ == "__main__":
    main()
