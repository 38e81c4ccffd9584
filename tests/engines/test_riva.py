"""NVIDIA Riva, as long as the server is well: what it is told, and what becomes of its answers."""

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import trustme

from dictate.config.schema import EngineSettings
from dictate.engines.remote import address, riva, riva_client
from dictate.engines.remote.riva import RivaEngine, boosts
from dictate.engines.remote.riva_client import Recognition
from dictate.errors import EngineError, Unavailable
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term, TermState
from dictate.installation import install_command
from tests.engines.test_openai import key_file
from tests.lab.riva_server import CARDS, KEY, LINE, MODEL, Asked, RivaServer, heard
from tests.lab.voices import read
from tests.lab.xserver import wait_for

NONE = Hotwords()
SPEECH = read(Path(__file__).parents[1] / "audio" / "train.wav")[:-7]
ONE_MODEL = CARDS[:1]


def made(url: str, **changes: str) -> RivaEngine:
    settings = EngineSettings(use="riva", base_url=url, deadline_s=20.0)
    return RivaEngine(replace(settings, **changes))  # type: ignore[arg-type]


def loaded(server: RivaServer, **changes: str) -> RivaEngine:
    engine = made(server.url, **changes)
    assert engine.unavailable_reason() is None
    engine.load()
    return engine


def hear(
    engine: RivaEngine,
    hotwords: Hotwords = NONE,
    sound: Samples = SPEECH,
    language: str | None = None,
) -> str:
    utterance = engine.begin(hotwords, language)
    for start in range(0, len(sound), 5000):
        utterance.feed(sound[start : start + 5000])
    return utterance.finish()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("grpcs://riva.local:50051", address.Grpc("riva.local", 50051, tls=True)),
        ("grpc://127.0.0.1:50051/", address.Grpc("127.0.0.1", 50051, tls=False)),
        ("grpc://localhost:50051", address.Grpc("localhost", 50051, tls=False)),
        ("grpc://[::1]:50051", address.Grpc("::1", 50051, tls=False)),
        ("localhost:50051", address.Grpc("localhost", 50051, tls=False)),
        ("riva.local:50051", address.Grpc("riva.local", 50051, tls=True)),
        (
            "grpcs://grpc.nvcf.nvidia.com:443/bb0837de-8c7b",
            address.Grpc("grpc.nvcf.nvidia.com", 443, tls=True, function="bb0837de-8c7b"),
        ),
    ],
)
def test_an_address(text: str, expected: address.Grpc) -> None:
    assert address.parse_grpc(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "engine.base_url is empty"),
        ("riva.local", "no address"),
        ("https://riva.local:50051", "no address"),
        ("grpcs://riva.local", "no address"),
        ("grpcs://:50051", "no address"),
        ("grpcs://riva:port", "no address"),
        ("grpcs://riva:50051/a/b", "no address"),
        ("grpcs://riva:50051/a\nb: c", "no address"),
        ("grpcs://riva:50051?key=1", "more than an address"),
        ("grpc://riva.local:50051", "in clear.*grpcs://"),
        ("grpc://0.0.0.0:50051", "in clear"),
        ("grpc://127.0.0.1@evil.example:1", "a name or password"),
    ],
)
@pytest.mark.fault("S10")
def test_an_address_that_is_not_used(text: str, says: str) -> None:
    reason = made(text).unavailable_reason()
    assert reason is not None
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(reason)


def test_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "grpcs://riva:50051"
    assert made(url, api_key_file=key_file(tmp_path)).unavailable_reason() is None
    reason = made(url, certificate_file="/gone").unavailable_reason()
    assert reason == "engine.certificate_file: there is no file '/gone'"
    path = key_file(tmp_path, mode=0o644)
    reason = made(url, api_key_file=path).unavailable_reason()
    assert reason == f"engine.api_key_file: others may read {path}: chmod 600 {path}"
    monkeypatch.setattr(riva, "find_spec", lambda _: None)
    assert install_command("riva") in str(made(url).unavailable_reason())


def test_the_library_is_loaded_with_the_engine_alone() -> None:
    code = (
        "import sys; from dictate.config.schema import EngineSettings\n"
        "from dictate.engines.remote.riva import RivaEngine\n"
        "RivaEngine(EngineSettings(base_url='grpcs://h:1')).unavailable_reason()\n"
        "print({'grpc', 'riva.client', 'google.protobuf'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_it_is_loaded_without_a_word() -> None:
    """What the library warns of is none of the user's business, and no error."""
    code = "import dictate.engines.remote.riva_client"
    strict = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(strict, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_the_server_is_told() -> None:
    words = Hotwords((Term("Claude Code"), Term("Kubernetes", weight=2.0)), strength=1.5)
    with RivaServer() as server:
        assert hear(loaded(server), words, language="en-GB") == LINE
    (asked,) = server.asked
    assert asked.pcm == pcm_from_samples(SPEECH)
    assert asked.config.interim_results
    config = asked.config.config
    assert (config.language_code, config.model) == ("en-US", MODEL)
    assert config.enable_automatic_punctuation
    assert asked.boosts == {"Claude Code": 30.0, "Kubernetes": 60.0}
    assert len(config.speech_contexts) == 2
    assert not {"authorization", "function-id"} & asked.metadata.keys()


def test_how_strongly_a_term_is_boosted() -> None:
    terms = (
        Term("Claude"),
        Term("Anna", weight=0.5),
        Term("Bert", weight=0.5),
        Term("Rust", weight=10.0),
        Term("Zürich", language="de"),
        Term("cloud", state=TermState.QUARANTINED),
    )
    assert boosts(Hotwords(terms), "en") == {20: ["Claude"], 10: ["Anna", "Bert"], 100: ["Rust"]}
    assert boosts(Hotwords(terms, strength=0.5), "de-CH")[10.0] == ["Claude", "Zürich"]
    assert boosts(Hotwords(terms, strength=0.0), "en") == {}


def test_which_language_it_is_told() -> None:
    cards = [
        ("one", {"type": "online", "language_code": "en-US"}),
        ("two", {"type": "online", "language_code": "de-DE, fr-FR,fr-CA"}),
        ("three", {"type": "offline", "language_code": "ja-JP"}),
    ]
    with RivaServer(cards=cards) as server:
        engine = loaded(server)
        assert engine.languages == ("en-US", "de-DE", "fr-FR", "fr-CA")
        for tag, code in (("en", "en-US"), ("de-AT", "de-DE"), ("fr-ca", "fr-CA")):
            assert engine.code(tag) == code
        for tag, says in (("fr", "several"), ("ja", "none"), ("auto", "none")):
            with pytest.raises(Unavailable, match=f"{says} of that; it takes .*de-DE"):
                engine.begin(NONE, tag)
        with pytest.raises(Unavailable, match="'ja'"):
            loaded(server, language="ja")
        server.cards.append(("four", {"type": "online", "language_code": "multi"}))
        engine = loaded(server, language="ja")
        assert "multi" not in engine.languages
        assert [engine.code(tag) for tag in ("en", "ja", "auto")] == ["en-US", "multi", "multi"]


def test_which_model_hears() -> None:
    with RivaServer() as server:
        engine = loaded(server)
        assert engine.facts.model == MODEL
        assert engine.facts.device.startswith("remote: 127.0.0.1, ")
        assert engine.facts.notes == ()
        engine = loaded(server, remote_model="gone")
        assert engine.facts.notes == ("the server does not list the model gone",)
        with pytest.raises(EngineError, match=r"engine.remote_model \(INVALID_ARGUMENT\)") as error:
            hear(engine)
        assert error.value.says.startswith("no")
        server.cards.append(("two", {"type": "online", "language_code": "de-DE"}))
        engine = loaded(server)
        assert (engine.facts.model, engine.code("de")) == ("", "de-DE")
        engine = loaded(server, language="de", remote_model="two")
        assert (engine.facts.model, engine.languages) == ("two", ("de-DE",))
        server.cards[:] = [server.cards[1]]
        with pytest.raises(EngineError, match="no streaming model, only parakeet"):
            loaded(server)


def test_a_server_that_does_not_say_what_it_has() -> None:
    def unknown(context: Any) -> None:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

    with RivaServer() as server:
        server.on_knock = unknown
        engine = loaded(server, language="en-US")
        assert (engine.languages, engine.facts.model) == (("und",), "")
        assert hear(engine) == LINE
        assert engine.code("auto") == "multi"


@pytest.mark.fault("S8")
def test_a_key_and_a_function_go_to_the_server_and_nowhere_else(tmp_path: Path) -> None:
    with RivaServer(key=KEY) as server:
        server.url += "/bb0837de-8c7b"
        engine = loaded(server, api_key_file=key_file(tmp_path, KEY))
        assert hear(engine) == LINE
        assert server.asked[0].metadata["function-id"] == "bb0837de-8c7b"
        with pytest.raises(EngineError, match=r"does not take our key: .*\(UNAUTHENTICATED\)$"):
            loaded(server)
        key_file(tmp_path, "nvapi-guessed")
        with pytest.raises(EngineError) as error:
            hear(engine)
        assert "guessed" not in str(error.value)
        key_file(tmp_path, KEY)

        def talk(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
            context.abort(grpc.StatusCode.INTERNAL, f"{KEY} is\n out of luck{'x' * 170}{KEY}")

        server.play = talk
        with pytest.raises(EngineError) as error:
            hear(engine)
        assert re.fullmatch(r"\.\.\. is out of luckx+\.\.\.", error.value.says)
        assert "luck" not in str(error.value)


def by_tls(folder: Path, name: str) -> tuple[Any, str]:
    authority = trustme.CA()
    made = authority.issue_cert(name)
    chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
    path = folder / f"{name}.pem"
    authority.cert_pem.write_to_path(str(path))
    return grpc.ssl_server_credentials([(made.private_key_pem.bytes(), chain)]), str(path)


@pytest.mark.fault("G5")
def test_by_tls(tmp_path: Path) -> None:
    tls, certificate = by_tls(tmp_path, "localhost")
    _, another = by_tls(tmp_path, "elsewhere")
    with RivaServer(tls=tls) as server:
        assert hear(loaded(server, certificate_file=certificate)) == LINE
        for trusted in ("", another):
            with pytest.raises(EngineError, match="certificate cannot be trusted"):
                loaded(server, certificate_file=trusted)
        server.url = server.url.replace("grpcs://localhost", "grpc://127.0.0.1")
        with pytest.raises(EngineError, match="cannot be reached, or was lost"):
            loaded(server)
    tls, certificate = by_tls(tmp_path, "spark.example")
    with (
        RivaServer(tls=tls) as server,
        pytest.raises(EngineError, match="certificate cannot be trusted"),
    ):
        loaded(server, certificate_file=certificate)


@pytest.mark.fault("S10")
def test_a_proxy_of_the_environment_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, RivaServer() as server:
        proxy.setblocking(False)
        for name in ("grpc_proxy", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("no_grpc_proxy", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert hear(loaded(server)) == LINE
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_the_text_is_what_it_is_done_with_and_a_partial_what_it_thinks() -> None:
    """A stretch ends at a pause; a guess replaces the one before it."""
    two = heard("in two ")
    two.results.append(heard("parts").results[0])
    empty = heard("")
    del empty.results[0].alternatives[:]
    answers = [
        (heard("go"), "go"),
        (heard("good"), "good"),
        (heard("Good morning. ", final=True), "Good morning."),
        (two, "Good morning. in two parts"),
        (empty, "Good morning. in two parts"),
        (heard("In two parts.", final=True), "Good morning. In two parts."),
        (heard("and"), "Good morning. In two parts. and"),
    ]
    given = threading.Semaphore(0)

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        for answer, _ in answers:
            next(sound)
            yield answer
            given.release()
        for _ in sound:
            pass

    with RivaServer() as server:
        server.play = play
        utterance = loaded(server).begin(NONE, None)
        shown = ""
        for _, expected in answers:
            utterance.feed(SPEECH[: RATE // 10])
            given.acquire(timeout=10)
            until = time.monotonic() + 5
            while shown != expected and time.monotonic() < until:
                shown = utterance.feed(SPEECH[:0]) or shown
                time.sleep(0.005)
            assert shown == expected
            assert utterance.feed(SPEECH[:0]) is None
        # It never was done with the last word, and said it all the same.
        assert utterance.finish() == "Good morning. In two parts. and"


def test_each_dictation_has_a_connection_of_its_own() -> None:
    peers = []

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        peers.append(context.peer())
        list(sound)
        yield heard(LINE, final=True)

    with RivaServer() as server:
        server.play = play
        engine = loaded(server)
        assert hear(engine) == hear(engine) == LINE
    assert len(set(peers)) == 2


def test_a_cancelled_one_is_ended_over_there(monkeypatch: pytest.MonkeyPatch) -> None:
    left, begun = threading.Event(), threading.Event()
    at_work: set[Recognition] = set()
    """Those whose sound gRPC still waits for, in a thread of its own."""
    requests = Recognition._requests

    def counted(self: Recognition, config: Any) -> Iterator[Any]:
        at_work.add(self)
        try:
            yield from requests(self, config)
        finally:
            at_work.discard(self)

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        context.add_callback(left.set)
        next(sound)
        begun.set()
        yield from (heard("x") for _ in sound)

    monkeypatch.setattr(Recognition, "_requests", counted)
    with RivaServer() as server:
        engine = loaded(server)
        server.play = play
        utterance = engine.begin(NONE, None)
        utterance.feed(SPEECH[:RATE])
        assert begun.wait(10)
        assert at_work
        time.sleep(0.2)  # until all that was fed is sent, and it waits for more
        utterance.cancel()
        utterance.cancel()
        assert left.wait(5)
        server.play = None
        assert hear(engine) == LINE
        wait_for(lambda: not at_work, "nobody waits for sound any more", 5)


def test_one_that_nobody_waits_for_is_hung_up_on() -> None:
    left = threading.Event()

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        context.add_callback(left.set)
        list(sound)
        utterance.stop()
        server.over.wait(30)
        yield heard(LINE, final=True)

    with RivaServer() as server:
        engine = loaded(server)
        server.play = play
        utterance = engine.begin(NONE, None)
        utterance.feed(SPEECH)
        began = time.monotonic()
        with pytest.raises(EngineError, match="is not asked any more"):
            utterance.finish()
        assert time.monotonic() - began < 5
        assert left.wait(5)
        server.over.set()


def test_one_who_works_long_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(riva_client, "QUIET_S", 0.1)

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        list(sound)
        server.over.wait(1)
        yield heard(LINE, final=True)

    with RivaServer() as server:
        engine = loaded(server)
        server.play = play
        assert hear(engine) == LINE


def test_a_minute_at_once_is_heard_whole() -> None:
    """More sound than may wait, and more news than anybody looks at meanwhile."""
    sound = np.tile(SPEECH, 60 * RATE // len(SPEECH))

    def play(server: RivaServer, asked: Asked, sound: Iterator[bytes], context: Any) -> Any:
        for number, _ in enumerate(sound):
            yield heard(f"{number}", final=True)

    with RivaServer() as server:
        engine = loaded(server)
        server.play = play
        utterance = engine.begin(NONE, None)
        utterance.feed(sound)
        text = utterance.finish()
    assert server.asked[0].pcm == pcm_from_samples(sound)
    assert text.split() == [str(number) for number in range(len(text.split()))]
    assert len(text.split()) > 500
