"""The way to the process that knows the files and the daemon."""

import json
import os
from collections.abc import Callable
from typing import Any

from gi.repository import GLib

Message = dict[str, Any]
Then = Callable[[Any, str], None]
"""What follows an answer: its result, and what is wrong if that is not empty."""


class Link:
    """Questions and answers, and the events between them."""

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say
        self._latest = 0
        self._waiting: dict[int, Then] = {}

    def ask(self, do: str, then: Then, **words: Any) -> None:
        """Ask, and do `then` with the answer, later."""
        self._latest += 1
        self._waiting[self._latest] = then
        self._say({"number": self._latest, "do": do, **words})

    def listen(self, told: Callable[[Message], None], ended: Callable[[], None]) -> None:
        """Take in what comes: events go to `told`."""
        rest = b""

        def on_input(*_: Any) -> bool:
            nonlocal rest
            piece = os.read(0, 65536)
            if not piece:
                ended()
                return False
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "answer" in message:
                    then = self._waiting.pop(message["answer"])
                    then(message.get("result"), message.get("error", ""))
                else:
                    told(message)
            return True

        GLib.io_add_watch(0, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, on_input)
