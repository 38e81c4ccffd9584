"""Asks the user in a window what a text should have been, and what to learn from that.

`dictatectl correct` asks the same in a terminal.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dictate.app.corrections import Corrections
from dictate.app.pipeline import Pipeline
from dictate.app.session import Activity
from dictate.errors import DictateError
from dictate.hotwords.proposal import Action, Proof
from dictate.hotwords.proposal_text import evidence, false_hit, proposal, take_back
from dictate.platform.background import BackgroundTasks, unless
from dictate.translation import _
from dictate.ui.correction.process import Closed, CorrectionWindow, WindowLost

log = logging.getLogger(__name__)

_NOTHING: Final = (Action.LEAVE.value, _("Learn _nothing"))
BUTTONS: Final = {
    Action.ADD: (_NOTHING, (Action.REPLACE.value, _("_Replacement instead")), ("add", _("_Add"))),
    Action.REPLACE: (_NOTHING, (Action.ADD.value, _("_Term instead")), ("replace", _("_Replace"))),
    Action.LEAVE: (
        (Action.ADD.value, _("_Add all the same")),
        (Action.REPLACE.value, _("_Replacement all the same")),
        _NOTHING,
    ),
}
"""For each proposal: the answers. The last one is proposed, and is what Enter means."""
MOST_CHARACTERS: Final = 10_000
"""Of a text in the window: asyncio reads lines of at most 64 KiB."""


class CorrectionDialog:
    """At most one window at a time. All methods belong on the loop."""

    def __init__(
        self,
        corrections: Corrections,
        pipeline: Pipeline,
        on_trouble: Callable[[str], None],
    ) -> None:
        """`on_trouble` gets a line for the user."""
        self._corrections = corrections
        self._pipeline = pipeline
        self._on_trouble = on_trouble
        self._opening = asyncio.Lock()
        self._window: CorrectionWindow | None = None
        self._number = 0
        """The dictation that it shows."""
        self._aside = False
        self._talk: asyncio.Task[None] | None = None
        self._background = BackgroundTasks(log)

    def key(self) -> None:
        """The key for it was pressed."""

        async def by_key() -> None:
            try:
                await self.open(0)
            except DictateError as error:
                self._on_trouble(_("no correction: {error}").format(error=error))

        self._background.start(by_key())

    async def open(self, number: int, corrected: str = "") -> None:
        """Show the text of this dictation, or with 0 the last one, as it was `corrected` already; a
        window that is open comes to the front instead. Raises DictateError."""
        if self._pipeline.listening:
            raise DictateError(_("a dictation is being recorded: correct it once it is written"))
        async with self._opening:
            if self._window is not None and await self._to_front(self._window):
                return
            number, text = await self._corrections.text_of(number)
            if len(text) > MOST_CHARACTERS:
                raise DictateError(
                    _(
                        "dictation {number} is too long for a window: `dictatectl correct "
                        "{number} --editor` opens it in your editor"
                    ).format(number=number)
                )
            window = CorrectionWindow()
            await window.open()
            self._window, self._number, self._aside = window, number, False
            self._talk = asyncio.create_task(self._to_its_end(window, number, text, corrected))

    def session_changed(self) -> None:
        """A dictation began or ended: its text must not go into a window without a field."""
        window, aside = self._window, self._pipeline.activity is not Activity.READY
        if window is not None and aside != self._aside:
            self._aside = aside
            self._background.start(self._step_aside(window, aside=aside))

    def forgotten(self, number: int | None) -> None:
        """This dictation was deleted, or all: its text must not stay on the screen."""
        if self._talk is not None and number in (None, self._number):
            self._talk.cancel()

    async def close(self) -> None:
        """Close the window."""
        if self._talk is not None:
            self._talk.cancel()
            await asyncio.wait({self._talk})
        await self._background.cancel()

    async def _to_front(self, window: CorrectionWindow) -> bool:
        try:
            await window.show(front=True)
        except (Closed, WindowLost):
            return False
        return True

    async def _step_aside(self, window: CorrectionWindow, *, aside: bool) -> None:
        try:
            await window.show(aside=aside)
        except (Closed, WindowLost):
            return  # the talk with it ends, too, and says so

    async def _to_its_end(
        self, window: CorrectionWindow, number: int, text: str, corrected: str
    ) -> None:
        try:
            await self._ask(window, number, text, corrected)
        except Closed:
            pass
        except WindowLost as error:
            self._on_trouble(
                _(
                    "the correction window is gone ({error}); press the key again, or use "
                    "`dictatectl correct`"
                ).format(error=error)
            )
        finally:
            if self._window is window:
                self._window = None
            await window.close()

    async def _ask(self, window: CorrectionWindow, number: int, text: str, corrected: str) -> None:
        await window.show(page="text", number=number, text=corrected or text)
        wanted = (await window.answer())["text"]
        try:
            lines = await self._learn(window, number, wanted, changed=wanted != text)
        except DictateError as error:
            lines = [f"{error}."]
        if lines:
            await window.show(page="end", lines=lines)
            await window.answer()

    async def _learn(
        self, window: CorrectionWindow, number: int, wanted: str, *, changed: bool
    ) -> list[str]:
        """Prove each correction, propose, and do what the user wants; what is to be said about it.
        Raises DictateError, Closed, WindowLost."""
        found = await self._corrections.correct(number, wanted)
        usable = [each for each in found if each.teaches]
        wrong = [f"{false_hit(each.not_said)}." for each in found if each.not_said]
        kept = _(
            "The corrected text is kept: `dictatectl paste {number}` writes it where the "
            "cursor is then."
        ).format(number=number)
        if not usable:
            nothing = wrong or [_("There is nothing to learn from that.")]
            return [kept, *nothing] if changed else []
        lines = wrong
        for each in usable:
            note = _('Trying "{right}" for "{wrong}" on your clip …').format(
                right=each.right, wrong=each.wrong
            )
            await window.show(page="wait", note=note, kept=kept)
            # The window says nothing but that it ends.
            proof = await unless(
                window.answer(), self._corrections.prove(number, each.wrong, each.right)
            )
            action = await _answer(window, proof)
            if action is not Action.LEAVE:
                learned = replace(proof, action=action)
                changes = await self._corrections.accept(number, learned)
                term = proof.right if action is Action.REPLACE else proof.term
                lines += [*(changes or [_("Nothing changed.")]), f"{take_back(term)}."]
        return lines


async def _answer(window: CorrectionWindow, proof: Proof) -> Action:
    wanted = proposal(proof)
    await window.show(
        page="proposal",
        proposal=_("Proposal: {proposal}").format(proposal=wanted),
        why=_("because {why}").format(why=proof.why),
        evidence=evidence(proof),
        buttons=BUTTONS[proof.action],
    )
    return Action((await window.answer())["answer"])
