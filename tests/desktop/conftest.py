"""One desktop for each module of tests."""

from collections.abc import Iterator

import pytest

from tests.lab.desk import Desk, running_desk

__all__ = ["Desk", "desk"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desktop."""
    with running_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk
