"""A first try on a machine without microphone or display: the recordings that ship with us."""

from dictate.config.schema import HotkeySettings, MicrophoneSettings
from dictate.hotkeys import KEY_SOURCES
from dictate.microphone import MICROPHONES


def bare() -> list[str]:
    """One line for each thing that is missing to dictate for real; empty if nothing is."""
    microphone = MICROPHONES.make("portaudio", MicrophoneSettings()).unavailable_reason()
    display = KEY_SOURCES.make("x11", HotkeySettings()).unavailable_reason()
    lines = [] if microphone is None else [f"No microphone: {microphone}"]
    return lines if display is None else [*lines, f"No display: {display}"]
