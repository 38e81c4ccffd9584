"""The film on the README's first screen: one dictation into a letter, at its own speed.

Everything in it happens: the key is pressed in an X server, a sample is spoken into a virtual
microphone, the starter engine recognises it, the overlay shows what it hears, and the text is
written. Only the line at the bottom is drawn: what the user does, which no screen shows.
"""

import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from tests.lab.daemon import REPOSITORY, RealDaemon, wait_for
from tests.lab.desk import running_desk
from tests.lab.pulse import PulseAudio
from tests.lab.windows import PYTHON, GtkField
from tests.lab.xserver import XServer, end

SAMPLE: Final = REPOSITORY / "dictate/samples/2-claude-code.wav"
WRITTEN: Final = "we asked Claude Code about the problem"
"""What the starter engine makes of it, with the hotwords that Dictate brings."""
WIDTH, HEIGHT, LINE = 800, 340, 56
"""The screen and the line below it, in pixels."""
FRAMES_PER_S: Final = 12
SECONDS: Final = (0.8, 0.35, 0.25, 2.2)
"""How long: before the press, until speech, until the release, until the end."""
FONT: Final = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
LETTER: Final = "Dear Anna,\n\nhere is the news: "

_EDITOR: Final = """
import os, sys, gi
gi.require_version("Gtk", "3.0")
gi.require_version("Gdk", "3.0")
from gi.repository import Gdk, GLib, Gtk
title, path, text = sys.argv[1:]
GLib.set_prgname("letter"); GLib.set_application_name("letter")
Gdk.set_program_class("Letter")
style = Gtk.CssProvider(); style.load_from_data(b"textview { font: 22px Sans; }")
Gtk.StyleContext.add_provider_for_screen(Gdk.Screen.get_default(), style, 600)
window = Gtk.Window(title=title)
window.set_titlebar(Gtk.HeaderBar(title=title, show_close_button=True))
view = Gtk.TextView(wrap_mode=Gtk.WrapMode.WORD, left_margin=24, top_margin=20, right_margin=24)
window.add(view); window.maximize()
buffer = view.get_buffer(); buffer.set_text(text)
def changed(_):
    with open(path + "~", "wb") as file:
        file.write(buffer.get_text(*buffer.get_bounds(), True).encode())
    os.replace(path + "~", path)
buffer.connect("changed", changed)
window.show_all(); view.grab_focus(); changed(None)
Gtk.main()
"""


class Letter(GtkField):
    """A GTK 3 text view that looks like an application."""

    kind = "letter"

    def launch(self) -> subprocess.Popen[bytes]:
        return self.x.spawn(PYTHON, "-c", _EDITOR, self.title, str(self.file), LETTER)


@dataclass
class Camera:
    """Takes the screen of an X server, some times a second."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)
    """When each was taken, in monotonic seconds, and its pixels, RGB."""

    @contextmanager
    def films(self, x: XServer) -> Iterator[None]:
        """It runs until the end of the block."""
        words = ["ffmpeg", "-v", "error", "-f", "x11grab", "-draw_mouse", "0"]
        words += ["-framerate", str(FRAMES_PER_S), "-i", x.display]
        words += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        filming = subprocess.Popen(words, env=x.env, stdout=subprocess.PIPE)
        reader = threading.Thread(target=self._read, args=(filming,))
        reader.start()
        try:
            wait_for(lambda: self.frames, "the camera runs")
            yield
        finally:
            filming.terminate()
            reader.join()
            end(filming)

    def _read(self, filming: "subprocess.Popen[bytes]") -> None:
        assert filming.stdout is not None
        size = WIDTH * HEIGHT * 3
        while len(frame := filming.stdout.read(size)) == size:
            self.frames.append((time.monotonic(), frame))


def film(target: Path) -> None:
    """Dictate once, and write the film of it."""
    with (
        tempfile.TemporaryDirectory(prefix="dictate-film-") as name,
        running_desk(Path(name), f"{WIDTH}x{HEIGHT}") as desk,
    ):
        x, hotwords = desk.x, (REPOSITORY / "config/hotwords.toml").read_text()
        env = {**desk.env, "GTK_THEME": "Adwaita", "GDK_DPI_SCALE": "1.4"}
        with RealDaemon(Path(name) / "home", env, hotwords=hotwords) as daemon:
            wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard", 60)
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine loads", 120)
            letter, camera = Letter(x, Path(name)), Camera()
            with camera.films(x):
                moments = _dictate(x, desk.sound, letter)
        if letter.text() != LETTER + WRITTEN:
            raise SystemExit(f"not the sentence that the film is to show: {letter.text()!r}")
    _write(camera, moments, target)


def _dictate(x: XServer, sound: PulseAudio, letter: Letter) -> tuple[float, ...]:
    """When it began, the key went down, the voice began and ended, the key went up, it ended."""
    before, until_speech, until_release, after = SECONDS
    moments = [time.monotonic()]

    def wait(seconds: float) -> None:
        time.sleep(seconds)
        moments.append(time.monotonic())

    wait(before)
    x.run("xdotool", "keydown", "Control_R")
    wait(until_speech)
    sound.play(SAMPLE).wait(30)
    wait(0)
    wait(until_release)
    x.run("xdotool", "keyup", "Control_R")
    wait_for(lambda: letter.text() != LETTER, "the text is written")
    wait(after)
    return tuple(moments)


def _write(camera: Camera, moments: tuple[float, ...], target: Path) -> None:
    """The frames with the line below them, as an animated WebP."""
    began, down, voice, quiet, up, ended = moments
    said = SAMPLE.with_suffix(".txt").read_text().strip()
    pictures, durations = [], []
    shown = [(at, frame) for at, frame in camera.frames if began <= at <= ended]
    for (at, frame), (following, _) in zip(shown, [*shown[1:], (ended, b"")], strict=True):
        picture = Image.new("RGB", (WIDTH, HEIGHT + LINE), "#20262d")
        picture.paste(Image.frombytes("RGB", (WIDTH, HEIGHT), frame))
        _draw_line(picture, pressed=down <= at < up, said=said if voice <= at < quiet else "")
        pictures.append(picture)
        durations.append(round(1000 * (following - at)))
    durations[-1] += 500
    pictures[0].save(
        target, save_all=True, append_images=pictures[1:], duration=durations, loop=0,
        quality=80, method=6, minimize_size=True,
    )  # fmt: skip


def _draw_line(picture: Image.Image, *, pressed: bool, said: str) -> None:
    """A key, up or down, and what is being said."""
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 18)
    top = HEIGHT + (12 if pressed else 8)
    draw.rounded_rectangle((16, HEIGHT + 12, 136, HEIGHT + 46), 7, fill="#0c0f12")
    fill, ink = ("#ffd166", "#20262d") if pressed else ("#e6e9ec", "#20262d")
    draw.rounded_rectangle((16, top, 136, top + 32), 7, fill=fill)
    draw.text((76, top + 16), "Right Ctrl", fill=ink, font=font, anchor="mm")
    words = f"“{said}”" if said else "held" if pressed else ""
    draw.text((156, HEIGHT + 28), words, fill="#ffffff", font=font, anchor="lm")
