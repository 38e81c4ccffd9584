"""What presses mean, as a table that a user could read, and for any sequence at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.config.schema import HotkeySettings
from dictate.hotkeys import KeyDown, KeyUp
from dictate.hotkeys.hotkey import FirstDown, Hotkey, Press

# Milliseconds and what happens then: v down, ^ up, + up after another key was pressed; "off" and
# "on" is what the session says of itself. Last, what is expected, in order.
GOLDEN = {
    "hold": [
        ("hold and let go", "0v 900^", "START_HELD STOP"),
        ("a slip", "0v 100^", "START_HELD DISCARD"),
        ("just no slip", "0v 250^", "START_HELD STOP"),
        ("auto-repeat", "0v 660v 700v 740v 1000^", "START_HELD STOP"),
        ("a stray release", "10^ 20^", ""),
        ("twice", "0v 900^ 2000v 3000^", "START_HELD STOP START_HELD STOP"),
        ("twice released", "0v 900^ 950^", "START_HELD STOP"),
        ("bouncing press", "0v 4^ 9v 900^", "START_HELD DISCARD START_HELD STOP"),
        ("bouncing release", "0v 900^ 905v 909^", "START_HELD STOP START_HELD DISCARD"),
    ],
    "toggle": [
        ("on and off", "0v 80^ 3000v 3080^", "TOGGLE TOGGLE"),
        ("held long", "0v 900v 3000^", "TOGGLE"),
        ("bouncing", "0v 4^ 9v 80^ 3000v 3004^ 3009v 3080^", "TOGGLE TOGGLE"),
        ("a stray release", "10^", ""),
    ],
    "hold_or_tap": [
        ("hold and let go", "0v 900^", "START_HELD STOP"),
        ("tap, talk, tap", "0v 100^ 3000v 3100^", "START_HELD LATCH STOP"),
        ("a shortcut is no tap", "0v 150+ 3000v 4000^", "START_HELD DISCARD START_HELD STOP"),
        ("a key touched while talking", "0v 900+", "START_HELD STOP"),
        ("tap, talk, long press", "0v 100^ 3000v 4000^", "START_HELD LATCH STOP"),
        ("tap, talk, tap, hold", "0v 100^ 3000v 3100^ 5000v 6000^",
         "START_HELD LATCH STOP START_HELD STOP"),
        ("auto-repeat", "0v 660v 700v 1000^", "START_HELD STOP"),
        ("a press that bounces is one hold", "0v 4^ 9v 900^", "START_HELD LATCH STOP"),
        ("a tap that bounces is one tap", "0v 4^ 9v 100^ 3000v", "START_HELD LATCH LATCH STOP"),
        ("a release that bounces latches nothing", "0v 900^ 905v 909^ 3000v",
         "START_HELD STOP START_HELD DISCARD START_HELD"),
        ("a last tap that bounces starts nothing", "0v 100^ 3000v 3004^ 3009v 3100^",
         "START_HELD LATCH STOP"),
        ("ended by itself: the next press starts", "0v 100^ on off 9000v 9900^",
         "START_HELD LATCH START_HELD STOP"),
        ("cancelled while it is down: a tap latches nothing", "0v on off 100^ 3000v 3900^",
         "START_HELD START_HELD STOP"),
        ("cancelled while it is held", "0v on off 2000^ 3000v 3900^",
         "START_HELD START_HELD STOP"),
        ("started by a command: a press stops", "on 1000v 1100^", "STOP"),
        ("the next press is not of the last recording", "0v on 900^ 1000v off on 1900^",
         "START_HELD STOP START_HELD STOP"),
    ],
    "double_tap": [
        ("one tap is nothing", "0v 100^ 3000v 3100^", ""),
        ("one hold is nothing", "0v 900^", ""),
        ("two taps, talk, a tap", "0v 100^ 200v 300^ 3000v 3100^", "START_HELD LATCH STOP"),
        ("a tap, hold and let go", "0v 100^ 200v 2000^", "START_HELD STOP"),
        ("the second too late", "0v 100^ 360v 400^", ""),
        ("the late one is a first", "0v 100^ 400v 500^ 600v 2000^", "START_HELD STOP"),
        ("the first too long", "0v 300^ 400v 500^", ""),
        ("two shortcuts", "0v 100+ 200v 300+", ""),
        ("a press that bounces is no two taps", "0v 4^ 9v 100^", ""),
        ("bouncing, and then the second", "0v 4^ 9v 100^ 200v 2000^", "START_HELD STOP"),
        ("held too long, bouncing", "0v 4^ 9v 300^ 400v 500^", ""),
        ("three taps", "0v 100^ 200v 300^ 400v 500^ 600v 700^", "START_HELD LATCH STOP"),
        ("auto-repeat", "0v 100^ 200v 860v 900v 2000^", "START_HELD STOP"),
        ("a release that bounces latches nothing", "0v 100^ 200v 900^ 905v 909^ 3000v",
         "START_HELD STOP START_HELD DISCARD"),
        ("started by a command: one press stops", "on 1000v 1100^", "STOP"),
    ],
}  # fmt: skip


@pytest.mark.fault("B3", "B9")
@pytest.mark.parametrize(
    ("mode", "script", "expected"),
    [
        pytest.param(mode, script, expected, id=f"{mode}: {name}")
        for mode, rows in GOLDEN.items()
        for name, script, expected in rows
    ],
)
def test_golden(mode: str, script: str, expected: str) -> None:
    hotkey = Hotkey(HotkeySettings(mode=mode))
    presses: list[Press] = []
    for word in script.split():
        if word in ("on", "off"):
            hotkey.session(recording=word == "on")
            continue
        at = int(word[:-1]) / 1000
        presses += hotkey.key(KeyDown(at) if word[-1] == "v" else KeyUp(at, word[-1] == "+"))
    assert " ".join(press.name for press in presses) == expected


def test_the_length_of_a_tap_is_the_users() -> None:
    hotkey = Hotkey(HotkeySettings(mode="hold", tap_ms=1000))
    assert hotkey.key(KeyDown(0.0)) == [Press.START_HELD]
    assert hotkey.key(KeyUp(0.9)) == [Press.DISCARD]


class Session:
    """What a session makes of the presses: nothing, held, or latched."""

    def __init__(self) -> None:
        self.state = "idle"

    def take(self, press: Press) -> None:
        if press in (Press.STOP, Press.DISCARD):
            self.state = "idle"
        elif press is Press.TOGGLE:
            self.state = "latched" if self.state == "idle" else "idle"
        elif press is Press.START_HELD and self.state == "idle":
            self.state = "held"
        elif press is Press.LATCH and self.state == "held":
            self.state = "latched"


steps = st.lists(
    st.tuples(
        st.sampled_from(("down", "up", "session says what it does")),
        st.sampled_from((0.0, 0.004, 0.049, 0.05, 0.1, 0.25, 0.3, 2.0)),
    ),
    max_size=40,
)


@pytest.mark.fault("B3")
@given(st.sampled_from(("hold", "toggle", "hold_or_tap", "double_tap")), steps)
def test_no_sequence_leaves_a_recording_held_after_a_release(
    mode: str, script: list[tuple[str, float]]
) -> None:
    hotkey, session, at = Hotkey(HotkeySettings(mode=mode)), Session(), 10.0
    for step, wait in script:
        at += wait
        if step == "session says what it does":
            hotkey.session(recording=session.state != "idle")
            continue
        for press in hotkey.key(KeyDown(at) if step == "down" else KeyUp(at)):
            session.take(press)
        if step == "up":
            assert session.state != "held"
            assert hotkey.key(KeyUp(at + 0.001)) == []
        else:
            assert hotkey.key(KeyDown(at + 0.001)) == []
    if mode == "hold":
        assert session.state != "latched"


@pytest.mark.fault("B3")
@given(st.sampled_from(("hold", "hold_or_tap")), steps)
def test_a_long_hold_always_records_and_always_ends(
    mode: str, script: list[tuple[str, float]]
) -> None:
    """Whatever came before, once the key has been let alone: nothing said is lost."""
    hotkey, session, at = Hotkey(HotkeySettings(mode=mode)), Session(), 10.0
    for step, wait in script:
        at += wait
        if step != "session says what it does":
            for press in hotkey.key(KeyDown(at) if step == "down" else KeyUp(at)):
                session.take(press)
    for press in hotkey.key(KeyUp(at + 1)):
        session.take(press)
    if session.state == "latched":
        for event in (KeyDown(at + 2), KeyUp(at + 3)):
            for press in hotkey.key(event):
                session.take(press)
    assert session.state == "idle"
    for press in hotkey.key(KeyDown(at + 4)):
        session.take(press)
    assert session.state == "held"
    assert hotkey.key(KeyUp(at + 9)) == [Press.STOP]


@pytest.mark.parametrize(
    ("script", "counted"),
    [
        ("av a^ bv b^ av a^", "av a^ bv b^ av a^"),
        ("av bv b^ a^ bv b^", "av a^ bv b^"),
        ("av bv a^ b^ av a^", "av a^ av a^"),
        ("av bv a^ bv b^ bv", "av a^ bv"),  # auto-repeat of the one that did not count
        ("av bv a^ av b^ a^", "av a^ av a^"),
        ("b^ av av a^", "b^ av av a^"),
    ],
)
def test_of_two_keys_the_first_that_is_down_counts(script: str, counted: str) -> None:
    first = FirstDown()
    kinds = {"v": KeyDown, "^": KeyUp}
    passed = [word for word in script.split() if first.counts(word[0], kinds[word[1]](0.0))]
    assert " ".join(passed) == counted
