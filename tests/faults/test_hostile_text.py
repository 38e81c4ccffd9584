"""An engine, here or on another machine, says what could steer a terminal, run a command or hide
something: what is written, shown and kept is one harmless line with all of its letters."""

import asyncio
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import soundfile

from dictate.config.schema import EngineSettings, TextSettings
from dictate.engines.client import EngineClient
from dictate.events import PartialTranscript, pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.platform.resources import samples
from dictate.text import polish
from tests.lab.daemon import wait_for
from tests.lab.engine import Whole
from tests.lab.openai_server import OpenAIServer
from tests.lab.riva_server import RivaServer, heard
from tests.lab.scripted import home, script
from tests.lab.serving import foreign, pretending

HOSTILE = "one\x1b[31m two\x9b2J\x07\x7f \u202etxet\u2066 \x1b]0;title\x07 three\0"
LINES = "\r\nrm -rf x\n\u2028four\x0b\x85"
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"


def is_harmless(text: str) -> bool:
    return not any(
        unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") or sign in BIDI for sign in text
    )


def letters(text: str) -> str:
    return "".join(filter(str.isalpha, text))


Says = Callable[[Path, str], AbstractContextManager[dict[str, str]]]
"""An engine that says this: its settings."""


@contextmanager
def here(folder: Path, text: str) -> Iterator[dict[str, str]]:
    yield {"use": f"scripted:{script(folder / 'script', text)}"}


@contextmanager
def wyoming(folder: Path, text: str) -> Iterator[dict[str, str]]:
    with pretending(folder, foreign(text)) as address:
        yield {"use": "wyoming", "address": address}


def openai(make: str) -> Says:
    @contextmanager
    def serve(folder: Path, text: str) -> Iterator[dict[str, str]]:
        with OpenAIServer(make, hears=lambda _: text) as server:
            yield {"use": "openai", "base_url": server.url}

    return serve


@contextmanager
def riva(folder: Path, text: str) -> Iterator[dict[str, str]]:
    def play(server: object, asked: object, sound: Iterator[bytes], context: Any) -> Iterator[Any]:
        list(sound)
        yield heard(text)
        yield heard(text, final=True)

    with RivaServer() as server:
        server.play = play
        yield {"use": "riva", "base_url": server.url}


CLIENTS: dict[str, Says] = {
    "engine process": here,
    "wyoming": wyoming,
    "openai chat": openai("vllm-chat"),
    "openai transcriptions": openai("whisper-cpp"),
    "riva": riva,
}


@pytest.mark.fault("C8", "D11")
@pytest.mark.parametrize("client", CLIENTS)
def test_each_client_of_an_engine(tmp_path: Path, client: str) -> None:
    text = HOSTILE if client == "engine process" else HOSTILE + LINES
    recording, _ = soundfile.read(samples()[0], dtype="float32")
    pcm, partials = pcm_from_samples(recording), list[PartialTranscript]()

    async def main(settings: dict[str, str]) -> str:
        engine = EngineClient(EngineSettings(**settings), tmp_path / "e")  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            await engine.start()
            try:
                utterance = engine.begin(1, Hotwords(), "en", partials.append)
                utterance.feed(pcm)
                return (await utterance.finish(Whole(pcm))).text
            finally:
                await engine.stop()

    with CLIENTS[client](tmp_path, text) as settings:
        final = asyncio.run(main(settings))
    assert letters(final) == letters(text)
    written = polish(final, Hotwords(), TextSettings(), language="en", punctuates=True)
    assert is_harmless(written), ascii(written)
    assert letters(written).lower() == letters(text).lower()
    assert all(is_harmless(partial.text) for partial in partials)
    assert partials or client != "engine process"


@pytest.mark.fault("C8")
def test_what_the_daemon_writes_shows_and_keeps(tmp_path: Path) -> None:
    with home(tmp_path) as user:
        user.say("!detects en\x1b[2J", HOSTILE)
        with user.daemon(*user.spoken) as daemon:
            wait_for(lambda: daemon.written() != "", daemon.logged())
            daemon.wait_state("ready")
            (line,) = daemon.written().splitlines()
            (entry,) = daemon.history()
            shown = [daemon.ctl(*words).stdout for words in (["last"], ["history"], ["status"])]
        assert letters(line).lower() == letters(HOSTILE).lower()
        assert entry["text"] == line
        assert all(is_harmless(each) for each in [line, *"".join(shown).splitlines()])
        assert all(is_harmless(each) for each in daemon.logged().splitlines())
