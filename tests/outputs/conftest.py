"""What tests of outputs share: sway with a seat; an X server with IBus, and two windows on it; one
with an accessibility bus."""

from collections.abc import Iterator

import pytest

from dictate.outputs.ibus import output as ibus_output
from tests.lab.accessibility import AccessibilityBus
from tests.lab.bus import session_bus
from tests.lab.ibus import IBusDaemon
from tests.lab.sway import Keyboard, Sway, need
from tests.lab.windows import Gtk4Field, GtkField, Window
from tests.lab.xserver import XServer


@pytest.fixture(scope="module")
def sway() -> Iterator[Sway]:
    with Sway() as running:
        yield running


@pytest.fixture(scope="module")
def seat(sway: Sway) -> Iterator[Keyboard]:
    with sway.keyboard() as keyboard:
        yield keyboard


@pytest.fixture(scope="package")
def ibus_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[XServer, IBusDaemon]]:
    with XServer() as x:
        ibus = IBusDaemon(x, tmp_path_factory.mktemp("ibus"))
        x.more_env = ibus.env
        ibus.start()
        yield x, ibus


@pytest.fixture
def ibus_x(ibus_desk: tuple[XServer, IBusDaemon]) -> XServer:
    return ibus_desk[0]


@pytest.fixture
def ibus(ibus_desk: tuple[XServer, IBusDaemon], monkeypatch: pytest.MonkeyPatch) -> IBusDaemon:
    monkeypatch.setenv("IBUS_ADDRESS", ibus_desk[1].address)
    monkeypatch.setattr(ibus_output, "_RECEIPT_S", 2.0)  # this machine may be busy
    return ibus_desk[1]


@pytest.fixture(scope="package")
def ibus_windows(
    ibus_desk: tuple[XServer, IBusDaemon], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Window]]:
    folder = tmp_path_factory.mktemp("windows")
    kinds: tuple[type[Window], ...] = (GtkField, Gtk4Field)
    opened = {kind.kind: kind(ibus_desk[0], folder) for kind in kinds}
    yield opened
    for window in opened.values():
        window.close()


@pytest.fixture(params=["gtk3", "gtk4"])
def window(request: pytest.FixtureRequest, ibus_windows: dict[str, Window]) -> Window:
    ibus_windows[request.param].forget()
    return ibus_windows[request.param]


@pytest.fixture
def field(ibus_windows: dict[str, Window], ibus: IBusDaemon) -> Gtk4Field:
    ibus_windows["gtk4"].forget()
    assert isinstance(ibus_windows["gtk4"], Gtk4Field)
    return ibus_windows["gtk4"]


@pytest.fixture
def other(ibus_windows: dict[str, Window]) -> Window:
    ibus_windows["gtk3"].forget()
    return ibus_windows["gtk3"]


@pytest.fixture(scope="module")
def accessible_desk(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[XServer, AccessibilityBus]]:
    folder = tmp_path_factory.mktemp("bus")
    with (
        session_bus(folder) as bus,
        XServer() as x,
        AccessibilityBus(bus.address, folder, x.display) as accessibility,
    ):
        x.more_env = accessibility.env
        yield x, accessibility


@pytest.fixture
def accessible_x(
    accessible_desk: tuple[XServer, AccessibilityBus], monkeypatch: pytest.MonkeyPatch
) -> XServer:
    need("xclip")
    monkeypatch.setenv("DISPLAY", accessible_desk[0].display)
    monkeypatch.setenv(
        "DBUS_SESSION_BUS_ADDRESS", accessible_desk[1].env["DBUS_SESSION_BUS_ADDRESS"]
    )
    return accessible_desk[0]
