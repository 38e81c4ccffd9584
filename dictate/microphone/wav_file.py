"""Plays a recording in real time instead of a microphone, for demonstrations and tests."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from dictate.config.schema import MicrophoneSettings
from dictate.errors import AudioFileError, MicrophoneError
from dictate.events import RATE, AudioChunk, Samples
from dictate.microphone import Microphone
from dictate.microphone.sound_file import iter_sound_file, open_sound_file
from dictate.translation import _

CHUNK_SAMPLES: Final = RATE // 50
"""Samples of a chunk: 20 ms, like a real microphone."""


class WavFileMicrophone(Microphone):
    """`wav:PATH`; every opening plays the file from its start."""

    name: ClassVar[str] = "wav"

    def __init__(self, settings: MicrophoneSettings) -> None:
        super().__init__(settings)
        self._path = Path(settings.use.partition(":")[2]).expanduser()
        self._pieces: Iterator[Samples] | None = None
        self._piece: Samples = np.zeros(0, np.float32)
        self._position = 0
        self._began = 0.0

    def unavailable_reason(self) -> str | None:
        if not self.settings.use.partition(":")[2]:
            return _("no file is named: set microphone.use to wav:PATH")
        try:
            open_sound_file(self._path).close()
        except AudioFileError as error:
            return str(error)
        return None

    async def open(self) -> str:
        self._pieces = iter_sound_file(self._path)
        self._position = 0
        self._piece = await self._next_piece()
        self._began = time.monotonic()
        return self._path.name

    async def read(self) -> AudioChunk | None:
        if self._pieces is None:
            raise MicrophoneError(_("the recording is not open"))
        while len(self._piece) < CHUNK_SAMPLES:
            more = await self._next_piece()
            self._piece = np.concatenate((self._piece, more))
            if not len(more):
                break
        samples, self._piece = self._piece[:CHUNK_SAMPLES], self._piece[CHUNK_SAMPLES:]
        if not len(samples):
            return None
        # Counted from the start, not from the last chunk: small delays must not add up.
        at = self._began + self._position / RATE
        self._position += len(samples)
        due = self._began + self._position / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return AudioChunk(samples, at)

    async def close(self) -> None:
        self._pieces = None

    async def _next_piece(self) -> Samples:
        """The next piece; empty at the end. Reads and decodes in a thread, because both block."""
        assert self._pieces is not None
        try:
            return await asyncio.to_thread(next, self._pieces, np.zeros(0, np.float32))
        except AudioFileError as error:
            raise MicrophoneError(str(error)) from error
