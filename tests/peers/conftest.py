"""These tests need speech servers and clients that are not ours, with real models."""

from collections.abc import Iterator

import pytest

from tests.lab.whisper import WhisperServer


@pytest.fixture(scope="session", autouse=True)
def installed(request: pytest.FixtureRequest) -> None:
    if "peers" not in request.config.getoption("-m"):
        pytest.skip(
            "a Whisper server and its model are 430 MB: `make peers` installs and runs this"
        )


@pytest.fixture(scope="module")
def whisper(installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WhisperServer]:
    """A server for all tests of a module; one that a test kills, it starts again."""
    with WhisperServer(tmp_path_factory.mktemp("whisper")) as server:
        yield server
