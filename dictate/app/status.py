"""Shows the state of the daemon's parts on the bus."""

from dictate.app.engine_manager import EngineManager, EngineProcess
from dictate.app.output_manager import OutputManager
from dictate.app.pipeline import Pipeline
from dictate.app.profiles import Profiles
from dictate.dbus.interface import Row, from_row
from dictate.dbus.service import Service
from dictate.hotkeys.keys import Keys
from dictate.hotwords.model import SECOND
from dictate.translation import _


class StatusPublisher:
    """Each method is called when what it shows may have changed."""

    def __init__(
        self,
        service: Service,
        pipeline: Pipeline,
        engines: EngineManager,
        outputs: OutputManager,
        profiles: Profiles,
        keys: Keys,
    ) -> None:
        self._service = service
        self._pipeline = pipeline
        self._engines = engines
        self._outputs = outputs
        self._profiles = profiles
        self._keys = keys

    @property
    def summary(self) -> str:
        """The engine and the output in use, in one line."""
        main = self._engines.report
        engine = f"{main.name} ({main.state})".removesuffix(" (ready)").strip()
        return _("engine {engine}, output {output}").format(
            engine=engine, output=self._outputs.main.name
        )

    def session(self) -> None:
        """Whether a dictation records or finishes, and with which profile."""
        profile = self._pipeline.recording_profile
        self._service.update(
            state=self._pipeline.activity.value, profile=profile.name if profile else ""
        )

    def engines(self) -> None:
        """The engines, and how they are."""
        main, second = self._engines.report, self._engines.others.get(SECOND)
        rows = [_row(process) for process in self._engines.running]
        self._service.update(
            engine=main.name,
            engine_state=main.state,
            model=main.model,
            device=main.device,
            precision=main.precision,
            chunk_ms=main.chunk_ms,
            engine_memory_mb=main.memory_mb,
            engine_notes=main.notes,
            second_engine=second.name if second else "",
            second_engine_state=second.state if second else "",
            second_model=second.model if second else "",
            second_engine_notes=second.notes if second else "",
            engines=[from_row(row) for row in rows],
        )

    def progress(self, how_far: str) -> None:
        """How far a slow engine is; empty when that is over."""
        self._service.update(engine_progress=how_far)

    def outputs(self) -> None:
        """The outputs in use."""
        main, second = self._outputs.main, self._profiles.named(SECOND).output
        self._service.update(
            output=main.name,
            second_output="" if second is main else second.name,
            output_notes=self._outputs.outputs.notes,
        )

    def keys(self) -> None:
        """The keys that are heard."""
        states = self._keys.states
        self._service.update(
            hotkey=states["hotkey"],
            second_hotkey=self._keys.state_of(SECOND),
            cancel_key=states["cancel"],
            paste_key=states["paste"],
            undo_key=states["undo"],
            correct_key=states["correct"],
            edit_key=states["edit"],
        )


def _row(process: EngineProcess) -> Row:
    report = process.report
    return {
        "profiles": ", ".join(process.profiles),
        "fallback": process.is_fallback,
        "name": report.name,
        "state": report.state.value,
        "model": report.model,
        "notes": report.notes,
    }
