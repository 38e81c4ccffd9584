"""What reads bytes of others, each as a function of bytes that must end well."""

import asyncio
import io
import resource
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from dictate.app.session import Do, Input, Session, State
from dictate.config import config_file
from dictate.config.schema import TextSettings
from dictate.engines import protocol
from dictate.errors import AudioFileError, DictateError
from dictate.hotwords import parser
from dictate.hotwords.model import Hotwords
from dictate.microphone import sound_file, wav_header
from dictate.text import polish
from dictate.text.fit import fit

ROOT: Final = Path(__file__).parents[2]
LANGUAGES: Final = ("en", "de", "fr", "es", "it", "pt", "nl", None)


def config(raw: bytes) -> None:
    """A config.toml."""
    try:
        config_file.parse(raw.decode("utf-8", "replace"))
    except DictateError as error:
        _says_what(error)


def hotwords(raw: bytes) -> None:
    """A hotwords.toml."""
    try:
        parser.parse(raw.decode("utf-8", "replace"))
    except DictateError as error:
        _says_what(error)


def header(raw: bytes) -> None:
    """The header of a sound file."""
    chunk = wav_header.sound_chunk(io.BytesIO(raw))
    if chunk is not None:
        assert 0 <= chunk.present <= len(raw), chunk
        patched = wav_header.PatchedFile(io.BytesIO(raw), chunk.patches).read()
        assert len(patched or b"") == len(raw)
    sound_file.lacks_its_end(io.BytesIO(raw))


def sound(raw: bytes) -> None:
    """A sound file, as libsndfile reads it."""
    with tempfile.NamedTemporaryFile(suffix=".wav", dir=_memory()) as file:
        file.write(raw)
        file.flush()
        try:
            with sound_file.open_sound_file(Path(file.name)) as opened:
                opened.read(16_000)
        except (AudioFileError, RuntimeError):  # libsndfile's own errors are RuntimeErrors
            return


def wyoming(raw: bytes) -> None:
    """What comes over an engine's socket."""
    _loop().run_until_complete(_read_events(raw))


async def _read_events(raw: bytes) -> None:
    reader = asyncio.StreamReader(limit=protocol.LARGEST_EVENT)
    reader.feed_data(raw)
    reader.feed_eof()
    try:
        while (event := await protocol.read_event(reader)) is not None:
            for kind in protocol.DictateEvent.__subclasses__():
                if event.type == kind.type:
                    kind.from_event(event)
            if event.type == "error":
                protocol.error_from(event)
    except protocol.BadEvent as error:
        _says_what(error)


def text(raw: bytes) -> None:
    """A text of an engine, through all text steps."""
    said = raw[1:].decode("utf-8", "surrogateescape" if raw[:1] > b"\xf0" else "replace")
    language = LANGUAGES[raw[0] % len(LANGUAGES)] if raw else None
    for settings in _styles():
        written = polish(said, _terms(), settings, language=language, audio_s=1.0)
        controls = [c for c in written if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f"]
        assert not controls, f"{controls} are written"
    half = len(said) // 2
    fit(said[:half], said[half:], said[::-1], language)


def session(raw: bytes) -> None:
    """Any inputs in any order."""
    it = Session()
    users = (
        lambda: it.start(held=True),
        lambda: it.start(held=False),
        *(it.stop, it.toggle, it.latch, it.discard, it.cancel, it.endpoint, it.sound_over),
    )
    inputs = list(Input)
    done: dict[int, list[Do]] = {}
    for byte in raw[:400]:
        numbers = list(it._states) or [1]
        if byte < 9 * 10:
            commands = users[byte % 9]()
        else:
            commands = it.handle(numbers[byte % len(numbers)], inputs[byte % len(inputs)])
        for command in commands:
            done.setdefault(command.dictation, []).append(command.do)
        recording = [n for n, state in it._states.items() if state in (State.HELD, State.OPEN)]
        assert len(recording) <= 1, recording
    for number, does in done.items():
        assert does.count(Do.RECORD) <= 1, (number, does)
        assert does.count(Do.DELIVER) <= 1, (number, does)


def _says_what(error: DictateError) -> None:
    assert str(error), "a mistake without a message"


READERS: Final[dict[str, Callable[[bytes], None]]] = {
    reader.__name__: reader for reader in (config, hotwords, header, sound, wyoming, text, session)
}


def seeds(name: str) -> list[bytes]:
    """Inputs to begin with."""
    match name:
        case "config":
            lines = (ROOT / "config" / "config.toml").read_text()
            on = "\n".join(line.removeprefix("#") for line in lines.splitlines())
            return [on.encode()[:20_000], b'[engine]\nuse = "auto"\n[[profile]]\nname = "chat"\n']
        case "hotwords":
            file = (ROOT / "config" / "hotwords.toml").read_text()
            on = "\n".join(line.removeprefix("#") for line in file.splitlines())
            more = b'words = ["Claude"]\n[[term]]\nspelling = "Qwen"\nweight = 2.0\n'
            return [file.encode(), on.encode(), more + b'[replacements]\n"a b" = "c"\n']
        case "header" | "sound":
            wav = (ROOT / "dictate" / "samples" / "3-clouds.wav").read_bytes()[:3000]
            return [wav, b"RF64" + wav[4:], b"RIFX" + wav[4:], *_heads()]
        case "wyoming":
            begun = b'{"type": "dictate-status", "data": {"state": "ready"}}\n'
            chunk = b'{"type": "audio-chunk", "data": {"rate": 16000}, "payload_length": 4}\nabcd'
            long = b'{"type": "transcript", "data_length": 17}\n{"text": "hello"}'
            return [begun + chunk, long, b'{"type": "error", "data": {"text": "x"}}\n']
        case "text":
            said = "Um, new line camel case foo bar. Twenty percent comma john at example dot com"
            return [bytes([n]) + said.encode() for n in range(len(LANGUAGES))]
    return [bytes(range(24)), bytes([0, 2, 9, 10, 13, 15, 16, 17, 18])]


def _heads() -> list[bytes]:
    return [
        b"FORM\0\0\1\0AIFF" + bytes(200),
        b"caff\0\1\0\0desc" + bytes(200),
        b"FLV\x01\5\0\0\0\x09" + bytes(200),
        b"OggS" + bytes(200),
        b"fLaC" + bytes(200),
        wav_header._W64_RIFF + bytes(200),
    ]


@cache
def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


@cache
def _terms() -> Hotwords:
    return parser.parse('words = ["Claude Code"]\n[replacements]\n"foo bar" = "foobar"\n')


@cache
def _styles() -> tuple[TextSettings, ...]:
    return (
        TextSettings(numbers=True, fillers="remove", spoken_punctuation="on"),
        TextSettings(code=True, numbers=True),
        TextSettings(punctuation="lower", spoken_newlines=False),
    )


def memory_mb() -> float:
    """The most that this process has used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
