"""Our keyboard in a real kernel, as somebody else reads it."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.outputs.paste_keys.uinput_keys import KernelKeyboard
from dictate.platform.kernel_input import OWN_KEYBOARD
from tests.lab.kernel import Reader, by_name, shift_holder
from tests.lab.uinput import CHORD

pytestmark = [pytest.mark.vm, pytest.mark.usefixtures("settled")]

SHIFT = 42


@pytest.fixture
def keyboard() -> Iterator[KernelKeyboard]:
    keyboard = KernelKeyboard()
    yield keyboard
    keyboard.close()


def test_a_desktop_takes_it_for_a_keyboard(keyboard: KernelKeyboard) -> None:
    (path,) = by_name(OWN_KEYBOARD)
    subprocess.run(["udevadm", "settle"], check=True)
    told = subprocess.run(["udevadm", "info", path], capture_output=True, text=True, check=True)
    assert "E: ID_INPUT_KEYBOARD=1" in told.stdout


def test_the_chord_as_another_program_reads_it(keyboard: KernelKeyboard) -> None:
    (path,) = by_name(OWN_KEYBOARD)
    reader = Reader(path)
    for times in (1, 2, 3):
        asyncio.run(keyboard.press(lambda: True))
        assert reader.read(4 * times) == CHORD * times
        assert reader.device.active_keys() == []
    reader.close()
    assert by_name(OWN_KEYBOARD) == [path], "it is the same one each time"
    keyboard.close()
    keyboard.close()
    assert by_name(OWN_KEYBOARD) == []


def test_who_is_killed_within_the_chord_leaves_no_key_down() -> None:
    with shift_holder() as holder:
        (path,) = by_name(OWN_KEYBOARD)
        reader = Reader(path)
        holder.tell()
        assert reader.read(3) == CHORD[:3]
        assert reader.device.active_keys() == [SHIFT]
        holder.kill()
    # Its readers are told that it is gone, and with it all that was down on it.
    reader.read_to_the_end()
    assert not Path(path).exists()
    reader.close()
