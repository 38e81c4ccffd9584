"""Compatibility with third-party Wyoming clients, such as Home Assistant."""

from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info

from dictate import __version__
from dictate.engines.protocol import PROGRAM, EngineState, StatusEvent
from dictate.hotwords.model import Term


def terms_of(event: Event) -> tuple[Term, ...]:
    """The names and terms in a client's `transcribe` that it expects to be spoken."""

    def words(field: str) -> list[str]:
        value = event.data.get(field)
        return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []

    return (
        *(Term(name) for name in words("transcript_names")),
        *(Term(term, weight=0.7) for term in words("transcript_terms")),
    )


def info_of(status: StatusEvent) -> Info:
    """What the server is. Home Assistant asks once, and offers only the languages in it."""
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
    """The growing text of an utterance, in chunks that add up to it.

    Wyoming cannot take a chunk back, and a partial transcript may be revised anywhere. So words are
    sent when two partial transcripts in a row begin with them, except for the last word. If an
    engine revises even those, no more chunks are sent: the final transcript is what counts.
    """

    def __init__(self) -> None:
        self._previous: list[str] = []
        self._sent: list[str] = []

    def more(self, partial: str) -> str:
        """What may be sent now; empty if nothing."""
        words = partial.split()
        agreed = 0
        for one, other in zip(words[:-1], self._previous, strict=False):
            if one != other:
                break
            agreed += 1
        self._previous = words
        return self._next(words[:agreed])

    def rest(self, text: str) -> str:
        """What is left of the final transcript; empty if nothing."""
        return self._next(text.split())

    def _next(self, words: list[str]) -> str:
        known = len(self._sent)
        if words[:known] != self._sent or len(words) == known:
            return ""
        self._sent = words
        return " " * bool(known) + " ".join(words[known:])
