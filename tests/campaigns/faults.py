"""What can go wrong while somebody dictates, and how it ends."""

import os
import random
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from tests.campaigns.desk import User
from tests.lab.pulse import MICROPHONE

CAPTURE, ENGINE, OVERLAY = "dictate.microphone.capture", "dictate.engines.worker", "ui/overlay"
DISK_FULL: Final = "disk full"
DAY_S: Final = 86_400
DAMAGE: Final = {signal.SIGKILL: "killed", signal.SIGSTOP: "stopped", signal.SIGTERM: "ended"}


class Moment(Enum):
    """When it happens."""

    BEFORE = auto()
    """The key is not down yet."""
    SPEAKING = auto()
    HEARD = auto()
    """All is said, and the key is still down."""
    RELEASED = auto()


Undo = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong."""

    name: str
    cause: Callable[[User, random.Random], Undo]
    """Let it happen; what ends it again."""
    weight: int = 1
    cuts: frozenset[Moment] = frozenset()
    """When it may cost sound that has not reached the daemon yet."""
    ends_daemon: bool = False

    def ends_dictation(self, moment: Moment) -> bool:
        """Whether what was said so far is written at this moment, and not at the release."""
        return self.ends_daemon and moment in {Moment.SPEAKING, Moment.HEARD}


def _signal(part: str, number: signal.Signals) -> Callable[[User, random.Random], Undo]:
    def cause(user: User, dice: random.Random) -> Undo:
        pid = user.part(part)
        if pid is None:
            return lambda: None
        with suppress(ProcessLookupError):
            os.kill(pid, number)

        def undo() -> None:
            if number is signal.SIGSTOP:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

        return undo

    return cause


def _unplug(user: User, dice: random.Random) -> Undo:
    user.sound.unload(MICROPHONE)

    def undo() -> None:
        user.witness.close()
        user.sound.plug_in(MICROPHONE)

    return undo


def _no_sound_server(user: User, dice: random.Random) -> Undo:
    user.sound.kill()
    return user.sound.start


def _full_disk(user: User, dice: random.Random) -> Undo:
    pid = user.part("daemon")
    if pid is None:
        return lambda: None
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    room = dice.choice([0, 0, 4096, 20_000])
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, most))

    def undo() -> None:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))

    return undo


def _clock(user: User, dice: random.Random) -> Undo:
    days = dice.choice([-400, -1, -0.01, 0.01, 1, 400])
    user.clock.write_text(str(days * DAY_S))
    return lambda: _write(user.clock, "0")


def _reload(user: User, dice: random.Random) -> Undo:
    """Settings that change nothing of what this campaign looks at."""
    before = user.daemon.config.read_text().partition("# changed")[0]
    change = dice.choice(
        [
            "[media]\npause = false",
            "[text]\nfillers = 'keep'",
            "[sounds]\nenabled = false",
            "no toml",
        ]
    )
    user.daemon.config.write_text(f"{before}# changed {dice.random()}\n{change}\n")
    return lambda: _write(user.daemon.config, before)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _hotwords(user: User, dice: random.Random) -> Undo:
    user.daemon.hotwords.write_text(f'words = ["Term {dice.randrange(1000)}"]\n')
    return lambda: None


_SOUND = frozenset({Moment.BEFORE, Moment.SPEAKING})
_SPOKEN = frozenset({Moment.SPEAKING})

FAULTS: Final = (
    *(
        Fault(
            f"{name} {how}",
            _signal(part, number),
            weight,
            on_stop if number is signal.SIGSTOP else on_end,
            ends_daemon=name == "daemon" and number is not signal.SIGSTOP,
        )
        for part, name, weight, on_end, on_stop in (
            ("daemon", "daemon", 3, _SPOKEN, frozenset[Moment]()),
            (CAPTURE, "capture", 2, _SOUND, _SOUND),
            (ENGINE, "engine", 2, frozenset[Moment](), frozenset[Moment]()),
            (OVERLAY, "overlay", 1, frozenset[Moment](), frozenset[Moment]()),
        )
        for number, how in DAMAGE.items()
    ),
    Fault("microphone unplugged", _unplug, 2, _SOUND),
    Fault("sound server killed", _no_sound_server, 1, _SOUND),
    Fault(DISK_FULL, _full_disk, 2),
    Fault("clock jumped", _clock, 2),
    Fault("settings saved", _reload, 2),
    Fault("hotwords saved", _hotwords, 1),
)


def draw(dice: random.Random) -> Fault:
    """One of them, those of greater weight more often."""
    return dice.choices(FAULTS, [fault.weight for fault in FAULTS])[0]
