"""The microphone of this machine, through a process that can be killed (`capture.py`)."""

import asyncio
import io
import json
import logging
import subprocess
from typing import ClassVar, Final

from wyoming.event import Event, async_read_event, read_event

from dictate.errors import MicrophoneError
from dictate.events import AudioChunk, samples_from_pcm
from dictate.microphone import Microphone
from dictate.microphone.devices import Device
from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _

log = logging.getLogger(__name__)

_CAPTURE: Final = python_module("dictate.microphone.capture")
LIST_TIMEOUT_S: Final = 3.0
"""Seconds until a listing counts as hung; 0.3 is normal, a hung sound server makes it hang too."""
END_TIMEOUT_S: Final = 0.8
"""Seconds to wait for a killed process. It ends within milliseconds, unless the kernel itself
waits for a device."""


def list_devices() -> list[Device]:
    """All microphones. Blocks for up to `LIST_TIMEOUT_S`: call it off the loop.

    Raises MicrophoneError if they cannot be listed.
    """
    try:
        done = subprocess.run(
            [*_CAPTURE, "--list"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIST_TIMEOUT_S,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as error:
        raise MicrophoneError(
            _(
                "the sound server does not answer: systemctl --user restart pipewire "
                "pipewire-pulse (or pulseaudio)"
            )
        ) from error
    if done.returncode != 0:
        told = read_event(io.BytesIO(done.stdout))
        ending = _("the capture process ended with status {code}").format(code=done.returncode)
        raise MicrophoneError(told.data["text"] if told else ending)
    return [Device(**device) for device in json.loads(done.stdout)]


class _Died(MicrophoneError):
    """The capture process ended without an error event."""


class PortAudioMicrophone(Microphone):
    """One capture process per opening: whatever PortAudio does, `close` ends it."""

    name: ClassVar[str] = "portaudio"
    _process: ChildProcess | None = None

    def unavailable_reason(self) -> str | None:
        try:
            devices = list_devices()
        except MicrophoneError as error:
            return str(error)
        if not devices:
            return _(
                "there is no microphone: plug one in, and see that the sound server runs "
                "(systemctl --user status pipewire-pulse pulseaudio)"
            )
        return None

    async def warm(self) -> None:
        try:
            await self._spawn()
        except MicrophoneError as error:
            log.debug("microphone: no capture process could be prepared: %s", error)

    async def open(self) -> str:
        if self._process is not None:
            try:
                return await self._begin()
            except _Died as error:
                log.debug("microphone: the prepared capture process is gone: %s", error)
        await self._spawn()
        return await self._begin()

    async def read(self) -> AudioChunk | None:
        event = await self._next_event()
        return AudioChunk(
            samples_from_pcm(event.payload or b""), event.data["at"], event.data["dropped"]
        )

    async def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            await process.kill(END_TIMEOUT_S)

    async def _begin(self) -> str:
        try:
            assert self._process is not None
            self._process.stdin.write(b"\n")
            event = await self._next_event()
            return str(event.data["device"])
        except BaseException:
            await self.close()
            raise

    async def _spawn(self) -> None:
        arguments = ["--device", self.settings.device] if self.settings.device else []
        # untranslated: for the log
        process = ChildProcess("the capture process", [*_CAPTURE, *arguments], log, answers=True)
        try:
            await process.start()
        except OSError as error:
            raise MicrophoneError(
                _("the capture process cannot be started: {error}").format(error=error)
            ) from error
        self._process = process

    async def _next_event(self) -> Event:
        process = self._process
        if process is None:
            raise MicrophoneError(_("the microphone is not open"))
        try:
            event = await async_read_event(process.stdout)
        except asyncio.IncompleteReadError:
            event = None
        if event is None:
            how = await process.ended()
            raise _Died(_("the capture process ended ({how})").format(how=how))
        if event.type == "error":
            raise MicrophoneError(event.data["text"])
        return event
