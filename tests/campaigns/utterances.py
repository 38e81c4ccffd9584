"""Utterances through the whole daemon while things go wrong: none lost, doubled or misplaced.

A step is one utterance. In every other one something goes wrong, at a moment of its own. What was
said is then compared with the journal and with what stands in the windows, one by one.
"""

import itertools
import random
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from threading import Timer
from typing import Any, Final

from dictate.errors import DictateError
from tests.campaigns import tones
from tests.campaigns.desk import SETTLED, Late, User, at_a_desk
from tests.campaigns.faults import DISK_FULL, Fault, Moment, Undo, draw
from tests.campaigns.result import Plan, Result

FAULTY: Final = 0.5
"""The share of utterances in which something goes wrong."""
JUDGED_AFTER: Final = 50
"""Utterances after which all that was said so far is compared."""
ARRIVED_S: Final = 0.25
"""Seconds from the end of a sound until the daemon has it: the buffers of the sound server and of
the capture process."""
LONGEST_WAY_S: Final = 3.0
"""Seconds after which it does not come any more."""
STOPS_S: Final = 10.0
"""Seconds until the service manager kills a daemon that it asked to end."""
MICROPHONE_AWAY: Final = b" dictate.microphone.supervisor: microphone: "
"""In the daemon's log, before why the microphone failed."""
UNSURE: Final = ("may be in the window", "appears there if it wakes up", "before the window did",
                 "took the clipboard before")  # fmt: skip
"""What the daemon says of a text that may have arrived."""


@dataclass(slots=True)
class Spoken:
    """One utterance, and what became of it."""

    step: int
    number: int
    """In the journal."""
    place: str
    """The window that had the focus when the dictation ended: at the release, as a rule."""
    fault: str = ""
    cut: bool = False
    """Whether sound may be missing: a fault took the microphone away, or the daemon."""
    came: str | None = None
    """What had come out of the microphone until the release; None if nobody knows."""
    entry: dict[str, Any] = field(default_factory=dict)
    """As the journal had it once it was settled."""
    pasted: list[str] = field(default_factory=list)
    """The windows into which the user had it written afterwards."""
    refused: str = ""
    """Why that could not be done."""

    @property
    def word(self) -> str:
        return tones.word(self.step % tones.MOST)

    @property
    def text(self) -> str:
        return str(self.entry.get("text", "")).lower()

    @property
    def whole(self) -> bool:
        """Whether the text is all that was said, and nothing else."""
        return self.text.strip(" .") == self.word

    @property
    def times(self) -> tuple[int, int]:
        """How often it must and may stand in all windows together."""
        least = most = len(self.pasted)
        if self.entry["state"] == "delivered":
            least, most = least + 1, most + 1
        elif _unsure(self.entry["reason"]):
            most += 1
        return least, most + _unsure(self.refused)


def _unsure(reason: str) -> bool:
    return any(words in reason for words in UNSURE)


class Campaign:
    """The utterances of one user at one desk."""

    def __init__(self, user: User, result: Result) -> None:
        self.user = user
        self.result = result
        self.spoken: list[Spoken] = []
        self._judged: set[tuple[int, str]] = set()
        self._excused: dict[str, set[int]] = {}

    def run(self) -> None:
        """All steps of the plan."""
        while self.result.goes_on:
            step = self.result.done
            try:
                self._step(step, random.Random(self.result.plan.step_seed(step)))
            except Late as late:
                self.result.find(step, f"{late}; {self.user.status()}")
                self._start_over()
            self.result.done += 1
            if self.result.done % JUDGED_AFTER == 0:
                self._judge_soon()
        self._judge_soon()
        self._judge_journal()

    def _step(self, step: int, dice: random.Random) -> None:
        user = self.user
        user.restart_if_ended()
        user.renew_windows()
        user.hear_the_room()
        window = dice.choice(user.windows) if dice.random() < 0.2 else None
        if window is not None:
            user.go_to(window)
        fault = draw(dice) if dice.random() < FAULTY else None
        moment = dice.choice(list(Moment))
        happening = _Happening(user, dice, fault, moment)
        happening.at(Moment.BEFORE)
        if fault is not None and fault.ends_daemon and moment is Moment.BEFORE:
            user.daemon.wait()
        user.restart_if_ended()
        before = user.newest().get("number", 0)
        user.press()
        try:
            user.wait(
                "a press begins a dictation",
                lambda: user.newest().get("number", 0) > before,
            )
            user.wait("the microphone is open", lambda: user.status().get("microphone_open"))
            number, name = int(user.newest()["number"]), fault.name if fault else ""
            said = Spoken(step, number, user.in_front(), name)
            self.spoken.append(said)
            user.start_saying(step % tones.MOST)
            began = time.monotonic()
            happening.at(Moment.SPEAKING, dice.uniform(0, tones.SPOKEN_S))
            user.said()
            self._arrives(said)
            happening.at(Moment.HEARD)
            self._moves(said, dice, ended=fault is not None and fault.ends_dictation(moment))
            passed_s = user.witness.passed_s
        finally:
            user.release()
        released = time.monotonic()
        happening.at(Moment.RELEASED, dice.choice([0.0, dice.uniform(0, 0.03), dice.random() / 5]))
        self._settle(said)
        happening.over()
        user.wait("a daemon that was asked to end ends", happening.has_ended, happening.patience_s)
        user.restart_if_ended()
        said.cut = happening.cuts(began, released)
        if not said.whole:
            said.came = user.witness.heard(passed_s)
        user.ready()
        if user.seat.keys_down:
            self.result.find(step, f"keys are left down: {user.seat.keys_down} after {said}")
        if said.entry["state"] == "held" and dice.random() < 0.7:
            self._paste(said, dice)

    def _moves(self, said: Spoken, dice: random.Random, *, ended: bool) -> None:
        """Now and then, to a window: the text goes there unless the dictation has ended already."""
        if dice.random() < 0.1:
            self.user.go_to(dice.choice(self.user.windows))
            if not ended:
                said.place = self.user.in_front()

    def _arrives(self, said: Spoken) -> None:
        """Until the daemon has what was spoken, if it still hears."""
        spoken_s = self.user.entry(said.number).get("audio_s", 0.0)
        until = time.monotonic() + LONGEST_WAY_S
        while time.monotonic() < until and self.user.daemon.ended is None:
            if self.user.entry(said.number).get("audio_s", 0.0) >= spoken_s + ARRIVED_S:
                return
            time.sleep(0.03)

    def _settle(self, said: Spoken) -> None:
        """Until it is known what becomes of it, with the daemon started again if need be."""

        def settled() -> bool:
            self.user.restart_if_ended()
            said.entry = self.user.entry(said.number)
            return said.entry.get("state") in SETTLED

        self.user.wait(f"dictation {said.number} is settled ({said.fault})", settled)

    def _paste(self, said: Spoken, dice: random.Random) -> None:
        window = dice.choice(self.user.windows)
        self.user.go_to(window)
        said.refused = self.user.paste(said.number)
        if not said.refused:
            said.pasted.append(window.title)
        said.entry["text"] = self.user.entry(said.number).get("text", "")

    def _start_over(self) -> None:
        """After something that hangs, the next step needs a daemon that works."""
        self.user.daemon.kill(signal.SIGABRT)
        self.user.restart_if_ended()

    # What is compared.

    def _judge_soon(self) -> None:
        time.sleep(0.5)  # a window shows what it has taken
        self.judge()

    def judge(self) -> None:
        """Compare what was said with the journal and the windows."""
        written, order = self.user.written(), self.user.in_order()
        place_of = {said.word: said for said in self.spoken}
        for said in self.spoken:
            for what in self._wrong(said, written):
                self._find(said, what)
        for title, words in order.items():
            own = [
                place_of[word].step
                for word in words
                if word in place_of and not place_of[word].pasted
            ]
            for earlier, later in itertools.pairwise(own):
                if earlier > later:
                    self._find(
                        place_of[tones.word(later)], f"misplaced: after {earlier} in {title}"
                    )

    def _wrong(self, said: Spoken, written: dict[str, Any]) -> list[str]:
        if not said.entry:
            return []  # it was late, which is a finding of its own
        wrong = []
        if not said.whole and self._is_lost(said):
            wrong.append(f"lost: {said}")
        others = {word for word in said.text.split() if word.startswith("w")} - {said.word}
        if others:
            wrong.append(f"misplaced: it has the sound of {others}: {said.entry}")
        here = {title: words[said.word] for title, words in written.items() if words[said.word]}
        least, most = said.times
        if not said.whole:
            least = 0
        if sum(here.values()) > most:
            wrong.append(f"doubled: {here}, {said}")
        if sum(here.values()) < least:
            wrong.append(f"lost: in no window, {here}, {said}")
        for title, times in here.items():
            allowed = said.pasted.count(title) + (title == said.place)
            if times > allowed:
                wrong.append(f"misplaced: {times} times in {title}, {said}")
        return wrong

    def _is_lost(self, said: Spoken) -> bool:
        """Whether it should be there, though it is not. Not if it is proved that its sound did not
        come: a fault took the microphone away meanwhile, or it came out of no microphone whole, as
        the sound server of a busy machine may play to nobody."""
        recording = self.user.folder / "state" / "dictate" / "audio" / f"{said.number}.wav"
        if said.word in tones.heard(recording).split():
            return True
        if not said.cut and (said.came is None or said.word in said.came.split()):
            return True
        why = "cut off" if said.cut else "played to nobody"
        self._excused.setdefault(why, set()).add(said.number)
        self.result.figures[why] = float(len(self._excused[why]))
        return False

    def _find(self, said: Spoken, what: str) -> None:
        kind = what.partition(":")[0]
        if (said.step, kind) not in self._judged:
            self._judged.add((said.step, kind))
            self.result.count(kind)
            self.result.find(said.step, f"{said.fault or 'no fault'}: {what}")

    def _judge_journal(self) -> None:
        """What the journal had is still there after one more start."""
        self.user.daemon.kill()
        self.user.restart_if_ended()
        kept = {entry["number"]: entry for entry in self.user.whole_history()}
        for said in self.spoken:
            if not said.entry:
                continue
            entry = kept.get(said.number, {})
            if str(entry.get("text", "")).lower() == said.text:
                continue
            if said.fault == DISK_FULL and said.entry["state"] == "delivered":
                # It stands in its window. The daemon was killed before it could write that down.
                self.result.count("written while the disk was full and not in the journal")
            else:
                self._find(said, f"lost: the journal had {said.entry}, and has {entry}")


class _Happening:
    """One fault, and its end."""

    def __init__(
        self, user: User, dice: random.Random, fault: Fault | None, moment: Moment
    ) -> None:
        self._user, self._dice, self._fault, self._moment = user, dice, fault, moment
        self._timer: Timer | None = None
        self._logged = user.daemon.log.stat().st_size
        self._from = self._until = float("inf")
        self._pid = 0

    def at(self, moment: Moment, after_s: float = 0.0) -> None:
        """It is this moment now."""
        if self._fault is None or moment is not self._moment:
            return
        time.sleep(after_s)
        self._from, self._pid = time.monotonic(), self._user.daemon.pid
        undo: Undo = self._fault.cause(self._user, self._dice)
        self._timer = Timer(self._dice.uniform(0.05, 1.5), self._end, [undo])
        self._timer.start()

    def _end(self, undo: Undo) -> None:
        undo()
        self._until = time.monotonic()

    def over(self) -> None:
        """Until it has ended."""
        if self._timer is not None:
            self._timer.join()

    def has_ended(self) -> bool:
        """Whether the daemon that was to end has."""
        daemon = self._user.daemon
        ends = self._fault is not None and self._fault.ends_daemon and bool(self._pid)
        return not ends or daemon.pid != self._pid or daemon.ended is not None

    @property
    def patience_s(self) -> float:
        """For how long it may still take to end."""
        return max(0.0, self._from + STOPS_S - time.monotonic())

    def cuts(self, began: float, released: float) -> bool:
        """Whether it took sound away between these times, once it is over: it lasted until then, or
        the daemon says that it did."""
        if self._fault is None or self._moment not in self._fault.cuts:
            return False
        if self._from < released and self._until > began:
            return True
        with self._user.daemon.log.open("rb") as log:
            log.seek(self._logged)
            return MICROPHONE_AWAY in log.read()


def run(plan: Plan, *, sway: bool = False) -> Result:
    """The campaign, on X11 or in sway."""
    result = Result("sway" if sway else "utterances", plan, "utterances", figures=dict.fromkeys(
        ("lost", "doubled", "misplaced"), 0.0))  # fmt: skip
    folder = mkdtemp(prefix="dictate-utterances-")
    with at_a_desk(Path(folder), sway=sway, jumping=True) as user:
        campaign = Campaign(user, result)
        try:
            campaign.run()
        except DictateError as error:
            result.find(result.done, f"{type(error).__name__}: {error}")
        faulty = [said for said in campaign.spoken if said.fault]
        result.figures["with a fault"] = float(len(faulty))
        result.figures["pasted"] = float(sum(len(said.pasted) for said in campaign.spoken))
    if result.findings:
        print(f"journal, sound and log are in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return result.ended()
