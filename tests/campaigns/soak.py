"""Dictation after dictation at a desk where nothing goes wrong: nothing grows.

A step is one dictation. What the daemon, its engine and its capture process take is measured again
and again, and so is the journal, whose sound is limited as a user's is. With `DICTATE_SOAK_PLOT`
set to a file, the curves are drawn there.
"""

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.campaigns import tones
from tests.campaigns.desk import SETTLED, Late, User, at_a_desk
from tests.campaigns.faults import CAPTURE, ENGINE
from tests.campaigns.footprint import footprint, slope
from tests.campaigns.result import Plan, Result

LOOKS: Final = 100
"""Measurements of a soak."""
KEEP_MB: Final = 4.0
"""Of sound: some hundred of these short dictations, as 200 MB are some hundred of real ones."""
SWEEPS: Final = {"dictate.app.daemon.SWEEP_S": 30.0}
"""What is done every hour is done more often, as the dictations of a day come in some minutes."""
JUDGED_FROM: Final = 1000
"""Dictations before which growth is that of a warm-up."""
LIMITS: Final = {"memory": 1.0, "descriptors": 0.5, "threads": 0.5}
"""By how much each may grow in 1000 dictations: MB, and numbers."""
PARTS: Final = {"daemon": "daemon", "engine": ENGINE, "capture": CAPTURE}

Curves = dict[str, list[float]]


def _dictate(user: User, number: int) -> None:
    user.hear_the_room()
    before = user.newest().get("number", 0)
    user.press()
    try:
        user.wait("a press begins a dictation", lambda: user.newest().get("number", 0) > before)
        user.wait("the microphone is open", lambda: user.status().get("microphone_open"))
        user.start_saying(number % tones.MOST)
        user.said()
        time.sleep(0.15)
    finally:
        user.release()
    user.wait("it is settled", lambda: user.newest().get("state") in SETTLED)
    user.renew_windows()


def _look(user: User, step: int, curves: Curves) -> None:
    pids = {name: user.part(part) for name, part in PARTS.items()}
    if None in pids.values():
        return  # it is being started again: a busy sound server lost it
    curves.setdefault("step", []).append(step)
    for name, pid in pids.items():
        taken = footprint(pid or 0)
        curves.setdefault(f"{name} memory", []).append(taken.memory_mb)
        curves.setdefault(f"{name} descriptors", []).append(taken.descriptors)
        curves.setdefault(f"{name} threads", []).append(taken.threads)
    journal = user.folder / "state" / "dictate"
    sizes = [path.stat().st_size for path in journal.rglob("*") if path.is_file()]
    curves.setdefault("journal MB", []).append(sum(sizes) / 1e6)


def run(plan: Plan) -> Result:
    """The campaign."""
    result = Result("soak", plan, "dictations")
    curves: Curves = {}
    with (
        TemporaryDirectory() as folder,
        at_a_desk(Path(folder), keep_mb=KEEP_MB, constants=SWEEPS) as user,
    ):
        user.go_to(user.windows[0])
        every = max(1, plan.count // LOOKS)
        while result.goes_on:
            try:
                _dictate(user, result.done)
            except Late as late:
                result.find(result.done, str(late))
                break
            if result.done % every == 0:
                _look(user, result.done, curves)
            result.done += 1
        words = [word for words in user.in_order().values() for word in words]
        expected = [tones.word(number % tones.MOST) for number in range(result.done)]
        result.figures["not written"] = float(len(set(expected) - set(words)))
        result.figures["written twice"] = float(len(words) - len(set(words)))
    _judge(result, curves)
    if (path := os.environ.get("DICTATE_SOAK_PLOT")) and curves:
        plot(curves, Path(path))
    return result.ended()


def _judge(result: Result, curves: Curves) -> None:
    for name, values in curves.items():
        kind = name.rpartition(" ")[2]
        if kind in LIMITS:
            grows = slope(curves["step"], values)
            result.figures[f"{name} for 1000"] = str(grows)
            if grows.exceeds(LIMITS[kind]) and result.done >= JUDGED_FROM:
                result.find(result.done, f"{name} grows by {grows} in 1000 dictations")
    result.figures["MB of journal at most"] = round(max(curves.get("journal MB", [0.0])), 1)
    for name in ("not written", "written twice"):
        if result.figures[name]:
            result.find(result.done, f"{result.figures[name]:g} {name}")


def plot(curves: Curves, path: Path) -> None:
    """The curves as a picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "soak"  # the same picture each time
    from matplotlib import pyplot as plt

    kinds = ("memory", "descriptors", "threads", "journal MB")
    figure, axes = plt.subplots(len(kinds), 1, figsize=(7, 8), sharex=True)
    for ax, kind in zip(axes, kinds, strict=True):
        for name in (name for name in curves if name.endswith(kind)):
            ax.plot(curves["step"], curves[name], label=name.removesuffix(kind).strip() or None)
        ax.set_ylabel({"memory": "memory, MB", "journal MB": "journal, MB"}.get(kind, kind))
        ax.set_ylim(bottom=0)
        ax.grid(alpha=0.3)
    axes[0].legend(fontsize="small", loc="upper right")
    axes[-1].set_xlabel("dictations")
    figure.suptitle("Dictation after dictation")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
