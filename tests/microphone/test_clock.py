from hypothesis import given
from hypothesis import strategies as st

from dictate.events import RATE
from dictate.microphone.clock import WINDOW_S, SampleClock

CHUNK = RATE // 50
CHUNK_S = CHUNK / RATE


def stamps(arrivals: list[float]) -> list[float]:
    clock = SampleClock()
    return [clock.stamp(arrived, CHUNK) for arrived in arrivals]


def test_a_steady_stream_is_stamped_with_arrival_minus_duration() -> None:
    arrivals = [100.0 + i * CHUNK_S for i in range(50)]
    for at, arrived in zip(stamps(arrivals), arrivals, strict=True):
        assert abs(at - (arrived - CHUNK_S)) < 1e-9


def test_bursts_are_spread_out() -> None:
    # Five chunks at once, every 100 ms: only the last of each five comes without delay.
    made = [100.0 + i * CHUNK_S for i in range(100)]
    arrivals = [made[i - i % 5 + 4] + CHUNK_S for i in range(100)]
    for at, truth in list(zip(stamps(arrivals), made, strict=True))[5:]:
        assert abs(at - truth) < 1e-6


def test_a_pause_of_the_machine_does_not_move_the_clock() -> None:
    made = [100.0 + i * CHUNK_S for i in range(200)]
    arrivals = [max(at + CHUNK_S, 101.3) if at > 100.5 else at + CHUNK_S for at in made]
    for at, truth in zip(stamps(arrivals), made, strict=True):
        assert abs(at - truth) < 1e-6


def test_a_gap_moves_the_clock_within_two_windows() -> None:
    gap = 0.7
    count = round(1.0 / CHUNK_S)
    made = [100.0 + i * CHUNK_S + (gap if i >= count else 0.0) for i in range(6 * count)]
    at = stamps([at + CHUNK_S for at in made])
    later = count + round(2 * WINDOW_S / CHUNK_S)
    assert abs(at[later] - made[later]) < 1e-6


def test_dropped_samples_are_counted_in() -> None:
    clock = SampleClock()
    clock.stamp(100.0, CHUNK)
    assert abs(clock.stamp(101.0 + CHUNK_S, CHUNK, lost=RATE) - 101.0) < 1e-9


@given(st.lists(st.floats(0.0, 2.0), max_size=300))
def test_it_never_goes_backwards(delays: list[float]) -> None:
    arrived, arrivals = 0.0, []
    for i, delay in enumerate(delays):
        arrived = max(arrived, i * CHUNK_S + delay)
        arrivals.append(arrived)
    at = stamps(arrivals)
    assert at == sorted(at)
