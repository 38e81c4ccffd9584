"""The capture process: PortAudio and nothing else, apart from everything that must not hang.

    python -m dictate.microphone.capture [--device NAME]     waits for a byte on stdin, then
                                                             records until stdin ends
    python -m dictate.microphone.capture --list              prints the input devices as JSON

It writes Wyoming events to stdout:

    opened       {device, rate, channels}   the device is open, at its own rate and channel count
    audio-chunk  {rate, width, channels, at, dropped}   mono 16 kHz, s16le, about 20 ms
    error        {text}                     why the process ends, and what to do

PortAudio can report a dead stream as active, and `stop` and `abort` can hang for ever. So this
process never closes a stream: it just exits, and its parent watches the chunks. Before the byte
comes, everything but PortAudio is loaded: the device stays untouched, the list of devices is as
fresh as the key press, and the first sample arrives a quarter of a second earlier.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import asdict
from typing import Any, BinaryIO, Final, NoReturn

import numpy as np
from numpy.typing import NDArray
from wyoming.event import Event, write_event

from dictate.errors import MicrophoneError
from dictate.events import RATE, pcm_from_samples
from dictate.installation import system_command
from dictate.microphone.clock import SampleClock
from dictate.microphone.devices import Device, find, pulse_sources
from dictate.microphone.resample import ToMono16k
from dictate.platform.lifeline import end_with_input
from dictate.translation import _

LATENCY_S: Final = 0.1
"""PortAudio's buffer in seconds. Below 0.05 a busy machine loses samples without notice."""
BLOCK_S: Final = 0.02
QUEUE_S: Final = 5.0
"""Seconds of sound that wait for a busy daemon; older sound is dropped."""
LIST_TIMEOUT_S: Final = 8
"""Seconds until a listing that hangs in the sound server ends itself."""

Block = NDArray[np.float32]


class BlockQueue:
    """Blocks from the sound callback. Bounded: the oldest are dropped, and counted."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._blocks: deque[tuple[Block, float]] = deque()
        self._lost = 0
        self._over = False
        self._changed = threading.Condition()

    def put(self, block: Block, arrived: float) -> None:
        """Add a block. Runs in PortAudio's thread, so it must not wait."""
        with self._changed:
            if len(self._blocks) == self._capacity:
                self._lost += len(self._blocks.popleft()[0])
            self._blocks.append((block, arrived))
            self._changed.notify()

    def finish(self) -> None:
        """Mark the end: no more blocks follow."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def get(self) -> tuple[Block, float, int] | None:
        """The next block, its arrival time, and the number of frames lost just before it; None
        once the queue is finished and empty."""
        with self._changed:
            while not self._blocks and not self._over:
                self._changed.wait()
            if not self._blocks:
                return None
            block, arrived = self._blocks.popleft()
            lost, self._lost = self._lost, 0
            return block, arrived, lost


def list_devices(sd: Any) -> list[Device]:
    """All microphones: the sound server's sources, and what else PortAudio sees."""
    devices = pulse_sources()
    default = sd.default.device[0]
    for index, info in enumerate(sd.query_devices()):
        if info["max_input_channels"] < 1 or (devices and info["name"] in ("pulse", "default")):
            continue
        devices.append(
            Device(
                name=info["name"],
                description=info["name"],
                rate=int(info["default_samplerate"]),
                channels=info["max_input_channels"],
                default=index == default and not any(device.default for device in devices),
            )
        )
    return devices


def choose(sd: Any, wanted: str) -> tuple[str | int, str]:
    """The PortAudio device for `wanted` (empty: the default), and its name for the user.

    Raises MicrophoneError if there is none; the message lists the known names.
    """
    inputs = [info for info in sd.query_devices() if info["max_input_channels"] > 0]
    if not inputs:
        raise MicrophoneError(
            _(
                "there is no microphone: plug one in, and see that the sound server runs "
                "(systemctl --user status pipewire-pulse pulseaudio)"
            )
        )
    if not wanted:
        index = sd.default.device[0]
        if index < 0:
            index = inputs[0]["index"]
        return index, sd.query_devices(index)["name"]
    devices = list_devices(sd)
    device = find(devices, wanted)
    through_server = any(info["name"] == "pulse" for info in inputs)
    if device is None:
        known = ", ".join(device.description for device in devices)
        raise MicrophoneError(
            _(
                "there is no microphone {wanted!r}, only: {known}. Set microphone.device to "
                "a part of one of these names"
            ).format(wanted=wanted, known=known)
        )
    if device.pulse and through_server:
        os.environ["PULSE_SOURCE"] = device.name
        return "pulse", device.description
    return next(info["index"] for info in inputs if info["name"] == device.name), device.name


def open_stream(sd: Any, device: str | int, queue: BlockQueue) -> Any:
    """Start recording into `queue`; the stream, with the rate and the channel count that the
    device accepted. The caller must keep a reference: PortAudio calls into it.

    Raises sounddevice.PortAudioError.
    """
    info = sd.query_devices(device, "input")
    native = int(info["default_samplerate"])
    # Most devices convert for us; hardware without a sound server may insist on its own format.
    attempts = [(RATE, 1), (native, 1), (native, info["max_input_channels"])]
    for rate, channels in attempts:
        try:
            stream = sd.InputStream(
                device=device,
                samplerate=rate,
                channels=channels,
                dtype="float32",
                latency=LATENCY_S,
                blocksize=round(rate * BLOCK_S),
                callback=lambda block, *__: queue.put(block.copy(), time.monotonic()),
                finished_callback=queue.finish,
            )
            stream.start()
        except sd.PortAudioError:
            if (rate, channels) == attempts[-1]:
                raise
        else:
            return stream
    raise AssertionError("unreachable: the last attempt returns or raises")


def pump(queue: BlockQueue, rate: int, out: BinaryIO) -> None:
    """Convert blocks and write them to `out` until the stream ends."""
    convert = ToMono16k(rate)
    clock = SampleClock()
    lost_here = 0.0
    while (item := queue.get()) is not None:
        block, arrived, lost = item
        lost_here += lost * RATE / rate
        samples = convert.push(block)
        if not len(samples):
            continue
        dropped, lost_here = round(lost_here), 0.0
        at = clock.stamp(arrived - convert.delay_s, len(samples), dropped)
        data = {"rate": RATE, "width": 2, "channels": 1, "at": at, "dropped": dropped}
        write_event(Event("audio-chunk", data, pcm_from_samples(samples)), out)


def record(sd: Any, wanted: str, out: BinaryIO) -> None:
    """Record from `wanted` into `out`. Always raises MicrophoneError, also at the stream's end."""
    device, name = choose(sd, wanted)
    queue = BlockQueue(round(QUEUE_S / BLOCK_S))
    try:
        stream = open_stream(sd, device, queue)
    except (sd.PortAudioError, ValueError) as error:
        raise MicrophoneError(
            _(
                "the microphone {name!r} cannot be opened ({error}): is another program "
                "using it, or is its sound server gone? `dictatectl devices` lists what "
                "there is"
            ).format(name=name, error=error)
        ) from error
    rate = round(stream.samplerate)
    write_event(Event("opened", {"device": name, "rate": rate, "channels": stream.channels}), out)
    pump(queue, rate, out)
    raise MicrophoneError(_("the sound server let go of the microphone {name!r}").format(name=name))


def import_sounddevice() -> Any:
    """sounddevice, with PortAudio initialised. Raises MicrophoneError if it is not installed."""
    # The name in the desktop's list of recording applications; the ALSA plug-in would use its own.
    os.environ["PULSE_PROP_OVERRIDE"] = "application.name=Dictate"
    try:
        import sounddevice  # noqa: TID251 - this is the capture process
    except OSError as error:
        raise MicrophoneError(
            f"{error}: {system_command('libportaudio2', 'libasound2-plugins')}"
        ) from error
    return sounddevice


def wait_for_start() -> None:
    """Wait for a byte on stdin. The process exits when stdin closes, before or after that byte,
    whatever PortAudio is doing."""
    if not os.read(0, 1):
        os._exit(0)
    end_with_input()


def main() -> NoReturn:
    parser = argparse.ArgumentParser(prog="python -m dictate.microphone.capture")
    parser.add_argument("--device", default="", metavar="NAME", help=_("a part of its name"))
    parser.add_argument("--list", action="store_true", help=_("list the devices as JSON"))
    options = parser.parse_args()
    # Ctrl+C in a terminal reaches every process of it; the daemon decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries may print to stdout: the events use a private copy of it.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        if options.list:
            signal.alarm(LIST_TIMEOUT_S)
            listed = [asdict(device) for device in list_devices(import_sounddevice())]
            out.write(json.dumps(listed).encode())
            out.flush()
        else:
            wait_for_start()
            record(import_sounddevice(), options.device, out)
    except MicrophoneError as error:
        _say(out, str(error))
        os._exit(1)
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:  # last resort: the parent must learn why
        reason = f"{type(error).__name__}: {error}"
        _say(out, _("the capture process failed: {reason}").format(reason=reason))
        os._exit(1)
    os._exit(0)


def _say(out: BinaryIO, text: str) -> None:
    write_event(Event("error", {"text": text}), out)


if __name__ == "__main__":
    sys.exit(main())
