"""The settings window, in its own process: run by the system's Python, which has GTK 4 and
libadwaita.

Each line on stdin is a message as JSON, and so is each on stdout; the first one says that there is
a window, or why there is none. It shows dictated text, so nothing of it is printed, not even in an
error.
"""

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NoReturn

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
    sys.stderr.write(f"{kind.__name__} in the settings window\n")
    os._exit(1)


def _know_our_package() -> None:
    """Make `dictate` importable, but not what is installed beside it for another Python."""
    root = Path(__file__).parents[2]
    spec = spec_from_file_location(
        "dictate", root / "__init__.py", submodule_search_locations=[str(root)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = module_from_spec(spec)
    sys.modules["dictate"] = package
    spec.loader.exec_module(package)


# Otherwise GTK 4 loads Mesa, which takes seconds where the processor draws, and shows no more.
os.environ.setdefault("GSK_RENDERER", "cairo")
try:
    import gi

    gi.require_version("Gtk", "4.0")
    gi.require_version("Adw", "1")
    from gi.repository import Adw, Gdk, GLib
except (ImportError, ValueError) as error:
    cannot(f"{error}: apt install python3-gi gir1.2-gtk-4.0 gir1.2-adw-1")


def main() -> None:
    """Until the user closes it."""
    if Gdk.Display.get_default() is None:
        cannot("there is no desktop that can be reached")
    sys.excepthook = end
    _know_our_package()
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
    application.connect("activate", lambda _: frame.window.present())
    link.listen(frame.told, application.quit)
    say({"ready": True})
    application.run(None)


if __name__ == "__main__":
    main()
