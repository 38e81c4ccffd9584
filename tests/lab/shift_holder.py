"""Our kernel keyboard; presses the chord at a line of input, and then holds Shift for minutes."""

import asyncio

from dictate.outputs.paste import shift_insert
from dictate.outputs.paste_keys.uinput_keys import KernelKeyboard

if __name__ == "__main__":
    shift_insert.HOLD_S = 600  # type: ignore[misc]
    keyboard = KernelKeyboard()
    input()
    asyncio.run(keyboard.press(lambda: False))
