"""A daemon that dictates nothing: `python -m tests.lab.fake_daemon` is all of the bus and no more.

It prints one line when it is there ("ready", or why it cannot be) and one for each thing it was
asked to do.
"""

import asyncio
import signal
from collections.abc import Sequence

from dictate.dbus.interface import Plain, Row
from dictate.dbus.service import Service
from dictate.errors import DictateError, JournalError, NotDelivered
from dictate.journal.entry import Entry, EntryState

CANARY = "xylophone-marzipan"


class FakeController:
    """Keeps three entries and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.callers: set[str] = set()
        self.service: Service | None = None
        self.hang: asyncio.Event | None = None
        self.entries = [
            Entry(1, EntryState.DELIVERED, 1.7e9, 2.5, f"First {CANARY}.", "first", reason="ok"),
            Entry(2, EntryState.EMPTY, 1.7e9 + 60, 0.5),
            Entry(
                3, EntryState.HELD, 1.7e9 + 90, 3.0, f"Third {CANARY}.\nNext \U0001f600", "third"
            ),
        ]

    def note(self, what: str, by: str = "") -> None:
        self.asked.append(what)
        self.callers.add(by)
        print(what, flush=True)

    def start(self, by: str, *, second: bool) -> None:
        self.note("start second" if second else "start", by)
        if self.service:
            self.service.update(state="recording", dictation=4, microphone_open=True)

    def stop(self, by: str) -> None:
        self.note("stop", by)
        if self.service:
            self.service.update(state="ready", microphone_open=False, last_finish_ms=84.2)

    def toggle(self, by: str, *, second: bool) -> None:
        self.note("toggle second" if second else "toggle", by)

    def key(self, by: str, *, second: bool, down: bool) -> None:
        self.note(("press" if down else "release") + (" second" if second else ""), by)

    def cancel(self, by: str) -> None:
        self.note("cancel", by)
        raise ZeroDivisionError(CANARY)

    async def reload(self, by: str) -> Sequence[str]:
        self.note("reload", by)
        return ["hotwords.toml: 1 term added: Claude Code"]

    async def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    async def history(self, limit: int) -> Sequence[Entry]:
        self.note(f"history {limit}")
        return self.entries[::-1][:limit]

    async def paste(self, number: int | None, by: str) -> str:
        self.note(f"paste {number}", by)
        if number == 2:
            raise NotDelivered("dictation 2 has no text\0: nothing to write")
        return "delivered"

    async def undo(self, by: str) -> str:
        self.note("undo", by)
        return "dictation 3 is taken back"

    async def forget(self, number: int | None, by: str) -> int:
        self.note(f"forget {number}", by)
        if number == 9:
            raise JournalError("dictation 9 is under way")
        gone = [e for e in self.entries if number in (None, e.number)]
        self.entries = [e for e in self.entries if e not in gone]
        return len(gone)

    async def devices(self) -> Sequence[Row]:
        if self.hang is not None:
            await self.hang.wait()
        return [
            {"name": "Blue Yeti", "default": True, "channels": 2, "rate": 48_000.0},
            {"name": "HDA \ud83d Intel", "default": False, "channels": 2, "rate": 44_100.0},
        ]

    async def check(self) -> Sequence[Row]:
        return [
            _checked("output", "x11", "no DISPLAY", chosen=False),
            _checked("output", "stdout"),
            _checked("engine", "scripted", "no file given", chosen=False, needed=True),
            _checked("desktop", "overlay", "no GTK"),
            _checked("verdict", "Dictate cannot work here yet: no engine works", "no engine works"),
        ]

    async def check_live(self, by: str) -> Sequence[Row]:
        row: dict[str, Plain] = {"output": "x11", "used": True, "receipt": "delivered", "ms": 12.5}
        return [
            row | {"verdict": "exact", "found": ""},
            row | {"output": "ibus", "used": False, "verdict": "different", "found": "\x1b[1mDi"},
        ]


def _checked(
    stage: str, name: str, why_not: str = "", *, chosen: bool = True, needed: bool = False
) -> Row:
    return {
        "stage": stage, "name": name, "chosen": chosen, "why_not": why_not, "needed": needed,
    }  # fmt: skip


async def main() -> None:
    """Be there until SIGTERM."""
    controller = FakeController()
    service = Service(controller)
    controller.service = service
    try:
        await service.connect()
    except DictateError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        return
    service.update(
        state="ready", engine="scripted", engine_state="ready", microphone="Blue Yeti", output="x11"
    )
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, done.set)
    print("ready", flush=True)
    await done.wait()
    await service.close()


if __name__ == "__main__":
    asyncio.run(main())
