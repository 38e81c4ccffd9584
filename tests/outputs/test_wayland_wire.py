"""The Wayland protocol on the wire, against a compositor that is only a socket."""

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from dictate.outputs.wayland.protocols import CALLBACK, DATA_CONTROLS, DISPLAY, REGISTRY
from dictate.outputs.wayland.wire import Object, Wire, WireError

DEVICE, SOURCE = DATA_CONTROLS[1].makes["device"], DATA_CONTROLS[1].makes["source"]


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    wire = Wire(ours, DISPLAY)
    yield wire, theirs
    wire.close()
    theirs.close()


def event(number: int, code: int, *words: int | str) -> bytes:
    body = b""
    for word in words:
        if isinstance(word, int):
            body += struct.pack("=I", word)
        else:
            data = word.encode() + b"\0"
            body += struct.pack("=I", len(data)) + data + bytes(-len(data) % 4)
    return struct.pack("=II", number, (8 + len(body)) << 16 | code) + body


def test_requests_as_they_stand_in_the_protocol(ends: tuple[Wire, socket.socket]) -> None:
    wire, compositor = ends
    registry = wire.display.send("get_registry", REGISTRY)
    manager = wire.bind(registry, 7, DATA_CONTROLS[1], 2)
    source = manager.send("create_data_source", SOURCE)
    source.send("offer", "täxt")
    wire.flush()
    assert compositor.recv(4096) == (
        event(1, 1, 2)
        + event(2, 0, 7, "zwlr_data_control_manager_v1", 2, 3)
        + event(3, 0, 4)
        + event(4, 0, "täxt")
    )


def test_events_come_whole_however_they_are_cut(ends: tuple[Wire, socket.socket]) -> None:
    wire, compositor = ends
    seen: list[tuple[object, ...]] = []
    registry = wire.display.send("get_registry", REGISTRY)
    registry.on["global"] = lambda *values: seen.append(values)
    for byte in event(2, 0, 5, "wl_sëat", 8) + event(2, 0, 6, "wl_output", 4):
        compositor.sendall(bytes([byte]))
        wire.read()
    assert seen == [(5, "wl_sëat", 8), (6, "wl_output", 4)]


def test_open_files_go_both_ways_and_none_is_left(ends: tuple[Wire, socket.socket]) -> None:
    wire, compositor = ends
    device = wire._new(DEVICE)
    offers: list[Object] = []
    device.on["data_offer"] = offers.append
    compositor.sendall(event(device.number, 0, 0xFF000001))
    wire.read()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are enough
    reading, writing = os.pipe()
    offers[0].send("receive", "text/plain", writing)
    wire.flush()
    _, (theirs,), _, _ = socket.recv_fds(compositor, 4096, 4)
    os.write(theirs, b"content")
    os.close(theirs)
    assert os.read(reading, 100) == b"content"
    assert os.read(reading, 100) == b""  # our own copy of the other end has been closed
    os.close(reading)

    source = wire._new(SOURCE)
    asked: list[tuple[str, int]] = []
    source.on["send"] = lambda kind, descriptor: asked.append((kind, descriptor))
    reading, writing = os.pipe()
    socket.send_fds(compositor, [event(source.number, 0, "text/plain")], [writing])
    wire.read()
    assert asked[0][0] == "text/plain"
    os.close(asked[0][1])
    del source.on["send"]
    socket.send_fds(compositor, [event(source.number, 0, "text/plain")], [writing])
    wire.read()
    os.close(writing)
    assert os.read(reading, 1) == b""  # what nobody wanted has been closed
    os.close(reading)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_a_compositor_that_does_not_read_blocks_nothing(ends: tuple[Wire, socket.socket]) -> None:
    wire, compositor = ends
    source = wire._new(SOURCE)
    for n in range(5_000):
        source.send("offer", f"{n:0100}")
    wire.flush()
    assert wire.waiting
    received = b""
    while wire.waiting:
        received += compositor.recv(1 << 20)
        wire.flush()
    compositor.settimeout(0.2)
    while len(received) < 5_000 * len(event(2, 0, f"{0:0100}")):
        received += compositor.recv(1 << 20)
    assert received == b"".join(event(2, 0, f"{n:0100}") for n in range(5_000))


def test_a_number_is_used_again_only_when_it_is_free(ends: tuple[Wire, socket.socket]) -> None:
    wire, compositor = ends
    first, second = (wire.display.send("sync", CALLBACK) for _ in range(2))
    done: list[int] = []
    first.on["done"] = done.append
    compositor.sendall(event(first.number, 0, 42) + event(1, 1, first.number))
    wire.read()
    assert done == [42]
    assert wire.display.send("sync", CALLBACK).number == first.number
    assert wire.display.send("sync", CALLBACK).number == second.number + 1


@pytest.mark.parametrize("how", ["refuses", "hangs up", "is gone"])
def test_the_end_of_a_connection(ends: tuple[Wire, socket.socket], how: str) -> None:
    wire, compositor = ends
    if how == "refuses":
        compositor.sendall(event(1, 0, 1, 3, "no memory"))
        with pytest.raises(WireError, match="wl_display 3: no memory"):
            wire.read()
    else:
        compositor.close()
        with pytest.raises(WireError, match="hung up"):
            wire.read()
        if how == "is gone":
            wire.display.send("sync", CALLBACK)
            with pytest.raises(WireError, match="hung up"):
                wire.flush()
    assert wire.lost
