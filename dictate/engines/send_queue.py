"""What waits to be sent to the engine process: the sound of an utterance while it comes, and
between two pieces of it the questions for drafts."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator

from dictate.engines.attempt import Piece
from dictate.events import RATE

LARGEST_BUFFER = RATE * 2 * 300
"""Bytes of live sound that may wait for a slow engine. What comes after these is sent at the end,
from what the caller has on disk."""
CHUNK_BYTES = 16_384
"""Maximum number of bytes in one audio-chunk: half a second."""


class SendQueue:
    """In the order in which it came."""

    def __init__(self) -> None:
        self._waiting: deque[Piece] = deque()
        self._waiting_bytes = 0
        self._more = asyncio.Event()
        self._sent = asyncio.Event()
        self.fed_bytes = 0
        """Bytes of all sound that was taken."""
        self.overflowed = False
        """Whether sound came that was not taken."""
        self.ended = False

    def feed(self, pcm: bytes) -> None:
        """Take more sound, unless there is too much, or was before."""
        if self.ended:
            return
        self.overflowed = self.overflowed or self._waiting_bytes + len(pcm) > LARGEST_BUFFER
        if not self.overflowed:
            self.append(pcm)

    def append(self, pcm: bytes) -> None:
        """Take more sound, however much there is."""
        self._waiting.extend(cut(pcm))
        self._waiting_bytes += len(pcm)
        self.fed_bytes += len(pcm)
        self._more.set()

    def put(self, piece: Piece) -> None:
        """Take something else than sound."""
        self._waiting.append(piece)
        self._more.set()

    def end(self) -> None:
        """Nothing more comes. Idempotent."""
        self.ended = True
        self._more.set()

    def clear(self) -> None:
        """Nothing more comes, and what waits is not wanted. Idempotent."""
        self._waiting.clear()
        self._waiting_bytes = 0
        self.end()

    def __len__(self) -> int:
        return len(self._waiting)

    async def until_sent(self) -> None:
        """Wait until something was taken out, or `wake`."""
        self._sent.clear()
        await self._sent.wait()

    def wake(self) -> None:
        """Nothing is taken out any more."""
        self._sent.set()

    async def pieces(self) -> AsyncIterator[Piece]:
        """What is there and what comes, up to the end."""
        while True:
            while self._waiting:
                piece = self._waiting.popleft()
                self._waiting_bytes -= len(piece) if isinstance(piece, bytes) else 0
                yield piece
                self._sent.set()
            if self.ended:
                return
            self._more.clear()
            await self._more.wait()


def cut(pcm: bytes) -> Iterator[bytes]:
    """Pieces of sound that are not too large for an event."""
    for at in range(0, len(pcm), CHUNK_BYTES):
        yield pcm[at : at + CHUNK_BYTES]
