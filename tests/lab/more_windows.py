"""Applications that take more to install than the tests of every day need: Qt and Chromium."""

import http.server
import subprocess
import threading
from pathlib import Path
from typing import ClassVar

from tests.lab.sway import SwayWindow
from tests.lab.windows import PYTHON, Window, _need_module
from tests.lab.xserver import need, wait_for

_QT = """
import importlib, os, sys
version, title, path = sys.argv[1:]
widgets = importlib.import_module(f"PyQt{version}.QtWidgets")
if "WAYLAND_DISPLAY" in os.environ: os.environ["QT_QPA_PLATFORM"] = "wayland"
app = widgets.QApplication(sys.argv)
field = widgets.QPlainTextEdit(); field.setWindowTitle(title); field.resize(420, 200)
def changed():
    with open(path + "~", "wb") as file:
        file.write(field.toPlainText().encode())
    os.replace(path + "~", path)
field.textChanged.connect(changed)
field.show(); field.setFocus(); changed()
app.exec()
"""
"""Qt's version, title, file."""

_PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
{field}
<script>
const field = document.getElementById("t");
let busy = false, again = false;
async function tell() {{
  if (busy) {{ again = true; return; }}
  busy = true;
  do {{
    again = false;
    await fetch("/", {{method: "POST", body: field.value ?? field.innerText}});
  }} while (again);
  busy = false;
}}
field.addEventListener("input", tell); field.focus(); tell();
</script>"""


_VIM = (
    *("vim", "-N", "-u", "NONE", "-i", "NONE", "-n"),
    *("-c", "set encoding=utf-8 nofixeol noeol autowriteall shortmess+=A"),
    *("-c", "autocmd TextChangedI,TextChangedP * silent! noautocmd write!"),
    *("-c", "startinsert"),
)
"""Inserts what is typed, and saves it at once."""


class Vim(Window):
    """vim in a terminal, in insert mode."""

    kind = "vim"

    def launch(self) -> subprocess.Popen[bytes]:
        need("xterm", "vim")
        self.file.touch()
        return self.x.spawn("xterm", "-u8", "-T", self.title, "-e", *_VIM, str(self.file))


class Qt6(Window):
    """A Qt 6 text field."""

    kind = "Qt 6"
    version = "6"

    def launch(self) -> subprocess.Popen[bytes]:
        _need_module(f"PyQt{self.version}.QtWidgets", f"python3-pyqt{self.version}")
        return self.x.spawn(PYTHON, "-c", _QT, self.version, self.title, str(self.file))


class Qt5(Qt6):
    """The same with Qt 5."""

    kind = "Qt 5"
    version = "5"


class Chromium(Window):
    """A textarea in Chromium, which tells a server of ours what stands in it."""

    kind = "Chromium"
    program = "chromium"
    flags: ClassVar[tuple[str, ...]] = ()
    field = '<textarea id="t" rows="8" cols="60" autofocus></textarea>'

    def launch(self) -> subprocess.Popen[bytes]:
        need(self.program)
        window = self
        self.file.touch()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(_PAGE.format(title=window.title, field=window.field).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                new = window.file.with_suffix(".new")
                new.write_bytes(body)
                new.replace(window.file)
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self.browse(
            f"http://127.0.0.1:{self._server.server_address[1]}/", self.file.parent / self.title
        )

    def browse(self, page: str, profile: Path) -> subprocess.Popen[bytes]:
        return self.x.spawn(
            "chromium",
            *("--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-sync", *self.flags),
            f"--user-data-dir={profile}",
            f"--app={page}",
        )

    def close(self) -> None:
        super().close()
        self._server.shutdown()
        self._server.server_close()


class RichChromium(Chromium):
    """A rich text field in it, as of a mail: it asks for a pasted text twice."""

    kind = "Chromium, rich"
    field = '<div id="t" contenteditable style="height: 100px"></div>'


class Firefox(Chromium):
    """The same in Firefox."""

    kind = "Firefox"
    program = "firefox-esr"

    def browse(self, page: str, profile: Path) -> subprocess.Popen[bytes]:
        profile.mkdir()
        quiet = ("browser.aboutwelcome.enabled", "datareporting.policy.dataSubmissionEnabled")
        (profile / "user.js").write_text(
            "".join(f'user_pref("{name}", false);\n' for name in quiet)
        )
        options = ("--no-remote", "--profile", str(profile), "--kiosk", page)
        return self.x.spawn(*self.before(profile), self.program, *options)

    def before(self, profile: Path) -> tuple[str, ...]:
        """What the command begins with."""
        return ()

    def xid(self) -> str:
        return self.x.run("xdotool", "search", "--name", f"^{self.title} .*Mozilla").split()[-1]


class Qt6InSway(SwayWindow, Qt6):
    """The same in sway; needs qt6-wayland."""


class ChromiumInSway(SwayWindow, Chromium):
    """The same in sway."""

    flags = ("--ozone-platform=wayland", "--enable-wayland-ime")


class FirefoxInSway(SwayWindow, Firefox):
    """The same in sway."""

    def before(self, profile: Path) -> tuple[str, ...]:
        # Run by root, it refuses the folder of sway's account.
        return ("env", f"XDG_RUNTIME_DIR={profile}")

    def xid(self) -> str:
        return next((str(w["id"]) for w in self.x.windows() if self._is_it(w["name"])), "")

    def focus(self) -> None:
        self.x.order(f'[title="^{self.title} "] focus')
        wait_for(
            lambda: any(self._is_it(w["name"]) and w["focused"] for w in self.x.windows()),
            f"{self.title} has the focus",
        )

    def _is_it(self, name: object) -> bool:
        return str(name).startswith(f"{self.title} ")


class FootVim(Vim):
    """The same in foot, a terminal for Wayland."""

    def launch(self) -> subprocess.Popen[bytes]:
        need("foot", "vim")
        self.file.touch()
        return self.x.spawn(
            *("foot", "-T", self.title, "-o", "locked-title=yes"), *_VIM, str(self.file)
        )


class VimInFoot(SwayWindow, FootVim):
    """The same in sway."""
