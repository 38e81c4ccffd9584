"""A reload applies everything that was saved, or, whatever fails, nothing of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import MagicMock

import pytest

from dictate.app import assembly, engine_manager, event_dispatcher, output_manager
from dictate.app.daemon import RunOptions
from dictate.app.parts import Controls, Stages, UserInterface
from dictate.app.reloader import ConfigSource
from dictate.config.schema import EngineSettings, OutputSettings
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.engines import ENGINES
from dictate.engines.protocol import EngineState
from dictate.engines.speed import Speed
from dictate.engines.supervisor import EngineStatus
from dictate.errors import (
    ConfigError,
    DictateError,
    EngineError,
    JournalError,
    NoSuchBackend,
    Unavailable,
)
from dictate.hotwords.calibration import DefaultStrength
from dictate.hotwords.model import Hotwords
from dictate.outputs import Focus, Output, Receipt
from dictate.platform import paths
from dictate.vad import DETECTORS

OLD = """
[microphone]
use = "wav:/nowhere.wav"
[engine]
use = "scripted:one"
[output]
use = "stdout"
[hotkey]
use = "none"
[overlay]
use = "none"
[tray]
enabled = false
"""
NEW = """
[microphone]
use = "wav:/nowhere.wav"
device = "other"
[speech]
threshold = 0.7
[engine]
use = "scripted:two"
[second]
engine = "pocketsphinx"
output = "clipboard"
key = "f8"
[text]
spacing = "trailing"
[output]
use = "x11"
[hotkey]
use = "none"
key = "f9"
[journal]
keep_days = 3
[notifications]
enabled = false
[overlay]
use = "none"
position = "top"
[sounds]
enabled = true
[tray]
enabled = true
"""


class FakeEngine:
    """An engine client without a process."""

    running: ClassVar[set["FakeEngine"]] = set()
    fail: ClassVar[dict[str, Exception]] = {}
    """What starting an engine raises, by its name."""

    def __init__(
        self, settings: EngineSettings, _: Path, __: Callable[[], None], strength: DefaultStrength
    ) -> None:
        self.settings = settings
        self.default_strength = strength
        self.info = EngineStatus(settings.use)
        self.state = self.serving_state = EngineState.READY
        self.message = ""
        self.fallback = None
        self.supervisor = self
        """What it reports of itself."""
        self.excluded: tuple[str, ...] = ()
        self.is_supervised = True

    def apply(self, settings: EngineSettings) -> None:
        self.settings = settings

    async def start(self) -> None:
        self.running.add(self)
        await asyncio.sleep(0)
        if error := self.fail.get(self.settings.use):
            raise error

    async def stop(self) -> None:
        self.running.discard(self)

    async def prepare(self, _: Hotwords) -> list[str]:
        return []


class FakeOutput(Output):
    """An output without a desktop."""

    opened: ClassVar[set["FakeOutput"]] = set()
    fail: ClassVar[dict[str, Exception]] = {}
    """What opening an output raises, by its name."""

    def __init__(self, name: str, settings: OutputSettings) -> None:
        super().__init__(settings)
        self.name = name  # type: ignore[misc]

    def unavailable_reason(self) -> str | None:
        return None

    async def open(self) -> None:
        await asyncio.sleep(0)
        if error := self.fail.get(self.name):
            raise error
        self.opened.add(self)

    async def focus(self) -> Focus | None:
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        raise AssertionError("nothing is written here")

    async def close(self) -> None:
        self.opened.discard(self)


class FakeOutputs:
    """The table of outputs."""

    fail: ClassVar[dict[str, Exception]] = {}
    """What choosing an output raises, by its name."""

    def choose_and_say(self, use: str, settings: OutputSettings) -> tuple[Output, list[str]]:
        if error := self.fail.get(use):
            raise error
        return FakeOutput(use, settings), []


@dataclass
class Parts:
    """A daemon that does not run, with a configuration of its own."""

    source: ConfigSource
    ui: UserInterface
    stages: Stages
    controls: Controls
    troubles: list[str] = field(default_factory=list)

    def in_force(self) -> dict[str, Any]:
        """What each part works with at the moment."""
        ui, stages, controls = self.ui, self.stages, self.controls
        return {
            "reloader": controls.reloader.configuration,
            "pipeline": stages.pipeline.settings,
            "segmenter": stages.pipeline.segmenter,
            "profiles": stages.profiles.main.text,
            "hotwords": stages.profiles.main.hotwords,
            "main profile": stages.profiles.main,
            "second profile": stages.profiles.named("second"),
            "main engine": stages.engines.main,
            "second engine": stages.engines.clients.get("second", stages.engines.main),
            "main engine's settings": stages.engines.main.settings,
            "second engine's settings": stages.engines.clients.get(
                "second", stages.engines.main
            ).settings,
            "main output": stages.outputs.main,
            "second output": stages.profiles.named("second").output,
            "main output's settings": stages.outputs.main.settings,
            "second output's settings": stages.profiles.named("second").output.settings,
            "microphone": stages.microphone._settings,
            "keys": controls.keys._settings.hotkey,
            "second key": controls.keys._settings.key,
            "notifications": ui.notifier._enabled,
            "journal": stages.journal._journal.settings,
            "overlay": ui.feedback._overlay._settings,
            "sounds": ui.feedback._sounds._settings,
            "tray": controls.tray._settings,
        }


@pytest.fixture(autouse=True)
def stand_ins(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(event_dispatcher, "sdnotify", MagicMock())
    monkeypatch.setattr(engine_manager, "EngineClient", FakeEngine)
    monkeypatch.setattr(output_manager, "OUTPUTS", FakeOutputs())
    folder = paths.config_file().parent
    folder.mkdir()
    save(OLD)
    yield
    for fake in (FakeEngine, FakeOutput, FakeOutputs):
        fake.fail.clear()
    # The parts are closed by now, whatever was prepared for them.
    assert FakeEngine.running == set()
    assert FakeOutput.opened == set()


def save(text: str, hotwords: str = "") -> None:
    paths.config_file().write_text(text)
    paths.hotwords_file().write_text(hotwords)


def play(scenario: Callable[[Parts], Awaitable[None]]) -> None:
    """Run it on the parts of a daemon, all built by the product."""

    async def main() -> None:
        files = ConfigFiles(paths.config_file(), paths.hotwords_file())
        source = ConfigSource(files, CommandLineOverrides())
        configuration = await source.read()
        async with AsyncExitStack() as stack:
            ui = await assembly.open_ui(stack, configuration.settings, RunOptions())
            troubles: list[str] = []
            context = stack.enter_context(pytest.MonkeyPatch.context())
            context.setattr(ui.dispatcher, "trouble", lambda line, _="": troubles.append(line))
            stages = await assembly.open_stages(stack, configuration, files.config, ui)
            controls = assembly.open_controls(
                stack, source, configuration, ui, stages, greets=False
            )
            assembly.connect(ui, stages, controls)
            await scenario(Parts(source, ui, stages, controls, troubles))

    asyncio.run(main())


def test_everything_that_was_saved_reaches_its_part() -> None:
    async def scenario(parts: Parts) -> None:
        old = parts.in_force()
        save(NEW, 'words = ["Claude Code"]\n')
        lines = await parts.controls.reloader.reload()
        await parts.stages.journal.call(lambda _: None)
        new = parts.in_force()
        assert [name for name in old if old[name] == new[name]] == []
        settings = parts.controls.reloader.settings
        assert settings == new["pipeline"]
        assert settings.text == new["profiles"]
        assert new["microphone"].device == "other"
        assert new["journal"].keep_days == 3
        assert new["main profile"].output.name == "x11"
        assert new["second profile"].engine.settings.use == "pocketsphinx"
        assert "journal.keep_days: 30.0 -> 3.0" in lines
        assert "+ Claude Code" in lines
        assert await parts.controls.reloader.reload() == []
        assert {engine.settings.use for engine in FakeEngine.running} == {
            *("scripted:two", "pocketsphinx"),
        }
        assert {output.name for output in FakeOutput.opened} == {"x11", "clipboard"}

    play(scenario)


@pytest.mark.parametrize("broken", ["config.toml", "hotwords.toml"])
def test_a_mistake_in_one_file_does_not_hold_the_other_back(broken: str) -> None:
    async def scenario(parts: Parts) -> None:
        wrong = {
            "config.toml": (
                NEW.replace("keep_days = 3", 'keep_days = "three"'),
                'words = ["Zo"]\n',
            ),
            "hotwords.toml": (NEW, "words = ["),
        }
        save(*wrong[broken])
        reloader = parts.controls.reloader
        await reloader.reload_or_report()
        await reloader.reload_or_report()
        (trouble,) = parts.troubles
        assert trouble.startswith(f"{broken}:")
        assert trouble.endswith("; the old settings stay")
        with pytest.raises(ConfigError, match=broken):
            await reloader.reload(retry=True)
        applied = (
            reloader.settings.journal.keep_days == 3,
            bool(reloader.configuration.hotwords.terms),
        )
        assert applied == (broken != "config.toml", broken != "hotwords.toml")
        assert not reloader.configuration.unread
        save(NEW, 'words = ["Zo"]\n')
        await reloader.reload_or_report()
        assert reloader.settings.journal.keep_days == 3
        assert [term.spelling for term in reloader.configuration.hotwords.terms] == ["Zo"]
        assert parts.troubles == [trouble]
        assert reloader.configuration.problems == {}

    play(scenario)


@pytest.mark.parametrize(
    ("config", "hotwords", "mistake", "applied"),
    [
        ("[text", 'words = ["Zo"]', "config.toml:1", "+ Zo"),
        (OLD + "[journal]\nkeep_days = 3", "words = [", "hotwords.toml:1", "journal.keep_days"),
    ],
)
def test_a_reload_reports_the_mistake_and_what_it_applied_from_the_other_file(
    config: str, hotwords: str, mistake: str, applied: str
) -> None:
    async def scenario(parts: Parts) -> None:
        save(config, hotwords)
        with pytest.raises(ConfigError) as caught:
            await parts.controls.reloader.reload(retry=True)
        first, *rest = caught.value.problems
        assert first.startswith(mistake)
        assert any(line.startswith(f"applied all the same: {applied}") for line in rest)

    play(scenario)


def no_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(*_: object) -> None:
        raise Unavailable("silero is not installed")

    monkeypatch.setattr(DETECTORS, "choose", choose)


def no_such_output(_: pytest.MonkeyPatch) -> None:
    FakeOutputs.fail["x11"] = NoSuchBackend("no output is called x11")


def no_such_second_output(_: pytest.MonkeyPatch) -> None:
    FakeOutputs.fail["clipboard"] = NoSuchBackend("no output is called clipboard")


def output_does_not_open(_: pytest.MonkeyPatch) -> None:
    FakeOutput.fail["x11"] = DictateError("the desktop breaks off")


def second_output_does_not_open(_: pytest.MonkeyPatch) -> None:
    FakeOutput.fail["clipboard"] = DictateError("the desktop breaks off")


def no_folder_for_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def runtime_dir() -> Path:
        raise JournalError("no folder for sockets")

    monkeypatch.setattr(paths, "runtime_dir", runtime_dir)


def engine_does_not_start(_: pytest.MonkeyPatch) -> None:
    FakeEngine.fail["scripted:two"] = EngineError("the engine cannot start")


def second_engine_does_not_start(_: pytest.MonkeyPatch) -> None:
    FakeEngine.fail["pocketsphinx"] = EngineError("the second engine cannot start")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (no_detector, "silero is not installed"),
        (no_such_output, "no output is called x11"),
        (no_such_second_output, "no output is called clipboard"),
        (output_does_not_open, "the desktop breaks off"),
        (second_output_does_not_open, "the desktop breaks off"),
        (no_folder_for_the_engine, "no folder for sockets"),
        (engine_does_not_start, "the engine cannot start"),
        (second_engine_does_not_start, "the second engine cannot start"),
    ],
)
def test_whatever_fails_the_old_settings_are_whole_and_a_later_reload_applies_all(
    fault: Callable[[pytest.MonkeyPatch], None], reason: str
) -> None:
    async def scenario(parts: Parts) -> None:
        old = parts.in_force()
        engines, outputs = set(FakeEngine.running), set(FakeOutput.opened)
        save(NEW, 'words = ["Claude Code"]\n')
        with pytest.MonkeyPatch.context() as monkeypatch:
            fault(monkeypatch)
            await parts.controls.reloader.reload_or_report()
            (trouble,) = parts.troubles
            assert reason in trouble
            assert trouble.endswith("; the old settings stay")
            with pytest.raises(DictateError, match=reason):
                await parts.controls.reloader.reload(retry=True)
            new = parts.in_force()
            assert [name for name in old if new[name] is not old[name]] == []
            assert engines == FakeEngine.running, "what was started is stopped again"
            assert outputs == FakeOutput.opened, "what was opened is closed again"
        for fake in (FakeEngine, FakeOutput, FakeOutputs):
            fake.fail.clear()
        save(NEW, 'words = ["Claude Code"]\n')
        lines = await parts.controls.reloader.reload()
        assert {"journal.keep_days: 30.0 -> 3.0", "+ Claude Code"} <= set(lines)
        await parts.stages.journal.call(lambda _: None)
        new = parts.in_force()
        assert [name for name in old if old[name] == new[name]] == []
        assert len(parts.troubles) == 1

    play(scenario)


def test_an_output_that_cannot_work_here_holds_the_texts_and_stops_no_reload() -> None:
    """A desktop may come later: the settings are in force, and the reason is shown."""

    async def scenario(parts: Parts) -> None:
        FakeOutputs.fail["x11"] = Unavailable("there is no DISPLAY")
        save(NEW)
        await parts.controls.reloader.reload()
        assert parts.stages.outputs.main.unavailable_reason() == "there is no DISPLAY"
        assert parts.stages.outputs.lacks_window
        assert parts.controls.reloader.settings.journal.keep_days == 3
        FakeOutputs.fail.clear()
        await parts.controls.reloader.replace_outputs()
        assert parts.stages.profiles.main.output.name == "x11"
        assert not parts.stages.outputs.lacks_window

    play(scenario)


def test_what_was_replaced_ends_after_the_last_dictation_that_uses_it() -> None:
    async def scenario(parts: Parts) -> None:
        parts.stages.pipeline.idle.clear()
        save(NEW)
        await parts.controls.reloader.reload()
        assert "scripted:one" in {engine.settings.use for engine in FakeEngine.running}
        assert "stdout" in {output.name for output in FakeOutput.opened}
        parts.stages.pipeline.idle.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert "scripted:one" not in {engine.settings.use for engine in FakeEngine.running}
        assert "stdout" not in {output.name for output in FakeOutput.opened}

    play(scenario)


def test_a_changed_microphone_is_written_into_the_file_and_used() -> None:
    async def scenario(parts: Parts) -> None:
        await parts.controls.reloader.set_option("microphone.device", "Blue Yeti")
        assert 'device = "Blue Yeti"' in paths.config_file().read_text()
        assert parts.stages.microphone._settings.device == "Blue Yeti"

    play(scenario)


# A better engine -------------------------------------------------------------------------------


AUTO = OLD.replace('"scripted:one"', '"auto"')


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The engine with which the daemon began is the starter, and each later one is a better one,
    which is loaded once the event is set."""
    save(AUTO)
    loaded = asyncio.Event()

    async def load(engine: Any) -> None:
        await loaded.wait()
        engine.info = EngineStatus("nemotron")

    async def measure(engine: Any) -> Speed:
        if error := FakeEngine.fail.get("measured"):
            raise error
        return Speed(0.3, "cpu", "a model")

    monkeypatch.setattr(engine_manager, "load", load)
    monkeypatch.setattr(engine_manager, "measure", measure)
    return loaded


def names(engines: set[FakeEngine]) -> list[str]:
    return sorted(engine.info.name for engine in engines)


def test_a_better_engine_serves_the_next_dictation_and_the_old_one_that_under_way(
    loaded: asyncio.Event,
) -> None:
    async def scenario(parts: Parts) -> None:
        old: Any = parts.stages.engines.main
        old.info = EngineStatus("pocketsphinx")
        parts.stages.pipeline.idle.clear()
        choosing = asyncio.create_task(parts.controls.reloader.choose_engine_again())
        await asyncio.sleep(0.05)
        assert parts.stages.profiles.main.engine is old, "the better one still loads"
        save(AUTO + "[journal]\nkeep_days = 3\n")
        await parts.controls.reloader.reload()
        assert parts.controls.reloader.settings.journal.keep_days == 3, "nothing waits for it"
        loaded.set()
        assert await choosing == Speed(0.3, "cpu", "a model")
        assert parts.stages.profiles.main.engine is parts.stages.engines.main is not old
        assert names(FakeEngine.running) == ["nemotron", "pocketsphinx"]
        parts.stages.pipeline.idle.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert names(FakeEngine.running) == ["nemotron"]

    play(scenario)


def test_an_engine_that_the_user_chose_meanwhile_stays(loaded: asyncio.Event) -> None:
    async def scenario(parts: Parts) -> None:
        choosing = asyncio.create_task(parts.controls.reloader.choose_engine_again())
        await asyncio.sleep(0.05)
        save(OLD)
        await parts.controls.reloader.reload()
        loaded.set()
        assert await choosing is None
        assert parts.stages.engines.main.settings.use == "scripted:one"
        await asyncio.sleep(0)
        assert names(FakeEngine.running) == ["scripted:one"]

    play(scenario)


def test_a_better_engine_that_fails_its_test_changes_nothing(loaded: asyncio.Event) -> None:
    async def scenario(parts: Parts) -> None:
        old = parts.stages.engines.main
        loaded.set()
        FakeEngine.fail["measured"] = EngineError("it recognized nothing")
        with pytest.raises(EngineError, match="recognized nothing"):
            await parts.controls.reloader.choose_engine_again()
        assert parts.stages.engines.main is old
        assert names(FakeEngine.running) == ["auto"]

    play(scenario)


def test_a_daemon_that_ends_while_a_better_engine_loads_leaves_no_process(
    loaded: asyncio.Event,
) -> None:
    async def scenario(parts: Parts) -> None:
        choosing = asyncio.create_task(parts.controls.reloader.choose_engine_again())
        await asyncio.sleep(0.05)
        assert len(FakeEngine.running) == 2
        choosing.cancel()
        await asyncio.gather(choosing, return_exceptions=True)
        assert len(FakeEngine.running) == 1

    play(scenario)


def test_a_reload_that_the_user_asks_for_takes_an_engine_that_was_installed(
    loaded: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(parts: Parts) -> None:
        old: Any = parts.stages.engines.main
        old.info = EngineStatus("pocketsphinx")
        best = MagicMock()
        best.name = "nemotron"
        monkeypatch.setattr(type(ENGINES), "choose", lambda *_: best)
        await parts.controls.reloader.reload()
        assert parts.stages.engines.main is old, "a saved file is no reason"
        await parts.controls.reloader.reload(retry=True)
        assert parts.stages.engines.main is not old
        new: Any = parts.stages.engines.main
        new.info = EngineStatus("nemotron")
        await parts.controls.reloader.reload(retry=True)
        assert parts.stages.engines.main is new

    play(scenario)
