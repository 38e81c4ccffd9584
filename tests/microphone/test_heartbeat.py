import numpy as np

from dictate.events import RATE
from dictate.microphone.heartbeat import FIRST_SOUND_S, STALLED_S, ZEROS_S, Health, Heartbeat

NOISE = np.full(RATE // 10, 1e-4, np.float32)
ZEROS = np.zeros(RATE // 10, np.float32)


class Listener:
    """A heartbeat with a clock: 100 ms pass with each step, then it is asked."""

    def __init__(self) -> None:
        self.heartbeat = Heartbeat()
        self.now = 1000.0
        self.heartbeat.opened(self.now)

    def run(self, seconds: float, sound: np.ndarray | None) -> set[Health]:
        said = set()
        for _ in range(round(seconds * 10)):
            self.now += 0.1
            if sound is not None:
                self.heartbeat.heard(self.now, sound)
            said.add(self.heartbeat.check(self.now))
        return said

    def reopen(self) -> None:
        self.heartbeat.opened(self.now)


def test_noise_is_fine() -> None:
    assert Listener().run(10, NOISE) == {Health.FINE}


def test_the_first_sound_may_take_long_later_ones_not() -> None:
    mic = Listener()
    assert mic.run(FIRST_SOUND_S - 0.2, None) == {Health.FINE}
    assert mic.run(1, NOISE) == {Health.FINE}
    assert mic.run(STALLED_S - 0.2, None) == {Health.FINE}
    assert Health.STALLED in mic.run(0.5, None)


def test_no_first_sound_is_a_stall_in_the_end() -> None:
    mic = Listener()
    assert Health.STALLED in mic.run(FIRST_SOUND_S + 0.5, None)


def test_who_asks_late_excuses_a_late_answer_once() -> None:
    mic = Listener()
    mic.run(1, NOISE)
    mic.now += 5.0
    assert mic.heartbeat.check(mic.now) is Health.FINE
    assert mic.run(0.1, None) == {Health.STALLED}


def test_zeros_ask_for_one_reopening_then_mean_muted() -> None:
    mic = Listener()
    assert mic.run(ZEROS_S - 0.2, ZEROS) == {Health.FINE}
    assert Health.ZEROS in mic.run(0.4, ZEROS)
    mic.reopen()
    assert mic.run(ZEROS_S + 5, ZEROS) == {Health.FINE, Health.MUTED}
    mic.reopen()
    assert Health.ZEROS not in mic.run(20, ZEROS)


def test_sound_between_zeros_is_fine() -> None:
    mic = Listener()
    for _ in range(5):
        assert mic.run(ZEROS_S - 0.2, ZEROS) == {Health.FINE}
        assert mic.run(0.1, NOISE) == {Health.FINE}


def test_a_cure_counts_the_next_time_too() -> None:
    mic = Listener()
    mic.run(1, NOISE)
    assert Health.ZEROS in mic.run(ZEROS_S + 0.2, ZEROS)
    mic.reopen()
    assert mic.run(3, NOISE) == {Health.FINE}
    assert Health.ZEROS in mic.run(ZEROS_S + 0.2, ZEROS)


def test_a_noise_gate_is_not_opened_again_and_again() -> None:
    mic = Listener()
    mic.run(1, NOISE)
    assert Health.ZEROS in mic.run(ZEROS_S + 0.2, ZEROS)
    mic.reopen()
    # It goes on being silent, so opening it again has cured nothing; then somebody speaks.
    mic.run(1, ZEROS)
    for _ in range(3):
        assert mic.run(2, NOISE) == {Health.FINE}
        assert Health.ZEROS not in mic.run(5, ZEROS)


def test_silence_before_a_dictation_says_nothing_about_it() -> None:
    mic = Listener()
    mic.run(ZEROS_S - 0.3, ZEROS)
    mic.heartbeat.begin()
    assert mic.run(ZEROS_S - 0.3, ZEROS) == {Health.FINE}
