"""Every text into every application in sway, by both outputs; the table of `docs/outputs.md`.

    python -m tests.lab.sway_matrix

It takes some minutes, and applications that the tests do without: Qt 6 (apt install python3-pyqt6
qt6-wayland) and Chromium. What is not installed is left out, and said.
"""

import asyncio
import http.server
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from dictate.config import OutputSettings
from dictate.errors import DictateError
from dictate.outputs import OUTPUTS, Focus, Output, Receipt
from tests.lab.corpus import TEXTS
from tests.lab.sway import Foot, Gtk3, Gtk4, Keyboard, Sway, SwayWindow
from tests.lab.windows import PYTHON

ROUNDS = 5

_QT = """
import os, sys
from PyQt6.QtWidgets import QApplication, QPlainTextEdit
title, path = sys.argv[1:]
application = QApplication([]); field = QPlainTextEdit(); field.setWindowTitle(title)
def changed():
    with open(path + "~", "wb") as file:
        file.write(field.toPlainText().encode())
    os.replace(path + "~", path)
field.textChanged.connect(changed); changed(); field.show(); application.exec()
"""

_PAGE = """<!doctype html><meta charset=utf-8><title>{title}</title>
<textarea id=t autofocus style="width:95%;height:90vh"></textarea>
<script>
let busy = false, again = false;
async function tell() {{
  if (busy) {{ again = true; return; }}
  do {{
    again = false; busy = true;
    await fetch("/", {{method: "POST", body: t.value}});
    busy = false;
  }} while (again);
}}
t.focus(); t.oninput = tell;
</script>"""


class Qt6(SwayWindow):
    """A Qt 6 text edit."""

    kind = "Qt 6"

    def launch(self) -> subprocess.Popen[bytes]:
        os.environ["QT_QPA_PLATFORM"] = "wayland"
        return self.x.spawn(PYTHON, "-c", _QT, self.title, str(self.file))


class Chromium(SwayWindow):
    """A text area in Chromium, as its own window."""

    kind = "Chromium"

    def launch(self) -> subprocess.Popen[bytes]:
        title, file = self.title, self.file
        file.touch()

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(_PAGE.format(title=title).encode())

            def do_POST(self) -> None:
                said = self.rfile.read(int(self.headers["content-length"]))
                draft = file.with_name(f"{file.name}~")
                draft.write_bytes(said)
                draft.replace(file)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return self.x.spawn(
            "chromium", "--no-sandbox", "--disable-gpu", "--no-first-run", "--password-store=basic",
            "--ozone-platform=wayland", "--enable-wayland-ime",
            f"--user-data-dir={file.with_suffix('.d')}",
            f"--app=http://127.0.0.1:{server.server_port}/",
        )  # fmt: skip


async def rows(sway: Sway, folder: Path, kind: type[SwayWindow], name: str) -> str:
    """One row of the table."""
    window = await asyncio.to_thread(kind, sway, folder)
    output = OUTPUTS.make(name, OutputSettings(use=name, paste_timeout_ms=3000))
    await output.open()
    await asyncio.sleep(2)
    said, exact, tried = window.text(), 0, 0
    times: dict[str, list[float]] = {"ascii": [], "2000": []}
    receipts = set()
    for _ in range(ROUNDS):
        for label, text in TEXTS.items():
            tried += 1
            began = time.monotonic()
            receipts.add(await _write(output, text))
            arrived = await asyncio.to_thread(_arrives, window, said + text)
            if label in times:
                times[label].append((time.monotonic() - began) * 1000)
            exact += arrived
            said = window.text()
            await asyncio.sleep(0.3)  # as long as a person needs at least
    await output.close()
    await asyncio.to_thread(window.close)
    short, long = (f"{statistics.median(each):.0f}" for each in times.values())
    told = ", ".join(sorted(receipts))
    return f"| `{name}` | {kind.kind} | {exact} / {tried} | {told} | {short} | {long} |"


async def _write(output: Output, text: str) -> str:
    focus: Focus | None = await output.focus()
    try:
        receipt: Receipt = await output.write(text, focus)
    except DictateError as error:
        return type(error).__name__
    return receipt.value


def _arrives(window: SwayWindow, expected: str) -> bool:
    until = time.monotonic() + 8
    while window.text() != expected:
        if time.monotonic() > until:
            print(f"{window.title}: {len(window.text())} instead of {len(expected)} characters")
            return False
        time.sleep(0.002)
    return True


def main() -> None:
    """Print the table."""
    kinds: list[type[SwayWindow]] = [Foot, Gtk3, Gtk4]
    qt = subprocess.run([PYTHON, "-c", "import PyQt6.QtWidgets"], check=False, capture_output=True)
    if qt.returncode == 0:
        kinds.append(Qt6)
    else:
        print("without Qt 6: apt install python3-pyqt6 qt6-wayland")
    if shutil.which("chromium"):
        kinds.append(Chromium)
    else:
        print("without Chromium: apt install chromium")
    with Sway() as sway, tempfile.TemporaryDirectory() as folder:
        os.environ["WAYLAND_DISPLAY"] = sway.display
        keyboard = Keyboard()
        print("| output | application | exact / runs | receipts | 62 characters, ms | 2,000, ms |")
        print("|---|---|---|---|---|---|")
        for name in sys.argv[1:] or ("input_method", "virtual_keyboard"):
            for kind in kinds:
                print(asyncio.run(rows(sway, Path(folder), kind, name)), flush=True)
        keyboard.close()


if __name__ == "__main__":
    main()
