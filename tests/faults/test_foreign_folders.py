"""Somebody else has put something in the place of our folders: nothing is written there, and
nothing that lies there is used."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.daemon import wait_for
from tests.lab.scripted import Home, home

NOBODY = 65534
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users: run as root")


def their_folder(place: Path, elsewhere: Path) -> None:
    place.mkdir()
    os.chown(place, NOBODY, NOBODY)
    place.chmod(0o777)


def their_link(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere)
    os.lchown(place, NOBODY, NOBODY)


def our_link_to_their_folder(place: Path, elsewhere: Path) -> None:
    place.symlink_to(elsewhere)
    os.chown(elsewhere, NOBODY, NOBODY)


TRAPS = [their_folder, their_link, our_link_to_their_folder]


def nothing_in(place: Path, elsewhere: Path) -> bool:
    return not list(elsewhere.iterdir()) and not list(place.iterdir())


@pytest.mark.fault("S15")
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_the_folder_of_the_sockets(tmp_path: Path, trap: Callable[[Path, Path], None]) -> None:
    """Through them goes the sound: the daemon ends, and says why."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    with home(tmp_path) as user:
        daemon = user.daemon()
        place = Path(daemon.env["XDG_RUNTIME_DIR"]) / "dictate"
        trap(place, elsewhere)
        daemon.spawn()
        assert daemon.wait() != 0
        assert "belongs to another user" in daemon.logged()
        assert str(place) in daemon.logged() or str(elsewhere) in daemon.logged()
        assert "Traceback" not in daemon.logged()
        assert nothing_in(place, elsewhere)


@pytest.mark.fault("S15", "E6")
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_the_folder_of_the_journal(tmp_path: Path, trap: Callable[[Path, Path], None]) -> None:
    """What is said is written all the same, and kept in memory."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o777)
    with home(tmp_path) as user:
        place = user.folder / "state" / "dictate"
        place.parent.mkdir(exist_ok=True)
        trap(place, elsewhere)
        with user.daemon(*user.spoken) as daemon:
            wait_for(lambda: daemon.written() == f"{Home.text}\n", daemon.logged())
            daemon.wait_state("ready")
            assert "another user" in daemon.logged()
            assert daemon.ctl("last").stdout == f"{Home.text}\n"
        assert nothing_in(place, elsewhere)
