"""The X server of the tests in a file."""

from collections.abc import Iterator

import pytest

from tests.lab.xserver import XServer


@pytest.fixture(scope="module")
def shared() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture
def x(shared: XServer, monkeypatch: pytest.MonkeyPatch) -> XServer:
    monkeypatch.setenv("DISPLAY", shared.display)
    return shared
