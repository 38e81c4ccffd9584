"""`dictate setup --uinput`: grants the permission that the output `uinput` needs, and revokes it.

Only root can grant it. For every other user, this prints what to do and changes nothing.
"""

import os
from pathlib import Path
from typing import Final

from dictate import console
from dictate.platform.generated_files import (
    MARKER,
    Out,
    remove_generated,
    run,
    write_generated,
)
from dictate.platform.kernel_input import how_to_allow
from dictate.translation import _

RULE: Final = Path("/etc/udev/rules.d/60-dictate-uinput.rules")
"""The rule. It must sort before 73-seat-late.rules, which acts on the tag."""
# untranslated
TEXT: Final = f"""{MARKER} with --uinput, and removed by `dictate setup --uinput --remove`.
# The user who is logged in at this machine may press any key in any window, with any program. The
# kernel has the device from boot on, and loads the module when a program opens it.
KERNEL=="uinput", SUBSYSTEM=="misc", TAG+="uaccess", OPTIONS+="static_node=uinput"
"""
_APPLY: Final = (
    ("udevadm", "control", "--reload"),
    ("modprobe", "uinput"),
    ("udevadm", "trigger", "--settle", "/dev/uinput"),
)
"""Commands that apply the rule without a reboot."""


def allow(*, out: Out = console.step) -> int:
    """Let the user at this machine write to /dev/uinput, now and after a reboot. 0, or 1 if that
    failed."""
    if os.geteuid() != 0:
        out(
            _("to do: only root can do this; run {how_to_allow}").format(
                how_to_allow=how_to_allow()
            )
        )
        out(_("  it writes {rule}:").format(rule=RULE))
        for line in TEXT.splitlines():
            out(f"  {line}")
        return 1
    try:
        write_generated(RULE, TEXT, out)
    except OSError as error:
        out(_("failed: {error}").format(error=error))
        return 1
    return _apply(out)


def disallow(*, out: Out = console.step) -> int:
    """Undo `allow`. 0, or 1 if that failed."""
    if not RULE.exists():
        out(_("unchanged: there is no {rule}").format(rule=RULE))
        return 0
    if os.geteuid() != 0:
        report_remaining_rule(out=out)
        return 1
    try:
        remove_generated(RULE, out)
    except OSError as error:
        out(_("failed: {error}").format(error=error))
        return 1
    return _apply(out)


def report_remaining_rule(*, out: Out = console.step) -> None:
    """Name the rule, if it exists."""
    if RULE.exists():
        out(
            _("left: {rule}, which only root can remove; run {how_to_allow} --remove").format(
                rule=RULE, how_to_allow=how_to_allow()
            )
        )


def _apply(out: Out) -> int:
    for command in _APPLY:
        done = run(*command)
        if done.returncode:
            reason = (
                done.stderr.strip()
                or _("exit status {returncode}").format(returncode=done.returncode)
            ).splitlines()[0]
            out(
                _("failed: {command}: {reason}; reboot to apply it").format(
                    command=" ".join(command), reason=reason
                )
            )
            return 1
    out(_("done: it is in effect now"))
    return 0
