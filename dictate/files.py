"""`dictate file`: recordings become text, the same way as what is spoken into the microphone.

Strategy: one engine process for all files, one dictation for each file; the sound is read, sent and
forgotten piece by piece, so that a long recording takes no more memory than a short one. The
transcripts go to stdout, everything else to stderr.
"""

import asyncio
import json
import os
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from dictate import config_file, paths
from dictate.config import Settings
from dictate.engines.link import EngineLink
from dictate.errors import AudioFileError, ConfigError, EngineError
from dictate.events import RATE, Final, Partial, pcm_from_samples
from dictate.hotwords import Hotwords
from dictate.microphone.sound_file import iter_sound_file, open_sound_file
from dictate.text import polish
from dictate.wishes import Wishes, hotwords_of


@dataclass(frozen=True, slots=True)
class Transcript:
    """What became of one file; these are the names in the JSON."""

    file: str
    text: str
    audio_s: float
    seconds: float
    """How long it took."""


def transcribe(
    files: list[Path], *, as_json: bool, engine: str | None, hotwords: Path | None
) -> int:
    """Print the transcript of every file; 0, or 1 if one of them had none to give.

    `engine` and `hotwords` win over the configuration. A file that cannot be transcribed is named
    on stderr, the others go on. Raises ConfigError, Unavailable, EngineError.
    """
    settings = Wishes(engine=engine).over(config_file.load(paths.config_file()))
    if hotwords is not None and not hotwords.is_file():
        raise ConfigError([f"{hotwords}: there is no such file"])
    terms = hotwords_of(settings.hotwords, hotwords or paths.hotwords_file())
    return asyncio.run(_all(files, settings, terms, as_json=as_json))


async def _all(files: list[Path], settings: Settings, terms: Hotwords, *, as_json: bool) -> int:
    folder = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
    link = EngineLink(settings.engine, folder / f"file-{os.getpid()}.sock")
    await link.start()
    done: list[Transcript] = []
    try:
        for line in await link.prepare(terms):
            _complain(line)
        with _progress() as progress:
            for number, path in enumerate(files, 1):
                try:
                    transcript = await _one(link, number, path, settings, terms, progress)
                except (AudioFileError, EngineError) as error:
                    _complain(str(error) if str(path) in str(error) else f"{path}: {error}")
                    continue
                done.append(transcript)
                if not as_json:
                    _print(transcript.text if len(files) == 1 else f"{path}: {transcript.text}")
    finally:
        await link.stop()
    if as_json:
        _print(
            json.dumps([asdict(transcript) for transcript in done], ensure_ascii=False, indent=2)
        )
    return 0 if len(done) == len(files) else 1


async def _one(
    link: EngineLink,
    number: int,
    path: Path,
    settings: Settings,
    terms: Hotwords,
    progress: Progress | None,
) -> Transcript:
    began = time.monotonic()
    length_s = await asyncio.to_thread(_length_s, path)
    task = None if progress is None else progress.add_task(path.name, total=length_s)
    utterance = link.begin(number, terms, settings.engine.language, _ignore)
    samples = 0
    pieces = iter_sound_file(path)
    try:
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            for start in range(0, len(piece), RATE):
                part = piece[start : start + RATE]
                utterance.feed(pcm_from_samples(part))
                await utterance.room()
                samples += len(part)
                if progress is not None and task is not None:
                    progress.update(task, completed=samples / RATE)
        final: Final = await utterance.finish(lambda: asyncio.to_thread(_whole, path))
    except BaseException:
        utterance.cancel()
        raise
    return Transcript(
        file=str(path),
        text=polish(final.text, terms, settings.text),
        audio_s=round(samples / RATE, 3),
        seconds=round(time.monotonic() - began, 3),
    )


def _length_s(path: Path) -> float:
    with open_sound_file(path) as file:
        return float(file.frames / file.samplerate)


def _whole(path: Path) -> bytes:
    """All of the sound, for an engine that died and has to hear it again."""
    return b"".join(pcm_from_samples(piece) for piece in iter_sound_file(path))


def _ignore(_: Partial) -> None:
    pass


def _progress() -> AbstractContextManager[Progress | None]:
    if not sys.stderr.isatty():
        return nullcontext()
    return Progress(console=Console(stderr=True), transient=True, redirect_stdout=False)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"dictate: {text}\n")
