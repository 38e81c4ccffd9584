"""What is downloaded for whom, and downloads that hang or become expensive."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dictate.app import model_fetch
from dictate.app.model_fetch import AUTO, NONE, ModelFetch, choose
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, advice, packages
from dictate.engines.speed import Speed
from dictate.errors import EngineError, Unavailable
from dictate.models import store
from dictate.models.catalogue import CATALOGUE
from dictate.models.store import ModelFile

MODEL = CATALOGUE["nemotron-onnx"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """A machine on which only the starter works. What is added works, too: engines and models."""
    works = {"pocketsphinx"}
    monkeypatch.setattr(advice, "best_model", lambda _: MODEL)
    monkeypatch.setattr(packages, "find_spec", lambda _: object())
    monkeypatch.setattr(
        type(ENGINES), "why_not", lambda _, name, __: "" if name in works else "missing"
    )
    monkeypatch.setattr(type(ENGINES), "order", lambda *_: ("nemotron", "onnx", "pocketsphinx"))

    def installed(model: Any) -> ModelFile | None:
        return ModelFile(model.name, Path(), "", "") if model.name in works else None

    monkeypatch.setattr(store, "installed", installed)
    return works


def test_the_best_model_is_downloaded(bare: set[str]) -> None:
    assert choose(AUTO, EngineSettings()) == MODEL


@pytest.mark.parametrize("there", ["nemotron", "onnx", "nemotron-onnx"])
def test_what_is_as_good_is_not_replaced(bare: set[str], there: str) -> None:
    bare.add(there)
    assert choose(AUTO, EngineSettings()) is None


def test_an_engine_that_the_user_chose_needs_no_model(bare: set[str]) -> None:
    with pytest.raises(Unavailable, match=r"engine\.use names the engine pocketsphinx"):
        choose(AUTO, EngineSettings(use="pocketsphinx"))


def test_a_model_that_is_named_is_downloaded_in_any_case(bare: set[str]) -> None:
    bare.add("nemotron")
    assert choose("nemotron-onnx", EngineSettings(use="pocketsphinx")) == MODEL
    bare.add("nemotron-onnx")
    assert choose("nemotron-onnx", EngineSettings()) is None


def test_a_model_whose_engine_lacks_its_packages_is_not_downloaded(
    bare: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        packages, "find_spec", lambda name: None if name == "onnxruntime" else object()
    )
    with pytest.raises(Unavailable, match=r"onnxruntime missing: .*\[onnx\]"):
        choose(AUTO, EngineSettings())


@dataclass
class Rig:
    """A fetch whose child process runs this code."""

    code: str
    switch: Callable[[], Awaitable[Speed | None]]
    wanted: str = "nemotron-onnx"
    said: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.fetch = ModelFetch(
            self.wanted,
            EngineSettings,
            self.switch,
            say=self.said.append,
            on_arrival=self.arrived.append,
            on_trouble=self.trouble.append,
        )
        self.fetch.changed.connect(
            lambda: self.shown.append(self.fetch.progress or self.fetch.waits_for)
        )

    async def run(self) -> None:
        async def at_once() -> None:
            pass

        async with asyncio.timeout(30):
            await self.fetch.run(at_once)


async def fast() -> Speed:
    return Speed(0.3, "cpu", MODEL.name)


@pytest.fixture
def rig(bare: set[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Rig]:
    monkeypatch.setattr(model_fetch, "SOONEST_S", 0.05)
    monkeypatch.setattr(model_fetch, "METERED_EVERY_S", 0.05)
    monkeypatch.setattr(model_fetch, "SILENT_S", 0.3)
    connection(monkeypatch, metered=[])

    def make(code: str, switch: Callable[[], Awaitable[Speed | None]] = fast) -> Rig:
        monkeypatch.setattr(model_fetch, "python_module", lambda *_: (sys.executable, "-c", code))
        return Rig(code, switch)

    return make


def connection(monkeypatch: pytest.MonkeyPatch, metered: list[bool]) -> None:
    """At each look it is metered as the list says, and afterwards it is not."""

    async def is_metered() -> bool:
        return metered.pop(0) if metered else False

    monkeypatch.setattr(model_fetch, "is_metered", is_metered)


DONE = 'print(\'{"here": 330959708}\\n{"done": true}\')'
HANGS = "import time; print('{\"here\": 330959708}', flush=True); time.sleep(100)"


def test_it_shows_how_far_it_is(rig: Callable[..., Rig]) -> None:
    made = rig(DONE)
    asyncio.run(made.run())
    assert made.shown == ["downloading nemotron-onnx: 50 % of 0.66 GB", "loading nemotron-onnx", ""]
    assert made.arrived == ["nemotron-onnx is here: the next dictation uses it"]
    assert made.trouble == []


def test_none_means_none(rig: Callable[..., Rig]) -> None:
    made = rig(DONE)
    made.wanted = NONE
    made.__post_init__()
    asyncio.run(made.run())
    assert made.said == made.arrived == made.trouble == []


def test_a_download_that_hangs_is_killed_and_begun_again(
    rig: Callable[..., Rig], tmp_path: Path
) -> None:
    flag = tmp_path / "second"
    first = f"import pathlib, time\nflag = pathlib.Path({str(flag)!r})\n"
    made = rig(f"{first}if flag.exists(): {DONE}\nelse: flag.touch(); time.sleep(100)")
    asyncio.run(made.run())
    assert "nemotron-onnx is not downloaded yet: the download hung" in made.shown
    assert made.arrived == ["nemotron-onnx is here: the next dictation uses it"]


def test_nonsense_of_the_child_is_survived(rig: Callable[..., Rig]) -> None:
    made = rig("print('[]'); print('\\x00{'); print('{\"here\": \"x\"}');" + DONE)
    asyncio.run(made.run())
    assert len(made.arrived) == 1


def test_a_connection_that_becomes_metered_stops_the_download(
    rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection(monkeypatch, [False, False, True, True, True])
    made = rig(HANGS)

    async def main() -> None:
        running = asyncio.create_task(made.run())
        assert not await made.fetch.arrives()
        assert "metered" in made.fetch.waits_for
        running.cancel()

    asyncio.run(main())
    assert [line for line in made.said if "calls the connection metered" in line]


def test_an_engine_that_is_too_slow_is_used_and_called_so(rig: Callable[..., Rig]) -> None:
    async def slow() -> Speed:
        return Speed(1.3, "cpu", MODEL.name)

    made = rig(DONE, slow)
    asyncio.run(made.run())
    (line,) = made.arrived
    assert line.startswith("nemotron-onnx is here: the next dictation uses it, slower than speech")


def test_an_engine_that_fails_is_reported(rig: Callable[..., Rig]) -> None:
    async def fail() -> Speed:
        raise EngineError("no memory")

    made = rig(DONE, fail)
    asyncio.run(made.run())
    assert made.arrived == []
    assert made.trouble == [
        "nemotron-onnx is here, but cannot be used: no memory; the engine stays as it is"
    ]


def test_where_a_better_engine_serves_already_it_is_said_how_to_use_the_model(
    rig: Callable[..., Rig],
) -> None:
    async def none() -> None:
        return None

    made = rig(DONE, none)
    asyncio.run(made.run())
    assert made.arrived == ["nemotron-onnx is here; to use it: dictatectl engine onnx"]
    assert not asyncio.run(made.fetch.arrives())
