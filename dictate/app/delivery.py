"""The last step of a dictation: its text is written, or what it asks for is done."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from dictate.app.dictation import Dictation
from dictate.app.language_model import LanguageModel
from dictate.app.observer import PipelineObserver
from dictate.app.output_writer import Asked, OutputWriter
from dictate.app.voice_editing import Place, VoiceEditing
from dictate.errors import DictateError
from dictate.outputs import Focus
from dictate.translation import _

log = logging.getLogger(__name__)


class Delivery:
    """`acted_at` returns when the user last did something, monotonic seconds."""

    def __init__(
        self,
        writer: OutputWriter,
        model: LanguageModel,
        editing: VoiceEditing,
        observer: PipelineObserver,
        acted_at: Callable[[], Sequence[float]],
    ) -> None:
        self._writer = writer
        self._model = model
        self._editing = editing
        self._observer = observer
        self._acted_at = acted_at

    async def deliver(self, dictation: Dictation) -> Callable[[], None]:
        """Deliver it, once. The caller reports what was done by calling what this returns.

        Raises NotDelivered, DeliveryUnsure.
        """
        focus = await focus_of(dictation)
        asked = Asked(dictation.pressed_at, self._acted_at(), dictation.continued)
        place = Place(dictation.profile.output, focus, asked, dictation.fitting)
        if dictation.edit is None:
            return await self._write(dictation, place)
        done = await self._editing.carry_out(dictation.number, dictation.edit, place)
        return partial(self._observer.carried_out, dictation.number, done)

    async def _write(self, dictation: Dictation, place: Place) -> Callable[[], None]:
        number, timing = dictation.number, dictation.timing
        instead = await self._model.written(dictation)
        text = dictation.polished or dictation.text
        fitting = None if dictation.instructs else self._editing.fitting_of_text(place)
        dictation.instructs = False  # from here on it is a text like any other
        receipt = await self._writer.write(
            number, text, place.output, place.focus, place.asked, timing, fitting, instead
        )
        timing.total_ms = (time.monotonic() - dictation.released_at) * 1000
        if dictation.profile.sends and not (instead and instead.was_selected):
            await self._press_enter(number)
        return partial(self._observer.delivered, number, receipt, timing)

    async def _press_enter(self, number: int) -> None:
        try:
            await self._writer.press_enter(number, self._acted_at())
        except Exception as error:  # whatever it is, the text is written
            if not isinstance(error, DictateError):
                log.exception("dictation %d: Enter", number)
            self._observer.trouble(
                _("Enter was not pressed behind the text: {error}").format(error=error)
            )


async def focus_of(dictation: Dictation) -> Focus | None:
    """What had the focus at the release. Not knowing it must not cost the text: the output decides
    what it does without."""
    try:
        return await dictation.focus if dictation.focus else None
    except DictateError as error:
        name = dictation.profile.output.name
        log.warning("output %s: what has the focus is not known: %s", name, error)
        return None
