"""Tells everybody what happens: log, bus, notifications, service manager, terminal, overlay.

The one place that knows who may hear what: dictated text goes to the terminal and the overlay that
the user looks at, and nowhere else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

import sdnotify

from dictate.app.observer import Timing
from dictate.app.terminal import Terminal
from dictate.dbus.service import Service
from dictate.errors import DictateError
from dictate.events import PartialTranscript, Samples
from dictate.outputs import Receipt
from dictate.ui.notifications import Action, Notifier
from dictate.ui.overlay.picture import Picture

log = logging.getLogger(__name__)

CLOSES_S: Final = 0.3
"""A message that was clicked on is gone by then, and the window has the focus again."""
READ_S: Final = 5.0
"""So long the overlay says why a text is held."""


class EventDispatcher:
    """The pipeline's audience."""

    def __init__(
        self,
        service: Service,
        notifier: Notifier,
        terminal: Terminal,
        picture: Picture,
        on_changed: Callable[[], None],
        paste: Callable[[int], Awaitable[object]],
    ) -> None:
        self._service = service
        self._notifier = notifier
        self._terminal = terminal
        self._picture = picture
        self._on_changed = on_changed
        self._paste = paste
        self._systemd = sdnotify.SystemdNotifier()
        self._notices: set[asyncio.Task[None]] = set()

    def ready(self, how: str) -> None:
        """The hotkey and the bus are up."""
        self._systemd.notify(f"READY=1\nSTATUS={how}")
        log.info("%s", how)

    def stopping(self) -> None:
        """The daemon was told to stop."""
        self._systemd.notify("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's sign of life."""
        self._systemd.notify("WATCHDOG=1")

    def changed(self) -> None:
        """The session's state is another."""
        self._on_changed()

    def partial(self, partial: PartialTranscript) -> None:
        """Shown to the one who sits there; never sent anywhere."""
        self._terminal.partial(partial.text)
        self._picture.partial(partial)

    def previewed(self, number: int, *, in_field: bool) -> None:
        """Then the overlay need not say it again."""
        self._picture.previewed(number, in_field=in_field)

    def sound(self, samples: Samples) -> None:
        """For the meter."""
        self._picture.sound(samples)

    def writing(self, number: int) -> None:
        """The final text may come on the very line where the guess stands."""
        self._terminal.clear()
        self._picture.writing(number)

    def delivered(self, number: int, receipt: Receipt, timing: Timing) -> None:
        """A text was written."""
        log.info(
            "dictation %d: %s, %.0f ms after the release (tail %.0f, engine %.0f, journal %.0f,"
            " output %.0f)",
            number,
            receipt.value,
            timing.total_ms,
            timing.tail_ms,
            timing.engine_ms,
            timing.journal_ms,
            timing.output_ms,
        )
        self._service.update(dictation=number, last_finish_ms=timing.total_ms)
        if receipt is Receipt.COPIED:
            self._notify("Copied", "What you said is in the clipboard: paste it.", "copied")

    def nothing_heard(self, number: int) -> None:
        """The engine heard no words."""
        self._terminal.clear()
        log.info("dictation %d: nothing heard", number)

    def held(self, number: int, reason: str) -> None:
        """Kept, not written."""
        self._terminal.clear()
        log.warning("dictation %d is held: %s", number, reason)
        self._service.update(dictation=number, trouble=f"held: {reason}")
        here = Action("Paste here", lambda: self._do(self._paste_here(number)))
        self._notify("Held", f"{reason}. dictatectl paste {number}", "held", here)
        self._picture.held(number, reason)
        asyncio.get_running_loop().call_later(READ_S, self._picture.release, number)

    def trouble(self, message: str) -> None:
        """Something is wrong."""
        self._terminal.clear()
        log.warning("%s", message)
        self._service.update(trouble=message)
        self._notify("Dictate", message, "trouble")

    async def _paste_here(self, number: int) -> None:
        await asyncio.sleep(CLOSES_S)
        try:
            await self._paste(number)
        except DictateError as error:
            self.trouble(f"not written: {error}")

    def _notify(self, summary: str, body: str, key: str, action: Action | None = None) -> None:
        self._do(self._notifier.show(summary, body, key=key, action=action))

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(what)
        self._notices.add(task)
        task.add_done_callback(self._notices.discard)
