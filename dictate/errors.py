"""What can go wrong, as a tree.

    DictateError
    ├── ConfigError            a file the user wrote cannot be used; nothing of it was applied
    ├── NoSuchBackend          a stage has no backend of that name
    ├── Unavailable            a backend cannot work here; the message is its `unavailable_reason()`
    │   └── Refused            because somebody said no, and is not asked again unasked
    ├── MicrophoneError        the microphone could not be opened, or is lost
    ├── AudioFileError         a sound file cannot be read, or holds no sound
    │   └── UnknownFormat      because libsndfile does not know its format
    ├── TranscriptError        a transcript cannot be written, or kept while it grows
    ├── EngineError            the engine cannot answer
    │   └── EngineLost         its process died, hung or missed its deadline
    ├── NotDelivered           nothing was written; the text is held
    │   └── FocusMoved         because the window of the release no longer has the focus
    ├── DeliveryUnsure         something was sent, nobody knows how much arrived; never again
    ├── UnsafeFolder           a folder for private files cannot be used, or others could enter it
    ├── JournalError           the journal cannot be used (disk full, read-only, unsafe folder)
    └── AlreadyRunning         another daemon owns the bus name

A message says what, where, and what to do. Errors of libraries are translated at the border where
they come in, with `raise ... from`.
"""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The end of a message about a wrong name: "; did you mean x11?", or nothing."""
    near = get_close_matches(str(given).lower()[:64], list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


class DictateError(Exception):
    """The base of all that we raise."""


class ConfigError(DictateError):
    """A file the user wrote cannot be used.

    `problems` holds every problem found, each one line: "config.toml:12: what is wrong".
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NoSuchBackend(DictateError):
    """A stage has no backend of that name; the message lists those it has."""


class Unavailable(DictateError):
    """A backend cannot work here; the message says why and what to do."""


class Refused(Unavailable):
    """Somebody was asked whether a backend may work, and said no."""


class MicrophoneError(DictateError):
    """The microphone could not be opened, or is lost."""


class AudioFileError(DictateError):
    """A sound file cannot be read, or holds no sound."""


class UnknownFormat(AudioFileError):
    """libsndfile does not know its format; another program may."""


class TranscriptError(DictateError):
    """The transcript of a file cannot be written, or not be kept while it grows."""


class EngineError(DictateError):
    """The engine cannot answer."""


class EngineLost(EngineError):
    """The engine's process died, hung or missed its deadline."""


class NotDelivered(DictateError):
    """Nothing was written: the text is held, and the message says why."""


class FocusMoved(NotDelivered):
    """The window that had the focus at release no longer has it."""


class DeliveryUnsure(DictateError):
    """Something was sent, but how much arrived is not known. It must never be sent again."""


class UnsafeFolder(DictateError):
    """A folder for private files cannot be used, or other users could enter or replace it."""


class JournalError(DictateError):
    """The journal cannot be used."""


class AlreadyRunning(DictateError):
    """Another daemon owns the bus name."""
