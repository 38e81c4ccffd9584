from pathlib import Path

import pytest

from dictate.microphone.devices import Device, find, pulse_sources
from dictate.microphone.portaudio import list_devices
from tests.lab.pulse import DESCRIPTION, MICROPHONE, SECOND_MICROPHONE, PulseAudio

YETI = Device("alsa_input.usb-Blue_Yeti-00.analog", "Yeti Analog Stereo", 48000, 2, default=True)
LAPTOP = Device("alsa_input.pci-0000.analog", "Built-in Audio Analog", 44100, 2, default=False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Yeti Analog Stereo", YETI),
        (LAPTOP.name, LAPTOP),
        ("yeti", YETI),
        ("BUILT-IN", LAPTOP),
        ("pci-0000", LAPTOP),
        ("headset", None),
    ],
)
def test_a_part_of_a_name_will_do(wanted: str, found: Device | None) -> None:
    assert find([YETI, LAPTOP], wanted) is found


def test_an_exact_name_goes_before_a_part() -> None:
    short = Device("mic", "mic", 16000, 1, default=False)
    longer = Device("mic2", "mic2", 16000, 1, default=True)
    assert find([longer, short], "mic") is short


@pytest.mark.desktop
def test_the_sound_servers_microphones_have_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PulseAudio(tmp_path) as pulse:
        pulse.enter(monkeypatch)
        listed = {device.name: device for device in list_devices()}
        assert set(listed) == {MICROPHONE, SECOND_MICROPHONE}  # and no monitor of a speaker
        assert listed[MICROPHONE] == Device(
            MICROPHONE, DESCRIPTION, rate=48000, channels=2, default=True, pulse=True
        )
        assert not listed[SECOND_MICROPHONE].default


def test_without_a_server_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/pulse")
    assert pulse_sources() == []
