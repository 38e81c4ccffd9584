"""Time from key release to the text in the window, by length of the utterance and by when the key
is let go: with the adaptive tail, and with a fixed one beside it in the same run.

A real key on an X server, a real microphone stream, a real window: the clock starts when the
release is sent and stops when the application has the text. The daemon logs where the time went;
its own share is the total without the tail and the engine.
"""

import argparse
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import soundfile
from Xlib import XK, X
from Xlib.display import Display
from Xlib.ext import xtest

from bench.figures import machine, table
from bench.hotwords import subjects
from bench.rig import SENTENCES, Bench, bench
from tests.lab.daemon import wait_for
from tests.lab.scripted import script
from tests.lab.windows import GtkField

LINE = re.compile(
    r"(\d+) ms after the release \(tail (\d+), engine (\d+), journal (\d+), output (\d+)\)"
    r"(, ready before it)?"
)
FIRST = re.compile(r"first sound (-?\d+) ms after the press")
LET_GO_MS: Final = (300, 0, -100)
"""When the key is let go, after the end of the voice."""
ENGINES: Final = ("pocketsphinx", "onnx", "scripted")
PAUSE_S: Final = 0.5
"""Between two sentences, as when somebody thinks."""
HEAD: Final = (
    *("engine", "let go, ms after the voice", "voice, s", "visible: p50", "p95", "tail p50"),
    *("engine p50", "own part: p50", "p95", "ready before", "fixed tail: visible p50", "p95"),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """A recording that ends with its voice."""

    path: Path
    seconds: float


@dataclass(frozen=True, slots=True)
class Times:
    """Of one dictation, in ms."""

    visible: float
    total: float
    tail: float
    engine: float
    early: bool
    """Whether the text was ready before the release."""

    @property
    def own(self) -> float:
        """The part of the daemon itself."""
        return self.total - self.tail - self.engine


def said(b: Bench, what: re.Pattern[str], since: int) -> bool:
    """Whether the daemon has logged this after that point of its log."""
    return what.search(b.daemon.logged()[since:]) is not None


def spoken(folder: Path, sentences: int) -> Voice:
    """So many sentences of flite's, with pauses between them."""
    pieces = []
    for number in range(sentences):
        path = folder / "sentence.wav"
        words = SENTENCES[number % len(SENTENCES)]
        subprocess.run(["flite", "-voice", "slt", "-t", words, "-o", str(path)], check=True)
        samples, rate = soundfile.read(path, dtype="float32")
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        pieces += [samples[loud[0] : loud[-1]], np.zeros(int(PAUSE_S * rate), np.float32)]
    whole = np.concatenate(pieces[:-1])
    path = folder / f"{sentences}.wav"
    soundfile.write(path, whole, rate, subtype="PCM_16")
    return Voice(path, len(whole) / rate)


class Rig:
    """A key, a voice and a window at the daemon."""

    def __init__(self, b: Bench) -> None:
        self._bench = b
        self._display = Display(b.x.display)
        self._key = self._display.keysym_to_keycode(XK.string_to_keysym("Control_R"))
        self._window = GtkField(b.x, b.folder)
        self._lag_s = median(self._player_lag_s() for _ in range(3))

    def close(self) -> None:
        """Close the window."""
        self._window.close()
        self._display.close()

    def _player_lag_s(self) -> float:
        """Seconds that the player takes to start, and the sound to arrive."""
        voice = spoken(self._bench.folder, 1)
        began = time.perf_counter()
        self._bench.sound.play(voice.path).wait(60)
        return time.perf_counter() - began - voice.seconds

    def use(self, *, adaptive: bool) -> None:
        """With this tail from the next dictation on."""
        b = self._bench
        text = re.sub(r"adaptive_tail = \w+", "", b.daemon.config.read_text())
        value = str(adaptive).lower()
        b.daemon.config.write_text(text.replace("[engine]", f"[engine]\nadaptive_tail = {value}"))
        b.daemon.ctl("reload")

    def dictate(self, voice: Voice, let_go_ms: int) -> Times:
        """One dictation."""
        b = self._bench
        before, logged = self._window.text(), len(b.daemon.logged())
        self._send(X.KeyPress)
        time.sleep(0.3)
        released_at = time.perf_counter() + self._lag_s + voice.seconds + let_go_ms / 1000
        player = b.sound.play(voice.path)
        time.sleep(released_at - time.perf_counter())
        self._send(X.KeyRelease)
        released = time.perf_counter()
        while self._window.text() == before and time.perf_counter() < released + 30:
            time.sleep(0.0005)
        visible = (time.perf_counter() - released) * 1000
        player.wait(60)
        wait_for(partial(said, b, LINE, logged), "the daemon says so")
        found = LINE.search(b.daemon.logged()[logged:])
        assert found
        total, tail, engine = map(float, found.groups()[:3])
        return Times(visible, total, tail, engine, early=found[6] is not None)

    def _send(self, what: int) -> None:
        xtest.fake_input(self._display, what, self._key)
        self._display.sync()


def rows(engine: str, sentences: Sequence[int], runs: int) -> list[list[str]]:
    """Of the table: one engine."""
    found = []
    with tempfile.TemporaryDirectory() as folder, bench(config=_config(engine, Path(folder))) as b:
        rig = Rig(b)
        for count in sentences:
            voice = spoken(b.folder, count)
            for let_go_ms in LET_GO_MS:
                times: dict[bool, list[Times]] = {True: [], False: []}
                for number in range(2 * runs):
                    adaptive = number % 2 == 0
                    rig.use(adaptive=adaptive)
                    times[adaptive].append(rig.dictate(voice, let_go_ms))
                found.append(
                    [
                        engine,
                        str(let_go_ms),
                        f"{voice.seconds:.1f}",
                        *_cells(times[True], times[False]),
                    ]
                )
        rig.close()
    return found


def _cells(adaptive: Sequence[Times], fixed: Sequence[Times]) -> list[str]:
    of = {
        name: [getattr(times, name) for times in adaptive]
        for name in ("visible", "tail", "engine", "own")
    }
    return [
        *(_ms(of["visible"], 50), _ms(of["visible"], 95), _ms(of["tail"], 50)),
        *(_ms(of["engine"], 50), _ms(of["own"], 50), _ms(of["own"], 95)),
        f"{sum(times.early for times in adaptive)} of {len(adaptive)}",
        *(_ms([times.visible for times in fixed], at) for at in (50, 95)),
    ]


def _ms(values: Sequence[float], at: int) -> str:
    return f"{np.percentile(values, at):.0f}"


def _config(engine: str, folder: Path) -> str:
    if engine == "scripted":
        return f'[engine]\nuse = "scripted:{script(folder / "script", "here it is")}"\n'
    found, left_out = subjects([engine], {})
    if left_out:
        raise SystemExit("\n".join(left_out))
    settings = found[0].settings
    trust = "trust_model = true\n" if settings.model else ""
    return f'[engine]\nuse = "{engine}"\nmodel = "{settings.model}"\n{trust}'


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench.release_to_text", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--sentences", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--engine", nargs="+", default=ENGINES)
    arguments = parser.parse_args()
    print(f"{machine()}, GTK 3 window, {arguments.runs} runs each; all in ms\n", flush=True)
    found = [
        row
        for engine in arguments.engine
        for row in rows(engine, arguments.sentences, arguments.runs)
    ]
    print(table(HEAD, found))


if __name__ == "__main__":
    main()
