"""`check --live` says what really arrives: also when that is wrong, late, or nothing."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate.config.schema import OutputSettings
from dictate.diagnostics import output_trial
from dictate.errors import NotDelivered
from dictate.outputs import Focus, Receipt
from dictate.outputs.x11.output import X11Output
from tests.lab.windows import Blank
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop


@pytest.fixture
def x(monkeypatch: pytest.MonkeyPatch) -> Iterator[XServer]:
    need("xclip")
    with XServer() as server:
        monkeypatch.setenv("DISPLAY", server.display)
        yield server


def rows(used: X11Output | None = None) -> dict[str, output_trial.Row]:
    async def main() -> list[output_trial.Row]:
        if used is not None:
            await used.open()
        try:
            return await output_trial.rows(OutputSettings(), used)
        finally:
            if used is not None:
                await used.close()

    return {str(row["output"]): row for row in asyncio.run(main())}


class Late(X11Output):
    """Loses the last character."""

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        return await super().write(text[:-1], focus)


class Refusing(X11Output):
    async def write(self, text: str, focus: Focus | None) -> Receipt:
        raise NotDelivered("it does not want to")


def test_every_output_that_works_is_tried(x: XServer) -> None:
    found = rows()
    assert set(found) == {"x11", "clipboard"}
    assert found["x11"]["verdict"] == "exact"
    assert found["x11"]["receipt"] == "delivered"
    assert 0 < float(found["x11"]["ms"]) < 3000
    assert found["clipboard"]["verdict"] == "copied"
    assert not any(row["used"] for row in found.values())
    assert not x.keys_down()


def test_the_one_in_use_is_marked_and_what_is_wrong_is_said(
    x: XServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_trial, "ARRIVE_S", 0.5)
    found = rows(Late(OutputSettings()))["x11"]
    assert found["used"] is True
    assert found["verdict"] == "different"
    assert str(found["found"]).startswith("“Dictate” ")
    found = rows(Refusing(OutputSettings()))["x11"]
    assert (found["verdict"], found["found"]) == ("failed", "it does not want to")


def test_a_window_that_gets_no_focus_is_said(
    x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = tmp_path / "window.py"
    window.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(output_trial, "WINDOW", window)
    monkeypatch.setattr(output_trial, "OPEN_S", 0.5)
    other = Blank(x, tmp_path)
    found = rows()["x11"]
    assert found["verdict"] == "failed"
    assert "click into it" in str(found["found"])
    other.close()


def test_no_toolkit(x: XServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = tmp_path / "window.py"
    window.write_text("raise ImportError\n")
    monkeypatch.setattr(output_trial, "WINDOW", window)
    assert "python3-gi" in str(rows()["x11"]["found"])
