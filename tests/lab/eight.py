"""Eight utterances in a row into one window, the keys between them, and what a careful typist would
have written.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lab.daemon import RealDaemon, with_constants
from tests.lab.scripted import script
from tests.lab.windows import Window


@dataclass(frozen=True, slots=True)
class Utterance:
    """The keys before it, the words, and the last line of the window then."""

    keys: str
    said: str
    line: str


EIGHT: Final = (
    Utterance("", "The meeting is at three o'clock.", "The meeting is at three o'clock."),
    Utterance(
        "",
        "Please bring the numbers.",
        "The meeting is at three o'clock. Please bring the numbers.",
    ),
    # An item of a list.
    Utterance("Return minus space", "Milk and bread.", "- Milk and bread."),
    # Within brackets.
    Utterance("Return o k space parenleft parenright Left", "See the notes.", "ok (see the notes)"),
    Utterance("End", "And bring the keys.", "ok (see the notes) and bring the keys."),
    # Between two words.
    Utterance("Left Left Left Left Left", "Other.", "ok (see the notes) and bring the other keys."),
    # Before a full stop.
    Utterance(
        "End Left", "And the map.", "ok (see the notes) and bring the other keys and the map."
    ),
    Utterance(
        "End",
        "Then we go.",
        "ok (see the notes) and bring the other keys and the map. Then we go.",
    ),
)
PATIENCE: Final = {
    "dictate.app.around_cursor.ANSWER_S": 5,
    "dictate.outputs.accessible_text.READ_S": 5,
    "dictate.outputs.wayland.surrounding.REPORT_S": 1,
    "dictate.outputs.ibus.surrounding.ANSWER_S": 0.5,
}
"""Seconds for what stands around the cursor, on a machine that may be busy."""
PATIENT: Final = with_constants(PATIENCE)
"""The `program` of a daemon there."""
HAND_S: Final = 0.4
"""Seconds between a key and the next dictation: the hand moves."""


def says(folder: Path) -> Path:
    """What the engine speaks."""
    return script(folder / "eight", *(each.said for each in EIGHT))


def begin_anew(daemon: RealDaemon, say: Callable[[], None]) -> None:
    """Have the engine come to the first of them, after a failure before. No window may be open."""
    while (said := daemon.history(1)) and said[0]["text"] != EIGHT[-1].said:
        say()


def dictate_eight(
    window: Window, say: Callable[[], None], press: Callable[[str], None] | None
) -> None:
    """Have them said. `press`: keys, by their names; None where nothing can be read."""
    wanted: list[str] = []
    for number, each in enumerate(EIGHT, 1):
        if press is None:
            wanted = [" ".join(before.said for before in EIGHT[:number])]
        else:
            if each.keys:
                press(each.keys)
            wanted = [*(wanted if each.keys.startswith("Return") else wanted[:-1]), each.line]
        say()
        window.wait_text("\n".join(wanted))
