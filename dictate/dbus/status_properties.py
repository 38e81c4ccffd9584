"""The properties of the D-Bus interface, which show the daemon's state; never a dictated text.

dbus-fast reads the annotations here at run time: no `from __future__ import annotations`.
"""

from typing import Annotated, Final, TypedDict

from dbus_fast import PropertyAccess, Variant
from dbus_fast.annotations import DBusBool, DBusDouble, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_property

from dictate import __version__

READ: Final = PropertyAccess.READ
Numbers = Annotated[dict[str, float], DBusSignature("a{sd}")]
Dicts = Annotated[list[dict[str, Variant]], DBusSignature("aa{sv}")]


class Status(TypedDict, total=False):
    """The properties of the interface, in Python's spelling."""

    state: str
    dictation: int
    engine: str
    engine_state: str
    microphone: str
    microphone_open: bool
    output: str
    output_notes: str
    hotkey: str
    overlay: str
    trouble: str
    last_finish_ms: float
    model: str
    device: str
    precision: str
    chunk_ms: int
    engine_memory_mb: float
    engine_notes: str
    engine_choice: str
    engine_finish_ms: float
    finish_times: dict[str, float]
    engine_progress: str
    profile: str
    second_engine: str
    second_engine_state: str
    second_model: str
    second_engine_notes: str
    engines: list[dict[str, Variant]]
    second_output: str
    second_hotkey: str
    cancel_key: str
    paste_key: str
    undo_key: str
    correct_key: str
    edit_key: str
    polish: str
    hotwords_file: str
    hotword_warnings: str


class StatusProperties(ServiceInterface):
    """A property for each item of the status."""

    def __init__(self, name: str, status: Status) -> None:
        super().__init__(name)
        self._status = status

    @dbus_property(READ, "Version")
    def version(self) -> DBusStr:
        return __version__

    @dbus_property(READ, "State")
    def state(self) -> DBusStr:
        return self._status["state"]

    @dbus_property(READ, "Dictation")
    def dictation(self) -> DBusUInt32:
        return self._status["dictation"]

    @dbus_property(READ, "Engine")
    def engine(self) -> DBusStr:
        return self._status["engine"]

    @dbus_property(READ, "EngineState")
    def engine_state(self) -> DBusStr:
        return self._status["engine_state"]

    @dbus_property(READ, "Microphone")
    def microphone(self) -> DBusStr:
        return self._status["microphone"]

    @dbus_property(READ, "MicrophoneOpen")
    def microphone_open(self) -> DBusBool:
        return self._status["microphone_open"]

    @dbus_property(READ, "Output")
    def output(self) -> DBusStr:
        return self._status["output"]

    @dbus_property(READ, "OutputNotes")
    def output_notes(self) -> DBusStr:
        return self._status["output_notes"]

    @dbus_property(READ, "Hotkey")
    def hotkey(self) -> DBusStr:
        return self._status["hotkey"]

    @dbus_property(READ, "Overlay")
    def overlay(self) -> DBusStr:
        return self._status["overlay"]

    @dbus_property(READ, "Trouble")
    def trouble(self) -> DBusStr:
        return self._status["trouble"]

    @dbus_property(READ, "LastFinishMs")
    def last_finish_ms(self) -> DBusDouble:
        return self._status["last_finish_ms"]

    @dbus_property(READ, "Model")
    def model(self) -> DBusStr:
        return self._status["model"]

    @dbus_property(READ, "Device")
    def device(self) -> DBusStr:
        return self._status["device"]

    @dbus_property(READ, "Precision")
    def precision(self) -> DBusStr:
        return self._status["precision"]

    @dbus_property(READ, "ChunkMs")
    def chunk_ms(self) -> DBusUInt32:
        return self._status["chunk_ms"]

    @dbus_property(READ, "EngineMemoryMb")
    def engine_memory_mb(self) -> DBusDouble:
        return self._status["engine_memory_mb"]

    @dbus_property(READ, "EngineNotes")
    def engine_notes(self) -> DBusStr:
        return self._status["engine_notes"]

    @dbus_property(READ, "EngineChoice")
    def engine_choice(self) -> DBusStr:
        return self._status["engine_choice"]

    @dbus_property(READ, "EngineFinishMs")
    def engine_finish_ms(self) -> DBusDouble:
        return self._status["engine_finish_ms"]

    @dbus_property(READ, "FinishTimes")
    def finish_times(self) -> Numbers:
        return self._status["finish_times"]

    @dbus_property(READ, "EngineProgress")
    def engine_progress(self) -> DBusStr:
        return self._status["engine_progress"]

    @dbus_property(READ, "Profile")
    def profile(self) -> DBusStr:
        return self._status["profile"]

    @dbus_property(READ, "SecondEngine")
    def second_engine(self) -> DBusStr:
        return self._status["second_engine"]

    @dbus_property(READ, "SecondEngineState")
    def second_engine_state(self) -> DBusStr:
        return self._status["second_engine_state"]

    @dbus_property(READ, "SecondModel")
    def second_model(self) -> DBusStr:
        return self._status["second_model"]

    @dbus_property(READ, "SecondEngineNotes")
    def second_engine_notes(self) -> DBusStr:
        return self._status["second_engine_notes"]

    @dbus_property(READ, "Engines")
    def engines(self) -> Dicts:
        return self._status["engines"]

    @dbus_property(READ, "SecondOutput")
    def second_output(self) -> DBusStr:
        return self._status["second_output"]

    @dbus_property(READ, "SecondHotkey")
    def second_hotkey(self) -> DBusStr:
        return self._status["second_hotkey"]

    @dbus_property(READ, "CancelKey")
    def cancel_key(self) -> DBusStr:
        return self._status["cancel_key"]

    @dbus_property(READ, "PasteKey")
    def paste_key(self) -> DBusStr:
        return self._status["paste_key"]

    @dbus_property(READ, "UndoKey")
    def undo_key(self) -> DBusStr:
        return self._status["undo_key"]

    @dbus_property(READ, "CorrectKey")
    def correct_key(self) -> DBusStr:
        return self._status["correct_key"]

    @dbus_property(READ, "EditKey")
    def edit_key(self) -> DBusStr:
        return self._status["edit_key"]

    @dbus_property(READ, "Polish")
    def polish(self) -> DBusStr:
        return self._status["polish"]

    @dbus_property(READ, "HotwordsFile")
    def hotwords_file(self) -> DBusStr:
        return self._status["hotwords_file"]

    @dbus_property(READ, "HotwordWarnings")
    def hotword_warnings(self) -> DBusStr:
        return self._status["hotword_warnings"]
