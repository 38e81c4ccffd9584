"""The time of each word in a segment, from the aligner process."""

from dictate.config.schema import EngineSettings
from dictate.engines.aligner_client import AlignerClient
from dictate.errors import EngineError
from dictate.events import RATE
from dictate.transcribe.cut import Segment
from dictate.transcribe.progress import clock
from dictate.transcribe.words import AlignmentFailed, Word, place, too_fast
from dictate.translation import _


class WordTiming:
    """Word times for one command. If the aligner fails, the text stays, without times."""

    def __init__(self, settings: EngineSettings) -> None:
        self._aligner = AlignerClient(settings)
        self._failed = False

    async def start(self) -> list[str]:
        """Load the aligner; one line for each problem that does not stop it. Raises EngineError."""
        return await self._aligner.start()

    async def stop(self) -> None:
        """End its process. Idempotent."""
        await self._aligner.stop()

    async def words(self, segment: Segment, text: str) -> tuple[tuple[Word, ...], str]:
        """The words of the text that is written for this segment, with their times; if there are no
        times, no words and the reason."""
        if self._failed:
            return (), ""
        begin_s, end_s = segment.start / RATE, segment.end / RATE
        part = _("no word times from {begin} to {end}").format(
            begin=clock(begin_s), end=clock(end_s)
        )
        if too_fast(text, end_s - begin_s):
            return (), _("{part}: the text is too long for that time").format(part=part)
        try:
            aligned = await self._aligner.align(segment.samples, text)
            aligned_words = [
                (str(word), float(start), float(end)) for word, start, end in aligned.words
            ]
            return place(text, aligned_words, aligned.moved, begin_s, end_s), ""
        except AlignmentFailed as error:
            return (), f"{part}: {error}"
        except EngineError as error:
            self._failed = True
            return (), _("no word times after {begin}, nor in later files: {error}").format(
                begin=clock(begin_s), error=error
            )
