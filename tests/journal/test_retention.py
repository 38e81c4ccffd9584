"""Days count only if the world was seen to move, and no jump of a clock deletes anything."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dictate.config.schema import JournalSettings
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.journal.retention import DAY_S, Moment, passed

HOUR_S = 3600.0
NOW = 1.8e9
AHEAD_S = 400 * DAY_S


class World:
    """A machine whose clocks go as a test has them go."""

    def __init__(self) -> None:
        self.wall, self.boot, self.boot_s = NOW, 1, 100.0

    def look(self) -> Moment:
        return Moment(self.wall, str(self.boot), self.boot_s)

    def run(self, seconds: float) -> None:
        """Time goes by; the machine may be suspended."""
        self.wall += seconds
        self.boot_s += seconds

    def set_clock(self, seconds: float) -> None:
        """The wall clock is set, or was wrong."""
        self.wall += seconds

    def reboot(self, off_s: float = 60.0) -> None:
        """The machine is off for some time."""
        self.wall += off_s
        self.boot, self.boot_s = self.boot + 1, 10.0


@pytest.mark.parametrize("seconds", [0.0, 1.0, HOUR_S, 20 * HOUR_S])
def test_time_counts_as_it_goes(seconds: float) -> None:
    world = World()
    before = world.look()
    world.run(seconds)
    assert passed(before, world.look()) == (seconds, 0.0)
    world.reboot(seconds)
    later = world.look()
    assert passed(later, later) == (0.0, 0.0)


@pytest.mark.parametrize("jump_days", [400, 25, 2, -2, -400, -20_000])
@pytest.mark.fault("F10")
def test_a_clock_that_is_set_while_the_machine_is_up_adds_nothing_and_is_noticed(
    jump_days: int,
) -> None:
    world = World()
    before = world.look()
    world.run(HOUR_S)
    world.set_clock(jump_days * DAY_S)
    assert passed(before, world.look()) == (HOUR_S, jump_days * DAY_S)


@pytest.mark.parametrize("jump_days", [400, 61, -2, -20_000])
@pytest.mark.fault("F10")
def test_a_clock_that_is_wrong_after_a_boot_adds_nothing_and_is_noticed(jump_days: int) -> None:
    world = World()
    before = world.look()
    world.reboot(jump_days * DAY_S)
    assert passed(before, world.look()) == (0.0, jump_days * DAY_S)


@pytest.mark.parametrize("hours", [1, 12, -1, -12])
def test_the_hours_by_which_two_systems_differ_are_no_jump(hours: int) -> None:
    world = World()
    before = world.look()
    world.set_clock(hours * HOUR_S)
    assert passed(before, world.look()) == (0.0, 0.0)


@pytest.mark.parametrize("away_days", [2, 21, 59])
@pytest.mark.parametrize("how", [World.run, World.reboot])
def test_weeks_without_a_look_count_as_a_day_and_are_no_jump(
    away_days: int, how: Callable[[World, float], None]
) -> None:
    """A holiday: the machine is suspended, or off."""
    world = World()
    before = world.look()
    how(world, away_days * DAY_S)
    assert passed(before, world.look()) == (DAY_S, 0.0)


def test_a_system_without_a_boot_id_goes_by_the_wall_clock() -> None:
    assert passed(Moment(NOW, "", 500.0), Moment(NOW + HOUR_S, "", 10.0)) == (HOUR_S, 0.0)


class Kept:
    """A journal with one delivered and one held dictation, in a world of its own."""

    def __init__(self, folder: Path, keep_days: float) -> None:
        self.world = World()
        self.troubles: list[str] = []
        self._folder, self._settings = folder, JournalSettings(keep_days=keep_days)
        self.journal = self._open()
        for state in ("delivered", "held"):
            number = self.journal.next_number
            self.journal.begin(number, self.world.wall)
            self.journal.append(number, b"\1\2" * 16_000)
            self.journal.captured(number, "kate")
            self.journal.transcribed(number, "Text.", "text", "scripted")
            self.journal.typing(number, "x11")
            getattr(self.journal, state)(number, "a reason")
        self.look()

    def _open(self) -> Journal:
        journal = Journal(self._folder, self._settings, self.troubles.append)
        assert journal.open() == []
        return journal

    def start_again(self) -> None:
        """The daemon ends, and its next start looks at once."""
        self.journal.close()
        self.journal = self._open()
        self.look()

    def look(self) -> None:
        self.journal.sweep(self.world.look())

    def whole(self) -> bool:
        """Whether nothing is deleted."""
        found = self.journal.history(9)
        states = [entry.state for entry in found if entry.text and entry.has_audio]
        return states == [EntryState.HELD, EntryState.DELIVERED]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "dictate", keep_days=1.0)


@pytest.mark.fault("F10")
def test_a_start_with_the_clock_far_ahead_deletes_nothing_and_says_so_once(kept: Kept) -> None:
    kept.world.reboot(AHEAD_S)
    kept.start_again()
    assert kept.whole()
    (told,) = kept.troubles
    assert "jumped 400 days ahead" in told
    for _ in range(5):
        kept.world.run(HOUR_S)
        kept.look()
    assert kept.whole()
    kept.world.reboot(-AHEAD_S)
    kept.start_again()
    assert kept.whole()
    assert ["jumped 400 days back" in line for line in kept.troubles] == [False, True]


@pytest.mark.fault("F10")
def test_a_clock_that_jumps_to_and_fro_while_it_runs_deletes_nothing(kept: Kept) -> None:
    for jump_s in (AHEAD_S, -AHEAD_S, -20_000 * DAY_S, 20_000 * DAY_S) * 5:
        kept.world.run(HOUR_S / 2)
        kept.world.set_clock(jump_s)
        kept.look()
    assert kept.whole()


def test_a_machine_whose_clock_begins_in_1970_at_each_boot_counts_only_what_it_runs(
    kept: Kept,
) -> None:
    for _ in range(20):
        kept.world.reboot(-kept.world.wall + 50.0)
        kept.start_again()
        kept.world.set_clock(NOW)  # the network brings the time
        kept.world.run(HOUR_S)
        kept.look()
        kept.world.wall = NOW
    assert kept.whole()
    for _ in range(6):
        kept.world.run(HOUR_S)
        kept.look()
    assert not kept.whole()
    assert [entry.state for entry in kept.journal.history(9)] == [EntryState.HELD]


def test_dictations_of_an_older_dictate_count_from_now(kept: Kept) -> None:
    """It knows neither the column nor the clock, and may run in between."""
    for _ in range(20):
        kept.world.run(HOUR_S)
        kept.look()
    with kept.journal._store.transaction() as db:
        db.execute("UPDATE dictation SET since = NULL")
    for _ in range(20):
        kept.world.run(HOUR_S)
        kept.look()
    assert kept.whole()
