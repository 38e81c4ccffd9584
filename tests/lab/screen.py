"""Windows that are only texts, and a writer with a real journal."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from dictate.app.journal_thread import JournalThread
from dictate.app.observer import Timing
from dictate.app.output_writer import Asked, OutputWriter
from dictate.config.schema import JournalSettings, OutputSettings
from dictate.journal.journal import Journal
from dictate.outputs import Destination, FieldText, Focus, Output, Receipt
from dictate.text.fit import Fitting

EDITOR, BROWSER = Focus("editor", "Editor"), Focus("browser", "Browser")


class Screen(Output):
    """Windows, and what stands in them."""

    name = "screen"

    def __init__(self) -> None:
        super().__init__(OutputSettings())
        self.windows: dict[Focus | None, str] = {}
        self.trouble: Exception | None = None
        self.undo_trouble: Exception | None = None
        self.touched = False
        self.asked: list[tuple[str, Sequence[float]]] = []
        self.field: FieldText | None = None
        """What it says of its field."""
        self.says: Callable[[], Awaitable[FieldText | None]] = self._says_field
        self.read = 0

    async def _says_field(self) -> FieldText | None:
        return self.field

    async def surrounding(self, focus: Focus | None) -> FieldText | None:
        self.read += 1
        return await self.says()

    def unavailable_reason(self) -> str | None:
        return None

    async def write(self, text: str, focus: Focus | None) -> Receipt:
        if self.trouble:
            raise self.trouble
        self.windows[focus] = self.windows.get(focus, "") + text
        self.touched = False
        return Receipt.DELIVERED

    async def undo(self, text: str, focus: Focus | None) -> None:
        if self.undo_trouble:
            raise self.undo_trouble
        assert self.windows[focus].endswith(text)
        self.windows[focus] = self.windows[focus].removesuffix(text)

    async def follows(self, text: str, asked_at: Sequence[float]) -> bool:
        self.asked.append((text, asked_at))
        return not self.touched


class Stream(Screen):
    """A file, which has no focus."""

    destination = Destination.STREAM


class Rig:
    """A writer with a real journal, and a screen."""

    def __init__(self, journal: JournalThread) -> None:
        self.journal = journal
        self.screen = Screen()
        self.number = 0
        self.writer = OutputWriter(journal, self)  # type: ignore[arg-type]

    def writing(self, number: int) -> None: ...

    async def write(
        self,
        text: str,
        focus: Focus | None = EDITOR,
        *,
        later_s: float = 0,
        continued: bool = False,
        output: Output | None = None,
        fitting: Fitting = Fitting(language="en"),  # noqa: B008 - it is immutable
    ) -> None:
        self.number += 1
        number = self.number
        now = Asked.now()
        asked = Asked(now.at + later_s, (now.at + later_s,), continued)
        await self.journal.call(Journal.begin, number, 0.0)
        await self.journal.call(Journal.captured, number, "")
        await self.journal.keep(Journal.transcribed, number, text, text, "engine")
        output = output or self.screen
        await self.writer.write(number, text, output, focus, asked, Timing(), fitting)

    async def undo(self) -> int:
        return await self.writer.undo([self.screen])

    @property
    def text(self) -> str:
        return self.screen.windows[EDITOR]


Scenario = Callable[[Rig], Awaitable[None]]


@contextmanager
def on_screen(folder: Path) -> Iterator[Callable[[Scenario], None]]:
    """Runs scenarios, with a journal in this folder."""
    with ThreadPoolExecutor(1) as executor:
        journal = Journal(folder / "journal", JournalSettings(), lambda _message: None)
        executor.submit(journal.open).result()

        def runner(scenario: Scenario) -> None:
            async def whole() -> None:
                await scenario(Rig(JournalThread(journal, executor, lambda _message: None)))

            asyncio.run(whole())

        yield runner
        executor.submit(journal.close).result()
