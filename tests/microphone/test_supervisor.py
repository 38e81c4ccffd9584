"""The tap on a microphone whose every move is scripted; on real ones see tests/faults."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import pytest

from dictate.config.schema import MicrophoneSettings
from dictate.errors import MicrophoneError
from dictate.events import RATE, AudioChunk
from dictate.microphone import Microphone
from dictate.microphone.supervisor import FIRST_BACKOFF_S, MicrophoneSupervisor

CHUNK = RATE // 50
CHUNK_S = CHUNK / RATE
NEVER = MicrophoneSettings(keep_open="never")
LINGER = MicrophoneSettings(keep_open="linger", linger_s=30.0, pre_roll_ms=200)
ALWAYS = MicrophoneSettings(keep_open="always", pre_roll_ms=200)


@dataclass
class Rig:
    """The world of one tap. Every sample is the number of its chunk, so each can be told."""

    settings: MicrophoneSettings
    loses_at: int | None = None
    """The number of the chunk at which the device fails, the first time."""
    ends_at: int | None = None
    refuses: int = 0
    """How many openings fail."""
    hangs: bool = False
    opens_in_s: float = 0.0
    silent: bool = False
    stalls: bool = False
    speed: float = 1.0
    chunks: list[AudioChunk] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    opened: list[tuple[bool, str]] = field(default_factory=list)
    ends: int = 0
    made: int = 0
    alive: int = 0
    """Microphones that are warm or open."""
    count: int = 0
    others: "dict[str, Rig]" = field(default_factory=dict)
    """Other microphones, by the name of their device."""

    def tap(self) -> MicrophoneSupervisor:
        return MicrophoneSupervisor(
            lambda settings: Scripted(self.others.get(settings.device, self)),
            self.settings,
            on_chunk=self.chunks.append,
            on_trouble=self.troubles.append,
            on_open_changed=lambda is_open, device: self.opened.append((is_open, device)),
            on_end=self.note_end,
        )

    def note_end(self) -> None:
        self.ends += 1

    @property
    def numbers(self) -> list[int]:
        """Which chunks were heard."""
        return [round(float(chunk.samples[0]) * RATE) for chunk in self.chunks]


class Scripted(Microphone):
    name: ClassVar[str] = "scripted"

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig.settings)
        self.rig = rig
        self.is_alive = False
        self.due = 0.0

    def unavailable_reason(self) -> str | None:
        return None

    def live(self) -> None:
        assert self.rig.alive < 3, "one open, one closing, one warm"
        self.rig.alive += not self.is_alive
        self.is_alive = True

    async def warm(self) -> None:
        await asyncio.sleep(0.01)
        self.live()

    async def open(self) -> str:
        self.live()
        self.rig.made += 1
        await asyncio.sleep(3600 if self.rig.hangs else self.rig.opens_in_s)
        if self.rig.refuses:
            self.rig.refuses -= 1
            raise MicrophoneError("there is no microphone")
        self.due = asyncio.get_running_loop().time()
        return "Scripted Microphone"

    async def read(self) -> AudioChunk | None:
        self.due += CHUNK_S / self.rig.speed
        await asyncio.sleep(max(0.0, self.due - asyncio.get_running_loop().time()))
        if self.rig.stalls:
            await asyncio.sleep(3600)
        self.rig.count += 1
        if self.rig.count == self.rig.loses_at:
            raise MicrophoneError("unplugged")
        if self.rig.count == self.rig.ends_at:
            return None
        value = 0.0 if self.rig.silent else self.rig.count / RATE
        return AudioChunk(np.full(CHUNK, value, np.float32), self.due - CHUNK_S)

    async def close(self) -> None:
        await asyncio.sleep(0.01)
        self.rig.alive -= self.is_alive
        self.is_alive = False


def play(rig: Rig, scenario: Callable[[MicrophoneSupervisor], Coroutine[Any, Any, None]]) -> Rig:
    """Run `scenario` on a started tap; afterwards nothing may be left."""

    async def whole() -> None:
        tap = rig.tap()
        await tap.start()
        try:
            await scenario(tap)
        finally:
            await tap.stop()
        assert not tap.is_open
        assert rig.alive == 0
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(whole())
    return rig


async def until(condition: Callable[[], object], within_s: float = 10.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the tap has no event for every condition
            await asyncio.sleep(0.01)


def heard(rig: Rig, count: int) -> Awaitable[None]:
    return until(lambda: len(rig.chunks) >= count)


def test_never_opens_at_the_press_and_closes_at_the_release() -> None:
    rig = Rig(NEVER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        assert not tap.is_open
        tap.listen()
        await heard(rig, 3)
        assert tap.is_open
        tap.release()
        await until(lambda: not tap.is_open, within_s=1.0)

    play(rig, scenario)
    assert rig.opened == [(True, "Scripted Microphone"), (False, "Scripted Microphone")]
    assert rig.troubles == []


def test_what_is_open_is_always_what_was_said() -> None:
    rig = Rig(LINGER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        for _ in range(3):
            tap.listen()
            await heard(rig, 2)
            assert rig.opened[-1][0] is tap.is_open is True
            tap.release()

    play(rig, scenario)
    assert [is_open for is_open, _ in rig.opened] == [True, False]


@pytest.mark.parametrize("settings", [LINGER, ALWAYS])
def test_pre_roll_joins_the_live_sound_without_gap_or_repetition(
    settings: MicrophoneSettings,
) -> None:
    rig = Rig(settings)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        tap.release()
        rig.chunks.clear()
        await asyncio.sleep(0.5)
        assert rig.chunks == []
        tap.listen()
        pressed = asyncio.get_running_loop().time()
        assert rig.chunks, "the pre-roll is there at once"
        await heard(rig, 30)
        assert pressed - 0.2 <= rig.chunks[0].at < pressed - 0.1

    play(rig, scenario)
    assert rig.numbers == list(range(rig.numbers[0], rig.numbers[0] + len(rig.numbers)))


@pytest.mark.fault("A14")
def test_no_sound_of_a_dictation_reaches_the_next() -> None:
    rig = Rig(LINGER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        for _ in range(5):
            tap.listen()
            await heard(rig, len(rig.chunks) + 3)
            tap.release()
            await asyncio.sleep(0.05)

    play(rig, scenario)
    assert len(set(rig.numbers)) == len(rig.numbers)
    assert rig.numbers == sorted(rig.numbers)


def test_no_pre_roll_means_none() -> None:
    rig = Rig(replace(LINGER, pre_roll_ms=0))

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        tap.release()
        rig.chunks.clear()
        await asyncio.sleep(0.2)
        tap.listen()
        assert rig.chunks == []
        await heard(rig, 3)

    play(rig, scenario)
    assert rig.made == 1


@pytest.mark.fault("A14")
def test_sound_from_before_a_stall_is_too_old_to_be_pre_roll() -> None:
    rig = Rig(LINGER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        tap.release()
        rig.chunks.clear()
        await asyncio.sleep(0.3)
        rig.stalls = True
        await asyncio.sleep(0.35)
        tap.listen()
        assert rig.chunks == []
        await until(lambda: rig.troubles)
        rig.stalls = False
        await heard(rig, 3)

    play(rig, scenario)
    assert "no sound comes" in rig.troubles[0]


def test_linger_ends() -> None:
    rig = Rig(replace(LINGER, linger_s=0.2))

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 1)
        tap.release()
        assert tap.is_open
        await until(lambda: not tap.is_open, within_s=2.0)

    play(rig, scenario)


def test_always_opens_at_the_start_and_keeps_nothing_old() -> None:
    rig = Rig(ALWAYS)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        await until(lambda: tap.is_open)
        await asyncio.sleep(0.6)
        tap.listen()
        tap.release()
        await asyncio.sleep(0.05)
        assert tap.is_open

    play(rig, scenario)
    assert len(rig.chunks) <= 10


@pytest.mark.fault("A12")
@pytest.mark.parametrize(("settings", "opens"), [(ALWAYS, True), (LINGER, False), (NEVER, False)])
def test_what_was_open_before_a_sleep_is_closed_after_it(
    settings: MicrophoneSettings, *, opens: bool
) -> None:
    rig = Rig(settings)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        tap.release()
        before = rig.made
        rig.stalls = True  # as a stream does that a sleep has broken
        await tap.renew()
        rig.stalls = False
        await until(lambda: tap.is_open is opens)
        tap.listen()
        await heard(rig, 6)
        await tap.renew()  # that one is left to its heartbeat
        await heard(rig, 9)
        assert rig.made == before + 1

    play(rig, scenario)


def test_a_press_right_after_the_release_waits_for_the_closing() -> None:
    rig = Rig(NEVER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        for _ in range(4):
            tap.listen()
            tap.release()
        tap.listen()
        await heard(rig, 3)
        tap.release()
        tap.listen()
        await heard(rig, 6)
        assert rig.alive == 1

    play(rig, scenario)
    assert [is_open for is_open, _ in rig.opened] == [True, False, True, False]


@pytest.mark.fault("S19")
def test_a_release_at_the_moment_of_the_next_attempt_ends_it() -> None:
    rig = Rig(NEVER, refuses=1)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await until(lambda: rig.troubles)
        loop = asyncio.get_running_loop()
        until_both = loop.time() + 2 * FIRST_BACKOFF_S
        loop.call_at(until_both - 0.01, tap.release)
        while loop.time() < until_both:  # the loop is busy: then the attempt and the release
            pass
        await asyncio.sleep(0.2)
        assert not tap.is_open

    play(rig, scenario)
    assert rig.made == 1


@pytest.mark.fault("B3")
@pytest.mark.parametrize("settings", [NEVER, LINGER, ALWAYS])
@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_presses_ends_well(settings: MicrophoneSettings, seed: int) -> None:
    rig = Rig(replace(settings, linger_s=0.03), refuses=2)
    dice = random.Random(seed)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        for _ in range(40):
            move = dice.choice((tap.listen, tap.release))
            move()
            if dice.random() < 0.1:
                await tap.apply(replace(settings, device=f"{dice.random()}"))
            await asyncio.sleep(dice.choice((0.0, 0.0, 0.005, 0.02, 0.05)))
        tap.listen()
        rig.chunks.clear()
        await heard(rig, 5)

    play(rig, scenario)
    said = [is_open for is_open, _ in rig.opened]
    assert said == [i % 2 == 0 for i in range(len(said))], "open and closed take turns"


def test_a_lost_microphone_comes_back_and_is_told_once() -> None:
    rig = Rig(NEVER, loses_at=5, refuses=0)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 4)
        rig.refuses = 2
        await heard(rig, 10)

    play(rig, scenario)
    assert rig.numbers[:4] == [1, 2, 3, 4]
    assert len(rig.troubles) == 1
    assert "unplugged" in rig.troubles[0]
    assert rig.made == 4


@pytest.mark.fault("A11", "A1")
@pytest.mark.parametrize("settings", [NEVER, ALWAYS], ids=["opened at the press", "kept open"])
def test_the_sound_that_a_lost_microphone_did_not_hear_is_counted(
    settings: MicrophoneSettings,
) -> None:
    rig = Rig(settings)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 5)
        rig.loses_at = rig.count + 1
        await heard(rig, 10)
        tap.release()
        await tap.renew()
        await asyncio.sleep(0.1)
        tap.listen()
        await heard(rig, 15)

    play(rig, scenario)
    (first,) = [number for number, chunk in enumerate(rig.chunks) if chunk.away]
    before, after = rig.chunks[first - 1 : first + 1]
    assert after.away == round((after.at - before.end) * RATE) >= 0.1 * RATE


def test_one_that_cannot_be_opened_is_told_at_once_and_tried_until_release() -> None:
    rig = Rig(NEVER, refuses=1000)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await until(lambda: rig.troubles, within_s=1.0)
        await until(lambda: rig.made >= 3)
        tap.release()
        await asyncio.sleep(0.05)
        made = rig.made
        await asyncio.sleep(0.5)
        assert rig.made == made

    play(rig, scenario)
    assert len(rig.troubles) == 1
    assert rig.troubles[0].startswith("there is no microphone.")
    assert rig.opened == []


@pytest.mark.fault("A5")
def test_an_opening_that_hangs_is_given_up() -> None:
    rig = Rig(NEVER, hangs=True)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await until(lambda: rig.troubles, within_s=5.0)
        rig.hangs = False
        await heard(rig, 1)

    play(rig, scenario)
    assert "did not open" in rig.troubles[0]


@pytest.mark.fault("A7", "A11")
def test_one_that_opens_slowly_gets_more_time_at_each_attempt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dictate.microphone.supervisor.OPEN_S", 0.1)
    rig = Rig(NEVER, opens_in_s=0.3)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        for attempts in (3, 6):  # the next dictation begins anew: it may have been one bad moment
            tap.listen()
            await heard(rig, len(rig.chunks) + 3)
            assert rig.made == attempts
            tap.release()
            await until(lambda: not tap.is_open)

    play(rig, scenario)


def test_a_press_does_not_wait_for_an_idle_back_off() -> None:
    rig = Rig(ALWAYS, refuses=4)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        await until(lambda: rig.made == 4)
        assert rig.troubles == [], "nobody listens, nobody is told"
        tap.listen()
        await until(lambda: rig.chunks, within_s=0.5)

    play(rig, scenario)


@pytest.mark.fault("A3")
def test_zeros_reopen_once_then_it_is_called_muted_and_left_alone() -> None:
    rig = Rig(NEVER, silent=True, speed=5.0)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await until(lambda: len(rig.troubles) == 2)
        await heard(rig, len(rig.chunks) + 300)

    play(rig, scenario)
    assert rig.made == 2
    assert "silence" in rig.troubles[0]
    assert "muted?" in rig.troubles[1]
    assert len(rig.troubles) == 2


def test_the_end_of_a_recording_is_told_and_the_next_press_begins_anew() -> None:
    rig = Rig(LINGER, ends_at=4)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await until(lambda: rig.ends == 1)
        await until(lambda: not tap.is_open)
        tap.release()
        tap.listen()
        await heard(rig, 5)

    play(rig, scenario)
    assert rig.ends == 1
    assert rig.made == 2


def test_another_microphone_takes_over_in_the_middle_of_a_dictation() -> None:
    other = Rig(NEVER)
    rig = Rig(NEVER, others={"other": other})

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        await tap.apply(replace(NEVER, device="other"))
        assert rig.alive == 0
        before = len(rig.chunks)
        await heard(rig, before + 3)
        assert other.made == 1

    play(rig, scenario)
    assert other.alive == 0


def test_a_new_keep_open_applies_at_once_and_not_in_a_dictation() -> None:
    rig = Rig(LINGER)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        tap.listen()
        await heard(rig, 3)
        await tap.apply(NEVER)
        assert tap.is_open
        tap.release()
        await until(lambda: not tap.is_open)
        await tap.apply(ALWAYS)
        await until(lambda: tap.is_open)
        await tap.apply(NEVER)
        await until(lambda: not tap.is_open)

    play(rig, scenario)
    assert rig.made == 2


def test_a_bug_of_a_listener_is_told_and_leaves_no_open_microphone() -> None:
    rig = Rig(NEVER)

    def fail(_chunk: AudioChunk) -> None:
        raise ZeroDivisionError("division by zero")

    async def whole() -> None:
        tap = rig.tap()
        tap._on_chunk = fail
        await tap.start()
        tap.listen()
        await until(lambda: rig.troubles)
        assert not tap.is_open
        await tap.stop()

    asyncio.run(whole())
    assert rig.alive == 0
    assert "division by zero" in rig.troubles[0]


def test_stop_is_idempotent_and_final() -> None:
    rig = Rig(ALWAYS)

    async def scenario(tap: MicrophoneSupervisor) -> None:
        await until(lambda: tap.is_open)
        await asyncio.gather(tap.stop(), tap.stop())
        tap.listen()
        await asyncio.sleep(0.05)
        assert not tap.is_open

    play(rig, scenario)
