"""A slow call is told from one that hangs, by what it does and not by how long it takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from dictate.engines import call_watch
from dictate.engines.call_watch import CallWatch
from dictate.engines.pace import Pace, slow_note


@dataclass
class Machine:
    """The clocks of a process."""

    now_s: float = 100.0
    used_s: float = 5.0
    """Processor time of all threads."""
    loop_s: float = 1.0
    """The part of the event loop in it."""
    faults: int = 0

    def passes(self, seconds: float, *, worked_s: float = 0.0, loop_s: float = 0.0) -> None:
        self.now_s += seconds
        self.used_s += worked_s + loop_s
        self.loop_s += loop_s


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    clocks = SimpleNamespace(
        monotonic=lambda: machine.now_s,
        process_time=lambda: machine.used_s,
        thread_time=lambda: machine.loop_s,
    )
    usage = SimpleNamespace(
        RUSAGE_SELF=0, getrusage=lambda _: SimpleNamespace(ru_majflt=machine.faults)
    )
    monkeypatch.setattr(call_watch, "time", clocks)
    monkeypatch.setattr(call_watch, "resource", usage)
    return machine


@pytest.fixture
def watch() -> CallWatch:
    return CallWatch()


@pytest.fixture
def signs() -> list[int]:
    """What a call counts up."""
    return [0]


@pytest.fixture
def under_way(machine: Machine, watch: CallWatch, signs: list[int]) -> Iterator[None]:
    """A call that may work for ten seconds, and was seen once."""
    with watch.call(10.0, lambda: signs[0]):
        assert watch.at_work(), "it has just begun"
        yield


@pytest.mark.usefixtures("under_way")
def test_a_call_that_gets_little_of_the_processor_is_at_work(
    machine: Machine, watch: CallWatch
) -> None:
    for _ in range(300):  # five minutes, in which it worked for nine seconds
        machine.passes(1.0, worked_s=0.03)
        assert watch.at_work()
    assert watch.idle_s == 0


@pytest.mark.usefixtures("under_way")
def test_a_call_that_does_nothing_is_not_at_work(machine: Machine, watch: CallWatch) -> None:
    for second in range(1, 10):
        machine.passes(1.0, worked_s=0.004, loop_s=0.5)  # the event loop may be busy
        assert not watch.at_work()
        assert watch.idle_s == second


@pytest.mark.usefixtures("under_way")
def test_an_endless_loop_is_at_work_up_to_its_limit(machine: Machine, watch: CallWatch) -> None:
    seen = []
    for _ in range(12):
        machine.passes(1.0, worked_s=1.0)
        seen.append(watch.at_work())
    assert seen == [True] * 10 + [False] * 2


@pytest.mark.usefixtures("under_way")
def test_threads_side_by_side_use_up_no_more_than_the_time_that_passes(
    machine: Machine, watch: CallWatch
) -> None:
    for _ in range(10):
        machine.passes(1.0, worked_s=16.0)
        assert watch.at_work()


@pytest.mark.usefixtures("under_way")
def test_a_call_that_waits_for_the_disk_to_bring_its_memory_back_is_at_work(
    machine: Machine, watch: CallWatch
) -> None:
    for _ in range(30):
        machine.passes(1.0)
        machine.faults += 1
        assert watch.at_work()


@pytest.mark.usefixtures("under_way")
def test_after_each_sign_a_call_has_its_time_again(
    machine: Machine, watch: CallWatch, signs: list[int]
) -> None:
    for _ in range(5):
        machine.passes(9.0, worked_s=9.0)
        assert watch.at_work()
        machine.passes(9.0)
        signs[0] += 1
        assert watch.at_work()
    machine.passes(11.0, worked_s=11.0)
    assert not watch.at_work()


@pytest.mark.usefixtures("under_way")
def test_all_time_counts_where_another_machine_does_the_work(
    machine: Machine, watch: CallWatch
) -> None:
    watch.waits = True
    seen = []
    for _ in range(12):
        machine.passes(1.0)
        seen.append(watch.at_work())
    assert seen[1:10] == [True] * 9
    assert not seen[-1]


@pytest.mark.usefixtures("under_way")
def test_clients_that_look_at_once_see_the_same(machine: Machine, watch: CallWatch) -> None:
    machine.passes(1.0, worked_s=0.5)
    assert watch.at_work()
    machine.passes(0.01)
    assert watch.at_work()


def test_a_series_of_calls_is_at_work_and_a_thread_without_one_is_not(
    machine: Machine, watch: CallWatch
) -> None:
    for _ in range(5):
        machine.passes(5.0)
        with watch.call(1.0):
            assert watch.at_work()
    machine.passes(5.0)
    assert not watch.at_work()
    assert watch.idle_s == 0


def test_the_limit_follows_the_sound_and_the_speed_of_the_engine() -> None:
    pace = Pace()
    assert pace.limit_s(3.0) == 30.0
    pace.measured(0.9, 1.0)
    assert pace.limit_s(3.0) == 30.0, "a short sound does not count"
    pace.measured(0.6, 6.0)
    assert pace.limit_s(3.0) == pytest.approx(6.0)
    pace.measured(0.0, 6.0)
    assert pace.limit_s(3.0) == pytest.approx(6.0), "the slowest one counts"
    pace.measured(60.0, 6.0)
    assert pace.limit_s(3.0, patience=1.0) == 15.0, "one busy minute does not count for ever"
    fast = Pace()
    fast.measured(0.01, 10.0)
    assert fast.limit_s(3.0) == pytest.approx(3.0)
    assert fast.limit_s(1000.0) == fast.limit_s(2000.0)


def test_an_engine_that_is_slower_than_speech_gets_a_note() -> None:
    assert slow_note(0.8) == ""
    assert slow_note(1.44).startswith(
        "it cannot keep up with speech: 1.4 s of work for a second of sound; a faster engine helps"
    )
