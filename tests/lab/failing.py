"""Third-party servers that fail in one way each when they are asked for a transcript."""

import socket
import time
from typing import BinaryIO

from wyoming.event import Event, read_event, write_event

from tests.lab.serving import Play, foreign, foreign_info, reset

THERE = "heard over there"
"""What they hear, where they hear anything."""


def black_hole(client: socket.socket, stream: BinaryIO) -> None:
    """Takes a connection, and then nothing."""
    time.sleep(60)


def stalled(client: socket.socket, stream: BinaryIO) -> None:
    """Says who it is, and then nothing more."""
    while event := read_event(stream):
        if event.type == "describe":
            write_event(foreign_info(), stream)
        elif event.type == "audio-start":
            time.sleep(60)


def stalled_at_the_end(client: socket.socket, stream: BinaryIO) -> None:
    """Takes all sound, and does not answer."""

    def before(_: socket.socket, event: Event) -> None:
        if event.type == "audio-stop":
            time.sleep(60)

    foreign(THERE, before)(client, stream)


def reset_in_the_middle(client: socket.socket, stream: BinaryIO) -> None:
    def before(_: socket.socket, event: Event) -> None:
        if event.type == "audio-chunk":
            reset(client)

    foreign(THERE, before)(client, stream)


def hung_up_at_the_end(client: socket.socket, stream: BinaryIO) -> None:
    def before(_: socket.socket, event: Event) -> None:
        if event.type == "audio-stop":
            client.shutdown(socket.SHUT_RDWR)

    foreign(THERE, before)(client, stream)


def saying(raw: bytes, times: int = 1) -> Play:
    """Answers the end of the sound with this."""

    def play(client: socket.socket, stream: BinaryIO) -> None:
        def before(_: socket.socket, event: Event) -> None:
            if event.type == "audio-stop":
                for _number in range(times):
                    client.sendall(raw)
                time.sleep(60)

        foreign(THERE, before)(client, stream)

    return play


def dripping(client: socket.socket, stream: BinaryIO) -> None:
    """Answers a byte at a time, each of them soon."""

    def before(_: socket.socket, event: Event) -> None:
        if event.type == "audio-stop":
            for byte in b'{"type": "transcript", "data": {"text": "' + b"x" * 2_000:
                client.sendall(bytes([byte]))
                time.sleep(0.05)

    foreign(THERE, before)(client, stream)


def answered_too_early(client: socket.socket, stream: BinaryIO) -> None:
    """Knows what was said before it has heard it."""

    def before(_: socket.socket, event: Event) -> None:
        if event.type == "audio-chunk":
            write_event(Event("transcript", {"text": "you"}), stream)

    foreign(THERE, before)(client, stream)


FAULTS: dict[str, Play] = {
    "black hole": black_hole,
    "stalled": stalled,
    "stalled at the end": stalled_at_the_end,
    "reset in the middle": reset_in_the_middle,
    "hung up at the end": hung_up_at_the_end,
    "dripping": dripping,
    "answered too early": answered_too_early,
    "nonsense": saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "no text": saying(b'{"type": "transcript", "data": {"text": 42}}\n'),
    "two million characters": saying(
        b'{"type": "transcript", "data": {"text": "' + b"x" * 2_000_000 + b'"}}\n'
    ),
    "100 MB announced": saying(b'{"type": "transcript", "data_length": 100000000}\n'),
    "100 MB without an end": saying(b" " * 1_000_000, 100),
    "events without end": saying(b'{"type": "ping"}\n' * 10_000, 100_000),
    "an error": saying(b'{"type": "error", "data": {"text": "out of memory"}}\n'),
}
