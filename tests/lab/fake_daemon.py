"""A daemon that dictates nothing: `python -m tests.lab.fake_daemon` is all of the bus and no more.

It prints one line when it is there ("ready", or why it cannot be) and one for each thing it was
asked to do.
"""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict

from dictate.dbus.hotwords_interface import AuditRow, Firing
from dictate.dbus.interface import Plain, Row
from dictate.dbus.service import Service
from dictate.errors import DictateError, FocusMoved, JournalError, NotDelivered, NotFound
from dictate.hotwords.corrections import Correction, corrections
from dictate.hotwords.learning import learn, take_back
from dictate.hotwords.proposal import Action, ControlHarm, Harm, Proof, Trial
from dictate.journal.entry import Entry, EntryState
from dictate.journal.evidence import Evidence, TermCounts
from dictate.platform import paths

CANARY = "xylophone-marzipan"

OVERRIDDEN = "note: engine.use is scripted: --engine on the command line of dictate overrides it"


TIMES = {
    "texts": 12.0,
    "early": 7.0,
    "slowest_ms": 190.4,
    "total_ms": 31.2,
    "tail_ms": 0.4,
    "engine_ms": 1.6,
    "journal_ms": 6.0,
    "output_ms": 21.0,
}
"""Of its latest texts."""


class FakeController:
    """Keeps three entries, or $ENTRIES, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.service: Service | None = None
        self.records = self.down = self.elsewhere = False
        self.hang: asyncio.Event | None = None
        self.entries = [
            Entry(1, EntryState.DELIVERED, 1.7e9, 2.5, f"First {CANARY}.", "first", reason="ok"),
            Entry(2, EntryState.EMPTY, 1.7e9 + 60, 0.5),
            Entry(
                3, EntryState.HELD, 1.7e9 + 90, 3.0, f"Third {CANARY}.\nNext \U0001f600", "third"
            ),
        ]
        self.entries += [
            Entry(number, EntryState.DELIVERED, 1.7e9 + number, 1.0, f"text {number}")
            for number in range(4, int(os.environ.get("ENTRIES", "3")) + 1)
        ]

    def lose_focus(self) -> None:
        """From now on the first undo finds another window."""
        self.elsewhere = True
        self.note("elsewhere")

    def note(self, what: str) -> None:
        self.asked.append(what)
        print(what, flush=True)

    def start(self, profile: str = "") -> None:
        self.note(f"start {profile}".strip())
        self.records = True
        if self.service:
            self.service.update(state="recording", dictation=4, microphone_open=True)

    def stop(self) -> bool:
        self.note("stop")
        recorded, self.records = self.records, False
        if self.service:
            self.service.update(
                state="ready", microphone_open=False, last_finish_ms=84.2, finish_times=TIMES
            )
        return recorded

    def toggle(self, profile: str = "") -> None:
        self.note(f"toggle {profile}".strip())

    def edit(self) -> None:
        self.note("edit")

    def key(self, profile: str = "", *, down: bool) -> bool:
        self.note(f"{'press' if down else 'release'} {profile}".strip())
        was, self.down = self.down, down
        return down or was

    def profiles(self) -> list[Row]:
        engine: dict[str, str | bool] = {
            "engine": "scripted",
            "engine_state": "ready",
            "model": "",
            "engine_notes": "",
            "own_engine": False,
        }
        main = engine | {"name": "main", "key": "ctrl_r", "language": "en", "output": "x11"}
        german = main | {"name": "german", "key": "f9", "language": "de"}
        copied = main | {"name": "copied", "key": "none", "output": "clipboard"}
        return [main, german, copied | {"own_engine": True, "engine": "qwen3"}]

    async def in_front(self) -> Row:
        return {"application": "Slack", "profile": "german"}

    def cancel(self) -> str:
        self.note("cancel")
        cancelled, self.records = self.records, False
        return "dictation 4 is cancelled, not written, and deleted" if cancelled else ""

    async def reload(self) -> Sequence[str]:
        self.note("reload")
        return ["hotwords.toml: 1 term added: Claude Code", OVERRIDDEN]

    async def read_files(self) -> Sequence[str]:
        self.note("read files")
        return [OVERRIDDEN]

    async def last(self) -> Entry | None:
        return self.entries[-1] if self.entries else None

    async def history(self, limit: int, before: int = 0) -> Sequence[Entry]:
        self.note(f"history {limit}" + (f" before {before}" if before else ""))
        older = [entry for entry in self.entries[::-1] if entry.number < before or not before]
        return older[:limit]

    async def paste(self, number: int | None) -> str:
        self.note(f"paste {number}")
        if number == 7:
            raise NotFound("there is no dictation 7; see `dictatectl history`")
        if number == 2:
            raise NotDelivered("dictation 2 has no text\0: nothing to write")
        return "delivered"

    async def copy(self, text: str) -> None:
        self.note(f"copy {text}")

    async def undo(self) -> str:
        self.note("undo")
        if self.elsewhere:
            self.elsewhere = False
            raise FocusMoved("the focus moved from Mousepad to XTerm")
        return "dictation 3 is taken back"

    async def forget(self, number: int | None) -> int:
        self.note(f"forget {number}")
        if number == 9:
            raise JournalError("dictation 9 is under way")
        if number == 8:
            raise ZeroDivisionError(CANARY)
        gone = [e for e in self.entries if number in (None, e.number)]
        self.entries = [e for e in self.entries if e not in gone]
        return len(gone)

    def engine_socket(self) -> str:
        return "/nowhere/engine.sock"

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

    async def check_live(self) -> Sequence[Row]:
        row: dict[str, Plain] = {"output": "x11", "used": True, "ms": 12.500048}
        row["receipt"] = "delivered"
        return [
            row | {"verdict": "exact", "found": ""},
            row | {"output": "ibus", "used": False, "verdict": "different", "found": "\x1b[1mDi"},
        ]


class FakeHotwords:
    """Answers about hotwords what $PROPOSAL says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.learned: TermCounts | None = None

    async def audit(self, limit: int) -> Sequence[AuditRow]:
        text, without = "Ask Claude about the cloud.", "Ask cloud about the cloud."
        rows = [
            AuditRow(
                Entry(3, EntryState.DELIVERED, 1.7e9, text=text, corrected="Ask Claude Code."),
                without,
                False,
                [Firing("Claude", "fired", "cloud", "Claude")],
            ),
            AuditRow(
                Entry(2, EntryState.DELIVERED, 1.7e9, text="Claude Code"),
                "clawed code",
                False,
                [
                    Firing("Claude Code", "spelled", "clawed code", "Claude Code"),
                    Firing("Zoë", "heard", "Zoë", "Zoë"),
                ],
            ),
            AuditRow(Entry(1, EntryState.HELD, 1.7e9, text="Not known."), None, True, []),
        ]
        return rows[:limit]

    async def counts(self) -> Sequence[Row]:
        counts = TermCounts("Grzegorz", 3, 1, 2, 1.7e9)
        return [asdict(row) for row in (counts, self.learned) if row]

    async def record_trial(self, trial: Evidence) -> None:
        print(f"trial {trial.term} {trial.strength:g} {trial.before}", flush=True)

    async def correct(self, number: int, text: str) -> Sequence[Correction]:
        print(f"correct {number} {text}", flush=True)
        return corrections("First cloud code.", text)

    async def prove(self, number: int, wrong: str, right: str) -> Proof:
        print(f"prove {number} {wrong} {right}", flush=True)
        action = Action(os.environ.get("PROPOSAL", "add"))
        proof = Proof(right, wrong, right, action, 1.5, "it works")
        proof.clip = "First cloud code."
        proof.trials = [
            Trial(1.0, "First cloud code.", right=False, others=""),
            Trial(1.5, "First Claude Code.", right=True, others=""),
        ]
        proof.harms = [Harm(2, "cloud", "Claude")]
        proof.controls, proof.control_note = 7, "there was no time for the other 5"
        proof.control_harms = [ControlHarm("See.", "the clod of earth", "the Claude of earth")]
        return proof

    async def accept(self, number: int, proof: Proof) -> Sequence[str]:
        print(f"accept {number} {proof.action.value} {proof.term}", flush=True)
        learned = learn(paths.hotwords_file(), proof)
        row = TermCounts(learned.term, learned_from=number, learned_at=1.7e9)
        row.learned_how, row.learned_wrong = learned.how, proof.wrong
        self.learned = row
        return learned.lines

    async def unlearn(self, term: str) -> Sequence[str]:
        row, self.learned = self.learned, None
        if row is None:
            raise NotFound(f"nothing is known to be learned about {term!r}")
        how, wrong = row.learned_how, row.learned_wrong
        return take_back(paths.hotwords_file(), row.term, how, wrong)

    async def correct_window(self, number: int) -> None:
        print(f"correct window {number}", flush=True)


def _checked(
    stage: str, name: str, why_not: str = "", *, chosen: bool = True, needed: bool = False
) -> Row:
    return {
        "stage": stage, "name": name, "chosen": chosen, "why_not": why_not, "needed": needed,
    }  # fmt: skip


async def main() -> None:
    """Be there until SIGTERM."""
    controller = FakeController()
    service = Service(controller, FakeHotwords())
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
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, done.set)
    loop.add_signal_handler(signal.SIGUSR1, controller.lose_focus)
    print("ready", flush=True)
    await done.wait()
    await service.close()


if __name__ == "__main__":
    asyncio.run(main())
