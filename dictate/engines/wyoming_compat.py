"""What a Wyoming client of another make says to a server of ours, and hears of it."""

from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info

from dictate import __version__
from dictate.engines.protocol import PROGRAM, EngineState, StatusEvent
from dictate.hotwords.model import Term


def terms_of(event: Event) -> tuple[Term, ...]:
    """The names and terms that a client wants to be expected, in its `transcribe`."""

    def words(field: str) -> list[str]:
        value = event.data.get(field)
        return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []

    return (
        *(Term(name) for name in words("transcript_names")),
        *(Term(term, weight=0.7) for term in words("transcript_terms")),
    )


def info_of(status: StatusEvent) -> Info:
    """What the server is. Home Assistant asks once, and offers only the languages it was told."""
    made_by = Attribution("dictate", "")
    text = status.name if status.state == EngineState.READY else f"{status.name} ({status.state})"
    model = AsrModel(
        name=status.name,
        attribution=made_by,
        installed=True,
        description=text,
        version=__version__,
        languages=list(status.languages),
    )
    program = AsrProgram(
        name=PROGRAM,
        attribution=made_by,
        installed=True,
        description=text,
        version=__version__,
        models=[model],
        supports_transcript_streaming=status.streams,
    )
    return Info(asr=[program])


class TranscriptChunker:
    """The growing text of an utterance, in pieces that add up to it.

    Wyoming cannot take a piece back, and a partial text may be revised anywhere: so words go out
    when two partial texts in a row begin with them, all but the last one. If an engine revises
    even those, no more goes out: the whole text, which comes at the end, is what counts.
    """

    def __init__(self) -> None:
        self._before: list[str] = []
        self._out: list[str] = []

    def more(self, partial: str) -> str:
        """What may go out now; empty if nothing."""
        words = partial.split()
        agreed = 0
        for one, other in zip(words[:-1], self._before, strict=False):
            if one != other:
                break
            agreed += 1
        self._before = words
        return self._next(words[:agreed])

    def rest(self, text: str) -> str:
        """What is left of the whole text; empty if nothing."""
        return self._next(text.split())

    def _next(self, words: list[str]) -> str:
        known = len(self._out)
        if words[:known] != self._out or len(words) == known:
            return ""
        self._out = words
        return " " * bool(known) + " ".join(words[known:])
