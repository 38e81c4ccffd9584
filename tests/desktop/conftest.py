"""One desktop for each module of tests: X11, GNOME Shell, or KDE's KWin."""

from collections.abc import Iterator

import pytest

from tests.lab.desk import Desk, running_desk
from tests.lab.gnome import Gnome
from tests.lab.kwin import Kwin

__all__ = ["Desk", "Kwin", "desk", "gnome", "kwin"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desktop."""
    with running_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture(scope="module")
def gnome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gnome]:
    """A GNOME Shell, where it was asked for."""
    if "gnome" not in request.config.getoption("-m"):
        pytest.skip("GNOME Shell is 94 MB of packages: `make gnome` installs it and runs this")
    with Gnome(tmp_path_factory.mktemp("gnome")) as gnome:
        yield gnome


@pytest.fixture(scope="module")
def kwin(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Kwin]:
    """A KWin, where it was asked for."""
    if "kde" not in request.config.getoption("-m"):
        pytest.skip("KWin is 51 MB of packages: `make kde` installs it and runs this")
    with Kwin(tmp_path_factory.mktemp("kwin")) as kwin:
        yield kwin
