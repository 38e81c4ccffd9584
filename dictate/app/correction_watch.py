"""Notices that the user corrects a text in the very field into which it was written.

Only if the user wants it (`hotwords.notice_corrections`), for a minute, and until the focus leaves
or the next dictation begins. Nothing is learned or recorded: a notification offers the correction
window, with the corrected text in it. What stands in the field is in memory meanwhile, and never
logged.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from dictate.app.correction_dialog import MOST_CHARACTERS, CorrectionDialog
from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.output_writer import LastDelivery, OutputWriter
from dictate.app.pipeline import Pipeline
from dictate.app.session import Activity
from dictate.config.schema import Settings
from dictate.errors import DictateError
from dictate.hotwords.corrected_in_place import WrittenText
from dictate.hotwords.corrections import Correction
from dictate.outputs import FieldText
from dictate.platform.background import BackgroundTasks
from dictate.translation import _

log = logging.getLogger(__name__)

WATCH_S: Final = 60.0
"""Seconds after a text in which a correction of it is noticed."""
SETTLED_S: Final = 4.0
"""Seconds after which a change counts as finished, if the user stays in the field."""


@dataclass(slots=True)
class _Watch:
    """One text in its field."""

    delivery: LastDelivery
    reports: "asyncio.Queue[FieldText | None]" = field(default_factory=asyncio.Queue)
    """What stands around the cursor; None: there is nothing more to see."""
    corrected: str = ""
    """The text with the corrections that were seen; empty if there are none."""
    settles_at: float = 0.0
    """Monotonic seconds."""
    dropped: bool = False


class CorrectionWatch:
    """At most one text at a time, and one notification for each. All methods belong on the loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        writer: OutputWriter,
        pipeline: Pipeline,
        recorder: EvidenceRecorder,
        dialog: CorrectionDialog,
        on_noticed: Callable[[list[Correction], Callable[[], None]], None],
        on_trouble: Callable[[str], None],
    ) -> None:
        """`on_noticed` gets the corrections, and what is to be called when the user wants to learn
        from them; `on_trouble` a line for the user."""
        self._writer = writer
        self._pipeline = pipeline
        self._recorder = recorder
        self._dialog = dialog
        self._on_noticed = on_noticed
        self._on_trouble = on_trouble
        self._wanted = _wanted(settings)
        self._watches: list[_Watch] = []
        """The newest last; those before it only say what they have seen."""
        self._noticed: tuple[int, str] | None = None
        """The dictation that was noticed last, and its corrected text."""
        self._background = BackgroundTasks(log)

    def apply(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self._wanted = _wanted(settings)
        if not self._wanted:
            self._drop(None)

    def written(self, number: int) -> None:
        """The text of this dictation was written."""
        self._end()
        delivery = self._writer.last
        if (
            self._wanted
            and delivery is not None
            and delivery.number == number
            and delivery.instead is None  # a model's words teach nothing
            and len(delivery.text) <= MOST_CHARACTERS
            and self._pipeline.activity is Activity.READY
        ):
            watch = _Watch(delivery)
            self._watches.append(watch)
            self._background.start(self._to_its_end(watch))

    def session_changed(self) -> None:
        """A dictation began or ended."""
        if self._pipeline.activity is not Activity.READY:
            self._end()

    def forgotten(self, number: int | None) -> None:
        """The user had this dictation deleted, or all (None)."""
        if self._noticed is not None and number in (None, self._noticed[0]):
            self._noticed = None
        self._drop(number)

    async def close(self) -> None:
        """Idempotent."""
        self._drop(None)
        await self._background.cancel()

    def _end(self) -> None:
        """What was corrected until now is all."""
        for watch in self._watches:
            watch.reports.put_nowait(None)

    def _drop(self, number: int | None) -> None:
        """What was corrected in this dictation, or in any (None), is not wanted."""
        for watch in self._watches:
            if number in (None, watch.delivery.number):
                watch.dropped = True
                watch.reports.put_nowait(None)

    async def _to_its_end(self, watch: _Watch) -> None:
        output = watch.delivery.output

        async def follow() -> None:
            try:
                await output.follow_field(watch.delivery.focus, watch.reports.put_nowait)
            except Exception as error:
                # Not the error itself: it may quote what stands there.
                log.warning("output %s: no field is read: %s", output.name, type(error).__name__)
            watch.reports.put_nowait(None)

        following = asyncio.create_task(follow())
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_S):
                    await self._look(watch)
        finally:
            self._watches.remove(watch)
            following.cancel()
            await asyncio.wait({following})

    async def _look(self, watch: _Watch) -> None:
        """Until a correction was noticed, or there is nothing more to see."""
        loop = asyncio.get_running_loop()
        text, written = watch.delivery.text.strip(), None
        while True:
            wait_s = watch.settles_at - loop.time() if watch.corrected else None
            try:
                async with asyncio.timeout(wait_s):
                    report = await watch.reports.get()
            except TimeoutError:
                if await self._notice(watch):
                    return
                watch.corrected = ""
                continue
            if report is None or (written is not None and not report.text.strip()):
                await self._notice(watch)  # the field was left, or emptied: the text was sent
                return
            if written is None:
                written = WrittenText.find(text, report.text, report.cursor)
                continue
            became = await asyncio.to_thread(written.became, report.text)
            if became is not None and became != (watch.corrected or text):
                watch.corrected = "" if became == text else became
                watch.settles_at = loop.time() + SETTLED_S

    async def _notice(self, watch: _Watch) -> bool:
        """Tell the user, if there is something to learn."""
        if watch.dropped or not watch.corrected:
            return False
        number = watch.delivery.number
        try:
            found = await self._recorder.would_teach(number, watch.corrected)
        except DictateError:  # the dictation is forgotten, or the journal fails
            return False
        if found and not watch.dropped:
            log.info("dictation %d: a correction was noticed where it was written", number)
            self._noticed = (number, watch.corrected)
            self._on_noticed(found, lambda: self._open(number))
        return bool(found)

    def _open(self, number: int) -> None:
        if self._noticed is None or self._noticed[0] != number:
            return  # forgotten, or another one was noticed since
        corrected = self._noticed[1]

        async def opened() -> None:
            try:
                await self._dialog.open(number, corrected)
            except DictateError as error:
                self._on_trouble(_("no correction: {error}").format(error=error))

        self._background.start(opened())


def _wanted(settings: Settings) -> bool:
    """Without notifications nobody would learn of it."""
    return settings.hotwords.notice_corrections and settings.notifications.enabled
