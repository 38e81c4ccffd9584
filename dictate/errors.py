"""The tree of errors.

    DictateError
    ├── ConfigError            a file of the user cannot be used; none of it was applied
    ├── NoSuchBackend          a stage has no backend of that name
    ├── NotFound               there is no such dictation, hotword or engine, or nothing to act on
    ├── Unavailable            a backend cannot work here; the message is its `unavailable_reason()`
    │   └── Refused            the user or the desktop refused, and is not asked again by itself
    ├── MicrophoneError        the microphone could not be opened, or is lost
    ├── AudioFileError         a sound file cannot be read, or contains no sound
    │   └── UnknownFormat      libsndfile does not know its format
    ├── TranscriptError        a transcript cannot be written, or cannot be saved while it grows
    ├── Unprintable            standard output cannot be written
    ├── EngineError            the engine cannot answer
    │   └── EngineLost         its process died, hung or missed its deadline
    ├── ChatError              the language model cannot answer, or its answer is not used
    ├── NotDelivered           nothing was written; the text is held
    │   └── FocusMoved         the window of the release no longer has the focus
    ├── DeliveryUnsure         something was sent, but how much arrived is unknown; never repeated
    ├── UnsafeFolder           a folder for private files cannot be used, or others could enter it
    ├── JournalError           the journal cannot be used (disk full, read-only, unsafe folder)
    │   └── Forgotten          the dictation is not there, or no longer: the user deleted it
    └── AlreadyRunning         another daemon owns the bus name

A message says what is wrong, where, and what to do. Errors of libraries are translated where they
enter our code, with `raise ... from`.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from dictate.translation import _


def did_you_mean(given: object, known: Iterable[str]) -> str:
    """The end of a message about a wrong name: "; did you mean x11?", or an empty text."""
    near = get_close_matches(str(given).lower()[:64], list(known), n=1)
    return _("; did you mean {near}?").format(near=near[0]) if near else ""


def joined(message: str, more: str) -> str:
    """A message and what follows it: "message; more", or "did you mean x11? More"."""
    if message.endswith((".", "?", "!")):
        return f"{message} {more[:1].upper()}{more[1:]}"
    return f"{message}; {more}"


class DictateError(Exception):
    """The base of all errors that we raise."""


class ConfigError(DictateError):
    """A file of the user cannot be used.

    `problems` has one line for each problem: "config.toml:12: what is wrong".
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class NoSuchBackend(DictateError):
    """A stage has no backend of that name; the message lists its backends."""


class NotFound(DictateError):
    """There is no such dictation, hotword or engine, or nothing that could be acted on."""


class Unavailable(DictateError):
    """A backend cannot work here; the message says why, and what to do."""


class Refused(Unavailable):
    """The user or the desktop was asked for permission, and refused."""


class MicrophoneError(DictateError):
    """The microphone could not be opened, or is lost."""


class AudioFileError(DictateError):
    """A sound file cannot be read, or contains no sound."""


class UnknownFormat(AudioFileError):
    """libsndfile does not know the format of the file; a different program may."""


class TranscriptError(DictateError):
    """The transcript of a file cannot be written, or cannot be saved while it grows."""


class Unprintable(DictateError):
    """Standard output cannot be written, e.g. because a disk is full."""


class EngineError(DictateError):
    """The engine cannot answer.

    `says` is what a library or another machine says about it. It may quote the text: it is logged
    at DEBUG, and shown to nobody but the user of a command.
    """

    def __init__(self, message: str, says: str = "") -> None:
        super().__init__(message)
        self.says = says


class EngineLost(EngineError):
    """The engine's process died, hung or missed its deadline."""


class ChatError(DictateError):
    """The language model that edits texts cannot answer, or its answer is not used."""


class NotDelivered(DictateError):
    """Nothing was written: the text is held, and the message says why."""


class FocusMoved(NotDelivered):
    """The window that had the focus at release no longer has it."""


class DeliveryUnsure(DictateError):
    """Something was sent, but how much arrived is unknown. It must never be sent again."""


class UnsafeFolder(DictateError):
    """A folder for private files cannot be used, or other users could enter or replace it."""


class JournalError(DictateError):
    """The journal cannot be used."""


class Forgotten(JournalError):
    """The dictation is not in the journal, or no longer: the user deleted it."""


class AlreadyRunning(DictateError):
    """Another daemon owns the bus name."""
