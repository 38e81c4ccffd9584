"""These tests are run by `make packages` only."""

import pytest


@pytest.fixture(autouse=True, scope="package")
def _only_if_asked_for(request: pytest.FixtureRequest) -> None:
    if "packages" not in request.config.getoption("-m"):
        pytest.skip("building and installing packages takes some 16 minutes: `make packages`")
