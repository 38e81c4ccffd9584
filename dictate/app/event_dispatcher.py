"""Passes each event on to the log, bus, notifications, service manager, terminal and overlay.

The one place that decides what each of them may receive: dictated text goes to the terminal and the
overlay, which only the user sees. Of a noticed correction, if the user has switched that on, the
changed words go into a notification. It goes nowhere else.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

import sdnotify

from dictate.app.finish_times import FinishTimes
from dictate.app.observer import Timing
from dictate.app.signals import Signal
from dictate.app.terminal import Terminal
from dictate.dbus.service import Service
from dictate.errors import joined
from dictate.events import PartialTranscript, Samples
from dictate.hotwords.corrections import Correction
from dictate.outputs import Receipt
from dictate.platform.background import BackgroundTasks
from dictate.translation import _
from dictate.ui.notifications import Action, Notifier, Urgency
from dictate.ui.overlay.picture import Picture

log = logging.getLogger(__name__)

READ_S: Final = 5.0
"""Seconds for which the overlay shows why a text is held, or was not heard."""
GLANCE_S: Final = 2.0
"""Seconds for which the overlay shows a word or two."""

# The sources of trouble that begin and end at different places. Others name themselves.
NOTICE: Final = "notice"
"""What happened once, and is over: shown until the next dictation begins."""
HELD: Final = "held"
"""A text was not written: shown until one is, or until the user forgets it."""
OUTPUT: Final = "output"
MODELS: Final = "models"
MICROPHONE: Final = "microphone"
JOURNAL: Final = "journal"
SPEECH: Final = "speech"


class EventDispatcher:
    """Observes the pipeline."""

    def __init__(
        self,
        service: Service,
        notifier: Notifier,
        terminal: Terminal,
        picture: Picture,
    ) -> None:
        self.session_changed = Signal[[]]()
        self.written = Signal[int]()
        """The text of this dictation was written."""
        self.paste_clicked = Signal[int]()
        """The user clicked on "Paste here" below the message about this dictation."""
        self._service = service
        self._notifier = notifier
        self._terminal = terminal
        self._picture = picture
        self._systemd = sdnotify.SystemdNotifier()
        if self._systemd.socket is not None:
            # A manager that hangs must not make us hang: the library drops what it does not take.
            self._systemd.socket.setblocking(False)  # noqa: FBT003 - it has no name
        self._finish_times = FinishTimes()
        self._held = 0
        """The dictation that was held last."""
        self._troubles: dict[str, str] = {}
        """What is wrong at the moment, by its source, the newest last."""
        self._background = BackgroundTasks(log)

    def ready(self, how: str) -> None:
        """The hotkey and the bus are up."""
        self._systemd.notify(f"READY=1\nSTATUS={how}")
        log.info("%s", how)

    def stopping(self) -> None:
        """The daemon begins to stop."""
        self._terminal.clear()
        self._systemd.notify("STOPPING=1")

    def alive(self) -> None:
        """The watchdog's sign of life."""
        self._systemd.notify("WATCHDOG=1")

    def changed(self) -> None:
        """The state of the session changed, or a dictation's sound has begun to come."""
        self.session_changed()

    def partial(self, partial: PartialTranscript) -> None:
        """Shown on this machine; never sent anywhere."""
        self._terminal.partial(partial.text)
        self._picture.partial(partial)

    def previewed(self, number: int, *, in_field: bool) -> None:
        """The overlay need not repeat what stands in the text field."""
        self._picture.previewed(number, in_field=in_field)

    def sound(self, samples: Samples) -> None:
        """For the level meter of the overlay."""
        self._picture.sound(samples)

    def writing(self, number: int) -> None:
        """The final text may appear on the very line where the partial stands."""
        self._terminal.clear()
        self._picture.writing(number)

    def delivered(self, number: int, receipt: Receipt, timing: Timing) -> None:
        """A text was written."""
        log.info(
            "dictation %d: %s, %.0f ms after the release (tail %.0f, engine %.0f, journal %.0f,"
            " output %.0f)%s",
            number,
            receipt.value,
            timing.total_ms,
            timing.tail_ms,
            timing.engine_ms,
            timing.journal_ms,
            timing.output_ms,
            ", ready before it" if timing.early else "",
        )
        self._finish_times.add(timing)
        # Both of the same dictation, so that the part is never more than the whole.
        self._service.update(
            dictation=number,
            last_finish_ms=round(timing.total_ms, 1),
            engine_finish_ms=round(timing.engine_ms, 1),
            finish_times=self._finish_times.summary,
        )
        for source in (HELD, OUTPUT):
            self.mended(source)
        if receipt is Receipt.COPIED:
            self._notify(_("Copied"), _("What you said is in the clipboard: paste it."), "copied")
        self.written(number)

    def carried_out(self, number: int, done: str) -> None:
        """A voice command was carried out: what is seen of it in the window is enough."""
        self._terminal.clear()
        log.info("dictation %d, a voice command: %s", number, done)
        self._service.update(dictation=number)
        self._picture.writing(number)

    def nothing_heard(self, number: int, level: str, *, continued: bool) -> None:
        """The engine heard no words."""
        self._terminal.clear()
        log.info("dictation %d: nothing heard%s", number, f" ({level})" if level else "")
        if continued:
            return  # the user was silent at the end, and knows that
        if level:
            self._notify(_("Nothing heard"), level, "nothing")
        self._picture.nothing_heard(number, level)
        self._release_later(number, READ_S if level else GLANCE_S)

    def cancelled(self, number: int) -> None:
        """The user cancelled it."""
        self._terminal.clear()
        log.info("dictation %d: cancelled", number)
        self._picture.cancelled(number)
        self._release_later(number, GLANCE_S)

    def slow(self, message: str) -> None:
        """The engine makes the user wait."""
        log.warning("%s", message)
        self._notify(_("Still at work"), message, "slow")

    def held(self, number: int, reason: str) -> None:
        """Kept, not written."""
        self._terminal.clear()
        log.warning("dictation %d is held: %s", number, reason)
        self._service.update(dictation=number)
        self._held = number
        self._add_trouble(HELD, _("held: {reason}").format(reason=reason))
        here = Action(_("Paste here"), lambda: self.paste_clicked(number))
        again = _("`dictatectl paste {number}` writes it, where the cursor is then").format(
            number=number
        )
        message = joined(reason, again)
        self._notify(_("Held"), message, "held", here)
        self._picture.held(number, message)
        self._release_later(number, READ_S)

    def forgotten(self, number: int | None) -> None:
        """The user had this dictation deleted, or all (None)."""
        if number in (None, self._held):
            self.mended(HELD)

    def trouble(self, message: str, source: str = NOTICE) -> None:
        """Something is wrong. The status shows it until `mended` is called for its source."""
        self._terminal.clear()
        log.warning("%s", message)
        self._add_trouble(source, message)
        self._notify("Dictate", message, "trouble")

    def mended(self, source: str) -> None:
        """What was wrong there works again."""
        if self._troubles.pop(source, None) is not None:
            self._show_trouble()

    def has_trouble(self, source: str) -> bool:
        """Whether something is wrong there."""
        return source in self._troubles

    def saved(self, message: str) -> None:
        """A file of the user was saved, and is in force."""
        self._notify(_("Saved"), message, "trouble", urgency=Urgency.LOW)

    def model_arrived(self, message: str) -> None:
        """A model was downloaded meanwhile."""
        self._terminal.clear()
        log.info("models: %s", message)
        self._notify("Dictate", message, "model")

    def noticed(self, found: Sequence[Correction], learn: Callable[[], None]) -> None:
        """The user corrected a text where it was written; `learn` is called if the user clicks."""
        first, *more = found
        others = _(", and {count} more").format(count=len(more)) if more else ""
        change = _('"{wrong}" became "{right}"').format(wrong=first.wrong, right=first.right)
        action = Action(_("Learn it …"), learn)
        self._notify(_("You corrected a text"), change + others, "noticed", action, private=True)

    def _add_trouble(self, source: str, message: str) -> None:
        self._troubles.pop(source, None)
        self._troubles[source] = message
        self._show_trouble()

    def _show_trouble(self) -> None:
        self._service.update(trouble=next(reversed(self._troubles.values()), ""))

    def _notify(
        self,
        summary: str,
        body: str,
        key: str,
        action: Action | None = None,
        urgency: Urgency = Urgency.NORMAL,
        *,
        private: bool = False,
    ) -> None:
        self._background.start(
            self._notifier.show(
                summary, body, key=key, action=action, urgency=urgency, private=private
            )
        )

    def _release_later(self, number: int, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._picture.release, number)
