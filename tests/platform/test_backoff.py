"""Waits grow, are bounded, and start anew after something that worked."""

from hypothesis import given
from hypothesis import strategies as st

from dictate.platform.backoff import Backoff


def test_it_doubles_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.after() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert backoff.failures == 5


def test_what_held_for_long_starts_anew() -> None:
    backoff = Backoff(1.0, 60.0, steady_s=10.0)
    assert [backoff.after(1.0), backoff.after(9.9), backoff.after(10.0)] == [1.0, 2.0, 1.0]
    backoff.reset()
    assert backoff.after() == 1.0


@given(st.integers(0, 5000))
def test_it_never_overflows(times: int) -> None:
    backoff = Backoff(0.1, 30.0, factor=8.0, failures=times)
    assert 0.1 <= backoff.after() <= 30.0
