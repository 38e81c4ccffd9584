"""`dictate setup --uinput`: gives the right that the output `uinput` needs, and takes it back.

It is root's to give: for anybody else this says what to do, and changes nothing.
"""

import os
from pathlib import Path

from dictate.install.service import OURS, Out, remove_ours, run, write_ours
from dictate.platform.kernel_input import how_to_allow

RULE = Path("/etc/udev/rules.d/60-dictate-uinput.rules")
"""Before 73-seat-late.rules, which gives what the tag asks for."""
TEXT = f"""{OURS} with --uinput, taken away by `dictate setup --uinput --remove`.
# Whoever sits at this machine may press any key in any window, with any program. The kernel has the
# device from its start, and loads what makes it when it is opened.
KERNEL=="uinput", SUBSYSTEM=="misc", TAG+="uaccess", OPTIONS+="static_node=uinput"
"""
_COUNTS_NOW = (
    ("udevadm", "control", "--reload"),
    ("modprobe", "uinput"),
    ("udevadm", "trigger", "--settle", "/dev/uinput"),
)


def allow(*, out: Out = print) -> int:
    """Have who sits at this machine write to /dev/uinput, now and after the next start. 0, or 1 if
    it could not be done."""
    if os.geteuid() != 0:
        out(f"to do, as only root may: {how_to_allow()}")
        out(f"  it writes {RULE}:")
        for line in TEXT.splitlines():
            out(f"  {line}")
        return 1
    try:
        write_ours(RULE, TEXT, out)
    except OSError as error:
        out(f"failed: {error}")
        return 1
    return _apply(out)


def disallow(*, out: Out = print) -> int:
    """Take that back. 0, or 1 if it could not be done."""
    if not RULE.exists():
        out(f"already so: there is no {RULE}")
        return 0
    if os.geteuid() != 0:
        say_what_is_left(out=out)
        return 1
    try:
        remove_ours(RULE, out)
    except OSError as error:
        out(f"failed: {error}")
        return 1
    return _apply(out)


def say_what_is_left(*, out: Out = print) -> None:
    """Name the rule, if it is there."""
    if RULE.exists():
        out(f"left: {RULE}, which is root's; {how_to_allow()} --remove deletes it")


def _apply(out: Out) -> int:
    for command in _COUNTS_NOW:
        done = run(*command)
        if done.returncode:
            reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[0]
            out(f"failed: {' '.join(command)}: {reason}; it counts after the next start")
            return 1
    out("done: it counts now")
    return 0
