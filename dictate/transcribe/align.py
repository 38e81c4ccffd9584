"""The times of the words of each segment, from the aligner process."""

from dictate.config.schema import EngineSettings
from dictate.engines.aligner_client import AlignerClient
from dictate.errors import EngineError
from dictate.events import RATE
from dictate.transcribe.cut import Segment
from dictate.transcribe.show import clock
from dictate.transcribe.words import Unplaced, Word, place, too_fast


class WordTiming:
    """For one command. Whatever the aligner does, a text stays what it is: then it has no times."""

    def __init__(self, settings: EngineSettings) -> None:
        self._link = AlignerClient(settings)
        self._lost = False

    async def start(self) -> list[str]:
        """Load the aligner: one line for each thing that is not as it should be. Raises
        EngineError."""
        return await self._link.start()

    async def stop(self) -> None:
        """End its process. Idempotent."""
        await self._link.stop()

    async def words(self, segment: Segment, text: str) -> tuple[tuple[Word, ...], str]:
        """The words of this text, as it is written for the segment; empty, and why, if their times
        cannot be had."""
        if self._lost:
            return (), ""
        begin_s, end_s = segment.start / RATE, segment.end / RATE
        part = f"no word times from {clock(begin_s)} to {clock(end_s)}"
        if too_fast(text, end_s - begin_s):
            return (), f"{part}: nobody can say so much in that time"
        try:
            aligned = await self._link.align(segment.samples, text)
            told = [(str(word), float(start), float(end)) for word, start, end in aligned.words]
            return place(text, told, aligned.moved, begin_s, end_s), ""
        except Unplaced as error:
            return (), f"{part}: {error}"
        except EngineError as error:
            self._lost = True
            return (), f"no word times from {clock(begin_s)} on, nor in later files: {error}"
