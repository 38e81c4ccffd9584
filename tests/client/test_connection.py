"""How `dictatectl` reaches the session bus."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jeepney import Parser, new_error

from dictate.client.connection import BUS, BUS_PATH, Connection
from dictate.errors import Unavailable
from dictate.platform import bus_names
from tests.lab.bus import session_bus


def names() -> list[str]:
    """What the bus at $DBUS_SESSION_BUS_ADDRESS answers to a call."""
    connection = Connection(bus_names.session_address())
    try:
        answer = connection.call(BUS, BUS_PATH, BUS, "ListNames", limit_s=20)
    finally:
        connection.close()
    found: list[str] = answer.body[0]
    return found


@pytest.mark.parametrize(
    "form",
    [
        "unix:path={},guid=0123456789abcdef0123456789abcdef",
        "unix:guid=0123456789abcdef0123456789abcdef,path={}",
        "unix:path=%2f{}",
        "tcp:host=localhost,port=1;unix:path={}",
    ],
)
def test_an_address_may_have_more_than_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    with session_bus(tmp_path):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", form.format(tmp_path / "test-bus"))
        assert BUS in names()


@pytest.mark.parametrize(
    "address", ["nonsense", "unix:", "unix:path=/nowhere", "tcp:host=localhost,port=1"]
)
def test_a_bus_that_is_not_there_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(Unavailable, match=r"cannot be reached.*dbus-run-session"):
        Connection(bus_names.session_address())


def test_a_bus_that_says_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'silent'}")
    monkeypatch.setattr(bus_names, "HELLO_S", 0.1)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "silent"))
        server.listen()
        with pytest.raises(Unavailable, match="does not answer"):
            Connection(bus_names.session_address())


@contextmanager
def bus_that(plays: Callable[[socket.socket], None], folder: Path) -> Iterator[str]:
    """The address of a bus that does this with its one client."""
    path = folder / "bus"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{path}")
        server.listen()

        def serve() -> None:
            with server.accept()[0] as client:
                plays(client)

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        yield f"unix:abstract={path}"
        serving.join()


def test_a_bus_that_refuses_the_user_says_so(tmp_path: Path) -> None:
    def refuse(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(b"REJECTED EXTERNAL\r\n")
        client.recv(4096)

    with (
        bus_that(refuse, tmp_path) as address,
        pytest.raises(Unavailable, match=r"cannot be reached \(.*REJECTED"),
    ):
        Connection(address)


@pytest.mark.parametrize(
    ("full", "reason"), [(False, "does not answer"), (True, r"cannot be reached .*LimitsExceeded")]
)
def test_a_bus_that_does_not_take_one_in_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, full: bool, reason: str
) -> None:
    monkeypatch.setattr(bus_names, "HELLO_S", 20.0 if full else 0.1)

    def greet(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
        parser, said = Parser(), b""
        while b"BEGIN\r\n" not in said:
            said += client.recv(4096)
        parser.add_data(said.partition(b"BEGIN\r\n")[2])
        while (hello := parser.get_next_message()) is None:
            parser.add_data(client.recv(4096))
        if full:
            error = new_error(hello, f"{BUS}.Error.LimitsExceeded", "s", ("too many",))
            client.sendall(error.serialise(serial=1))
        client.recv(4096)

    with bus_that(greet, tmp_path) as address, pytest.raises(Unavailable, match=reason):
        Connection(address)
