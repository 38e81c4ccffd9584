"""The engine of another machine, as long as that machine is well."""

import asyncio
import io
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import trustme
from wyoming.asr import Transcribe
from wyoming.event import Event, write_event

from dictate.config.schema import EngineSettings
from dictate.engines import Draft
from dictate.engines.client import EngineClient
from dictate.engines.remote import address
from dictate.engines.remote.wyoming import WyomingEngine, WyomingUtterance, served_tag
from dictate.errors import EngineError
from dictate.events import RATE, Samples, samples_from_pcm
from dictate.hotwords.model import Hotwords, Term
from tests.lab.engine import Whole, loud, ready
from tests.lab.serving import LINE, Serving, foreign, foreign_info, overheard, pretending
from tests.lab.voices import read

NONE = Hotwords()
TRAIN = Path(__file__).parents[1] / "audio" / "train.wav"
TOKEN = "a token that nobody guesses"


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def sound(seconds: float = 1.0) -> Samples:
    return samples_from_pcm(loud(seconds))


def loaded(where: str | Path, **changes: str) -> WyomingEngine:
    settings = EngineSettings(use="wyoming", address=str(where), deadline_s=20.0)
    engine = WyomingEngine(replace(settings, **changes))  # type: ignore[arg-type]
    assert engine.unavailable_reason() is None
    engine.load()
    return engine


def hear(engine: WyomingEngine, hotwords: Hotwords = NONE) -> str:
    utterance = engine.begin(hotwords, "en")
    utterance.feed(sound())
    return utterance.finish()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/run/user/1/s", address.Address("s", path="/run/user/1/s")),
        ("unix:///run/s", address.Address("s", path="/run/s")),
        ("127.0.0.1:1", address.Address("127.0.0.1", 1)),
        ("localhost:10300", address.Address("localhost", 10300)),
        ("[::1]:10300", address.Address("::1", 10300)),
        ("127.0.0.1:10300/", address.Address("127.0.0.1", 10300)),
        ("tcp://127.0.0.1:10300", address.Address("127.0.0.1", 10300)),
        ("TCP://localhost:10300/", address.Address("localhost", 10300)),
        ("tcp://[::1]:10300", address.Address("::1", 10300)),
        ("wyoming://127.0.0.1:10300", address.Address("127.0.0.1", 10300)),
        (" tcp://127.0.0.1:10300\n", address.Address("127.0.0.1", 10300)),
        ("tls://spark.local:10300", address.Address("spark.local", 10300, tls=True)),
        ("tls://spark.local:10300/", address.Address("spark.local", 10300, tls=True)),
        ("tls://[fe80::1]:10300", address.Address("fe80::1", 10300, tls=True)),
    ],
)
def test_an_address(text: str, expected: address.Address) -> None:
    assert address.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "engine.address is empty"),
        ("spark", "no address"),
        ("spark:port", "no address"),
        ("127.0.0.1:0", "no address"),
        ("127.0.0.1:65536", "no address"),
        ("run/s", "from the root on"),
        ("unix://run/s", "from the root on"),
        ("http://spark:1", 'set engine.use to "openai" and engine.base_url'),
        ("ftp://spark:1", "no address: write the path"),
        ("tcp://127.0.0.1", "no address: write the path"),
        ("tcp://127.0.0.1:1/s", "no address: write the path"),
        ("tcp://me@127.0.0.1:1", "no address: write the path"),
        ("tcp://:10300", "no address: write the path"),
        ("::1:10300", r"put an IPv6 address in brackets, as in \[::1\]:PORT"),
        ("tcp://spark.local:10300", "in clear.*dictate setup --remote spark.local.*tls://"),
        ("spark.local:10300", "in clear.*dictate setup --remote spark.local.*tls://"),
        ("192.168.0.7:10300", "in clear"),
        ("0.0.0.0:10300", "in clear"),
        ("localhost.evil.example:1", "in clear"),
        ("[fe80::1]:10300", "in clear"),
    ],
)
@pytest.mark.fault("S10")
def test_an_address_that_is_not_used(text: str, says: str) -> None:
    reason = WyomingEngine(EngineSettings(use="wyoming", address=text)).unavailable_reason()
    assert reason is not None
    assert re.search(says, reason)


@pytest.mark.parametrize("option", ["token_file", "certificate_file"])
def test_a_file_that_is_missing(option: str) -> None:
    settings = EngineSettings(use="wyoming", address="/s", **{option: "/gone"})  # type: ignore[arg-type]
    reason = WyomingEngine(settings).unavailable_reason()
    assert reason == f"engine.{option}: there is no file '/gone'"


def test_what_it_runs_on(tmp_path: Path) -> None:
    with Serving(tmp_path / "spark.local") as server:
        engine = loaded(server.socket)
        assert engine.ours
        assert (engine.streams, engine.languages) == (True, ("en",))
        assert engine.facts.model == "scripted"
        assert engine.facts.device.startswith("remote: s, ")
        assert engine.facts.device.endswith(" ms away")
        assert 0 < engine.round_trip_s < 1


def test_a_draft_of_the_other_machine(tmp_path: Path) -> None:
    lines = ("!garbage draft", "!raise no memory draft", "!detects de", LINE)
    with Serving(tmp_path / "server", lines=lines) as server:
        engine = loaded(server.socket)
        assert engine.can_draft
        utterance = engine.begin(NONE, "en")
        assert utterance.draft() == Draft("", None, "de")
        utterance.feed(samples_from_pcm(loud(0.55)))
        with pytest.raises(EngineError, match="text is int"):
            utterance.draft()
        assert utterance.draft() is None, "it fails there"
        draft = utterance.draft()
        assert draft == Draft(LINE, None, "de")
        assert utterance.plain is None
        assert utterance.finish() == LINE


def test_a_server_that_listens_hears_what_was_said_and_knows_the_words(tmp_path: Path) -> None:
    """PocketSphinx behind it: it tells of a term that has no use, and hears the recording."""
    with Serving(tmp_path / "server", engine="pocketsphinx") as server:
        engine = loaded(server.socket)
        assert engine.hotwords_as
        assert engine.punctuates is False
        lines = engine.prepare(Hotwords((Term("Rust"), Term("†††"))))
        assert len(lines) == 1
        assert "†††" in lines[0]
        assert engine.prepare(Hotwords((Term("Rust"),))) == []
        utterance = engine.begin(NONE, "en")
        utterance.feed(read(TRAIN))
        assert "train" in utterance.finish()
        assert isinstance(utterance, WyomingUtterance)
        assert utterance.finish_ms > 0


def test_a_server_of_another_make(tmp_path: Path) -> None:
    came: list[Event] = []
    with pretending(tmp_path, foreign("good morning", lambda _, event: came.append(event))) as path:
        engine = loaded(path)
        assert not engine.ours
        assert engine.punctuates is None
        assert engine.languages == ("en",)
        assert engine.facts.model == "other small"
        assert engine.prepare(Hotwords((Term("Claude Code"),))) == []
        came.clear()
        words = Hotwords((Term("Claude Code"), Term("Kölsch", language="de")))
        assert hear(engine, words) == "good morning"
    kinds = [event.type for event in came]
    assert list(dict.fromkeys(kinds)) == [
        "describe",
        "transcribe",
        "audio-start",
        "audio-chunk",
        "audio-stop",
    ]
    asked = Transcribe.from_event(came[1])
    assert (asked.language, asked.transcript_names) == ("en", ["Claude Code"])
    assert b"".join(event.payload or b"" for event in came) == loud(1)


def test_a_server_of_another_make_that_streams(tmp_path: Path) -> None:
    def before(client: socket.socket, event: Event) -> None:
        if event.type == "audio-start":
            for one in (Event("transcript-start"), *_chunks("good ", "morning")):
                client.sendall(_raw(one))

    with pretending(tmp_path, foreign("good morning", before)) as path:
        engine = loaded(path)
        utterance = engine.begin(NONE, None)
        texts = [utterance.feed(sound(0.02)) for _ in range(200)]
        assert [text for text in texts if text][-1] == "good morning"
        assert utterance.finish() == "good morning"


def test_a_third_party_server_writes_two_spaces(tmp_path: Path) -> None:
    """Whisper's segments begin with a space, and a server puts another one between them."""

    def before(client: socket.socket, event: Event) -> None:
        if event.type == "audio-start":
            for one in (Event("transcript-start"), *_chunks(" good ", " morning")):
                client.sendall(_raw(one))

    with pretending(tmp_path, foreign(" good  morning ", before)) as path:
        utterance = loaded(path).begin(NONE, None)
        texts = [utterance.feed(sound(0.02)) for _ in range(200)]
        assert [text for text in texts if text][-1] == "good morning"
        assert utterance.finish() == "good morning"


def test_a_third_party_server_is_not_asked_about_digital_silence(tmp_path: Path) -> None:
    with pretending(tmp_path, foreign("You")) as path:
        engine = loaded(path)
        for samples in (np.zeros(RATE, np.float32), np.zeros(0, np.float32)):
            utterance = engine.begin(NONE, "en")
            utterance.feed(samples)
            assert utterance.finish() == ""
        utterance = engine.begin(NONE, "en")
        for samples in (np.zeros(RATE, np.float32), sound(0.1), np.zeros(RATE, np.float32)):
            utterance.feed(samples)
        assert utterance.finish() == "You"


@pytest.mark.parametrize(
    ("language", "known", "sent"),
    [
        ("en", ("de", "en"), "en"),
        ("en-GB", ("de", "en"), "en"),
        ("en-GB", ("en", "en-GB"), "en-GB"),
        ("fr-CA", ("de", "en"), "fr-CA"),
        ("auto", ("de", "en"), None),
        (None, ("en",), None),
    ],
)
def test_the_language_is_called_what_the_third_party_server_calls_it(
    language: str | None, known: tuple[str, ...], sent: str | None
) -> None:
    assert served_tag(language, known) == sent


def _chunks(*texts: str) -> list[Event]:
    return [Event("transcript-chunk", {"text": text}) for text in texts]


def _raw(event: Event) -> bytes:
    raw = io.BytesIO()
    write_event(event, raw)
    return raw.getvalue()


def test_one_that_does_not_hear_is_not_used(tmp_path: Path) -> None:
    info = foreign_info()
    info.data["asr"] = []

    def play(client: socket.socket, stream: BinaryIO) -> None:
        client.sendall(4 * _raw(info))
        stream.read()

    with (
        pretending(tmp_path, play) as path,
        pytest.raises(EngineError, match="does not turn speech into text"),
    ):
        loaded(path)


class Certificates:
    """A certificate for localhost, made by an authority of the test's own."""

    def __init__(self, folder: Path, name: str = "localhost") -> None:
        authority = trustme.CA()
        made = authority.issue_cert(name)
        self.authority = folder / "authority.pem"
        self.certificate = folder / "certificate.pem"
        self.key = folder / "key.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        made.private_key_pem.write_to_path(str(self.key))
        for part in made.cert_chain_pems:
            part.write_to_path(str(self.certificate), append=True)


def token_file(folder: Path, token: str = TOKEN) -> Path:
    path = folder / f"token{len(token)}"
    path.write_text(f"{token}\n")
    path.chmod(0o600)
    return path


def by_tls(folder: Path, port: int, name: str = "localhost") -> tuple[Serving, Certificates]:
    made = Certificates(folder, name)
    words = ["--tcp", f"127.0.0.1:{port}", "--tls", str(made.certificate), str(made.key)]
    return Serving(folder / "server", *words, "--token-file", str(token_file(folder))), made


@pytest.mark.fault("G5")
def test_by_tls_with_a_token(tmp_path: Path, free_port: int) -> None:
    server, made = by_tls(tmp_path, free_port)
    where = f"tls://localhost:{free_port}"
    trusted = {"certificate_file": str(made.authority)}
    with server:
        right = loaded(where, **trusted, token_file=str(token_file(tmp_path)))
        assert hear(right) == LINE
        with pytest.raises(EngineError, match="does it ask for a token"):
            loaded(where, **trusted)
        wrong = token_file(tmp_path, "a token that somebody guessed")
        with pytest.raises(EngineError, match="does it ask for a token"):
            loaded(where, **trusted, token_file=str(wrong))
        with pytest.raises(EngineError, match="cannot be trusted"):
            loaded(where, token_file=str(token_file(tmp_path)))
        with pytest.raises(EngineError, match=r"cannot be reached|hung up|was lost|did not answer"):
            loaded(f"127.0.0.1:{free_port}", token_file=str(token_file(tmp_path)))
    assert server.log.count("does not have the token") == 2
    assert TOKEN not in server.log + "".join(server.said)


@pytest.mark.fault("G5")
def test_a_certificate_for_another_name_is_refused(tmp_path: Path, free_port: int) -> None:
    server, made = by_tls(tmp_path, free_port, "spark.example")
    with server, pytest.raises(EngineError, match="cannot be trusted"):
        loaded(
            f"tls://localhost:{free_port}",
            certificate_file=str(made.authority),
            token_file=str(token_file(tmp_path)),
        )


@pytest.mark.fault("G5", "S10")
def test_nothing_can_be_read_on_the_way(tmp_path: Path, free_port: int) -> None:
    server, made = by_tls(tmp_path, free_port)
    with server, overheard(free_port) as (port, seen):
        engine = loaded(
            f"tls://localhost:{port}",
            certificate_file=str(made.authority),
            token_file=str(token_file(tmp_path)),
        )
        assert hear(engine, Hotwords((Term("Claude Code"),))) == LINE
    assert len(seen) > len(loud(1))
    for secret in (TOKEN, "Claude Code", "dictate", "audio-chunk", LINE):
        assert secret.encode() not in seen
    assert loud(0.01) not in seen


@pytest.mark.fault("G1")
def test_a_name_that_nobody_resolves_costs_seconds_not_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30))
    began = time.monotonic()
    try:
        with pytest.raises(EngineError, match="its address is not found"):
            loaded("tls://spark.example:1")
        assert time.monotonic() - began < 10
    finally:
        over.set()


def test_all_addresses_of_a_host_are_tried(
    monkeypatch: pytest.MonkeyPatch, free_port: int, tmp_path: Path
) -> None:
    """Nobody listens on the first; a name may lead to IPv6 and to IPv4."""
    with Serving(tmp_path / "server", "--tcp", f"127.0.0.1:{free_port}"):
        dead, alive = (
            (socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, free_port))
            for host in ("127.0.0.2", "127.0.0.1")
        )
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead, alive])
        assert hear(loaded(f"localhost:{free_port}")) == LINE
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [dead] * 9 + [alive])
        with pytest.raises(EngineError, match="refused"):
            loaded(f"localhost:{free_port}")


def test_the_daemon_carries_neither_tls_nor_the_engine(tmp_path: Path) -> None:
    """The choice is made in the engine process (docs/decisions.md)."""
    code = "import dictate.app.daemon, sys; print('dictate.engines.remote.wyoming' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_through_the_link_with_hotwords_and_partials(tmp_path: Path) -> None:
    async def main(path: Path) -> None:
        settings = EngineSettings(use="wyoming", address=str(path))
        link = EngineClient(settings, tmp_path / "e")
        async with asyncio.timeout(60):
            await link.start()
            try:
                await ready(link)
                assert await link.prepare(Hotwords((Term("Rust"),))) == []
                heard: list[str] = []
                utterance = link.begin(
                    1, Hotwords((Term("Rust"),)), "en", lambda partial: heard.append(partial.text)
                )
                for _ in range(10):
                    utterance.feed(loud(0.2))
                    await asyncio.sleep(0.02)
                final = await utterance.finish(Whole(b""))
                assert (final.text, final.audio_s) == (LINE, 2)
                assert heard
                assert LINE.startswith(heard[0])
                assert link.info.device.startswith("remote: s, ")
                assert link.info.model == "scripted"
            finally:
                await link.stop()

    with Serving(tmp_path / "server") as server:
        asyncio.run(main(server.socket))


def test_long_sound_is_not_sent_faster_than_it_is_heard(tmp_path: Path) -> None:
    """A minute at once; the link sees how far the engine really is."""
    with Serving(tmp_path / "server") as server:
        engine = loaded(server.socket)
        utterance = engine.begin(NONE, "en")
        utterance.feed(sound(60))
        assert isinstance(utterance, WyomingUtterance)
        behind_s = utterance._sent_s - utterance._heard_s
        assert behind_s <= 0.5 + 20 * engine.round_trip_s
        assert utterance.finish() == LINE
