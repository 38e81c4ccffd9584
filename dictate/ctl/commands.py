"""The commands of `dictatectl`: one function for each, which returns the exit code."""

import sys
from argparse import Namespace
from functools import partial
from typing import Any, Final

from dictate import console
from dictate.client.daemon_client import DaemonClient, NotRunning, ask, ask_status, client
from dictate.ctl import render
from dictate.ctl.exit_codes import FAILED, NOTHING, OK, USAGE
from dictate.ctl.terminal import SWITCH_S, count_down, typed_in_terminal
from dictate.errors import ConfigError, DictateError, FocusMoved, NotFound, did_you_mean
from dictate.platform.bus_names import PROFILES_INTERFACE
from dictate.translation import _, ngettext

NOTE: Final = "note: "
"""The beginning of a line of the daemon's that says what overrides the user's files."""
WITHOUT_FOCUS: Final = ("clipboard", "stdout")
"""The outputs that do not write into the focused window."""


def status(arguments: Namespace) -> int:
    """Show what the daemon is doing: once, or until it is interrupted."""

    with client() as daemon:
        if arguments.follow:
            _follow(daemon)
        else:
            found = daemon.status()
            about_profiles = partial(daemon.ask, interface=PROFILES_INTERFACE)
            found |= {"in_front": about_profiles("InFront"), "profiles": about_profiles("List")}
            console.as_json(found) if arguments.json else render.status(found)
    return OK


def _follow(daemon: DaemonClient) -> None:
    previous = None
    for found in daemon.follow():
        if found != previous:
            console.as_json(found, indent=None)
            previous = found


def reload(_arguments: Namespace) -> int:
    """Make the daemon read its files again, and print what changed."""
    lines = ask("Reload")
    if all(line.startswith(NOTE) for line in lines):
        console.line(_("nothing changed"))
    for line in lines:
        console.line(_shown(line))
    return OK


def last(arguments: Namespace) -> int:
    """Print the last text."""
    entry = ask("Last")
    if not entry:
        console.line(_("there are no dictations yet"), sys.stderr)
        return NOTHING
    console.as_json(entry) if arguments.json else render.text(entry)
    return OK


def paste(arguments: Namespace) -> int:
    """Write a text again, after a countdown in a terminal."""
    delay_s = arguments.delay
    if delay_s is None:
        needs_focus = ask_status()["output"] not in WITHOUT_FOCUS
        delay_s = SWITCH_S if needs_focus and typed_in_terminal() else 0
    count_down(delay_s)
    console.line(ask("Paste", "u", arguments.number))
    return OK


def undo(arguments: Namespace) -> int:
    """Delete the last text from its window, which must have the focus."""
    count_down(arguments.delay or 0)
    try:
        console.line(ask("Undo"))
    except FocusMoved:
        if arguments.delay is not None or not typed_in_terminal():
            raise
        count_down(SWITCH_S)
        console.line(ask("Undo"))
    return OK


def forget(arguments: Namespace) -> int:
    """Delete from the journal for good."""
    if arguments.all:
        question = _("Delete all dictations, text and sound, for good? [y/N] ")
        advice = _("give --yes to delete all dictations, text and sound, for good")
        missing = _("there are no dictations; see `dictatectl history`")
    else:
        question = _("Delete dictation {number}, text and sound, for good? [y/N] ")
        advice = _("give --yes to delete dictation {number}, text and sound, for good")
        missing = _("there is no dictation {number}; see `dictatectl history`")
    number = arguments.number
    if not arguments.yes:
        if not sys.stdin.isatty():
            console.line(f"dictatectl: {advice.format(number=number)}", sys.stderr)
            return USAGE
        answer = input(question.format(number=number))
        if answer.strip().lower() not in ("y", "yes"):
            return FAILED
    gone = ask("Forget", "ub", number, arguments.all)
    if not gone:
        raise NotFound(missing.format(number=number))
    console.line(
        ngettext(
            "{count} dictation deleted, text and sound",
            "{count} dictations deleted, text and sound",
            gone,
        ).format(count=gone)
    )
    return OK


def devices(arguments: Namespace) -> int:
    """List the microphones."""
    found = ask("Devices")
    if arguments.json:
        console.as_json(found)
    elif found:
        render.devices(found)
    else:
        console.line(
            _("no microphone: plug one in, and check that the sound server is running"), sys.stderr
        )
    return OK if found else NOTHING


def check(arguments: Namespace) -> int:
    """Show what works here, with or without the daemon."""
    if arguments.live:
        return _check_live(arguments)
    rows = _check_rows("Check", "dictate.diagnostics.check")
    if arguments.json:
        console.as_json(rows)
    else:
        render.check(rows)
    return OK if render.works(rows) else FAILED


def _check_live(arguments: Namespace) -> int:
    if not arguments.json:
        console.line(_("a small window opens: do not touch the keyboard until it closes"))
    rows = _check_rows("CheckLive", "dictate.diagnostics.output_trial")
    console.as_json(rows) if arguments.json else render.live(rows)
    return OK if render.output_works(rows) else FAILED


def engine(arguments: Namespace) -> int:
    """List the engines, or switch to another one."""
    rows = [
        row for row in _check_rows("Check", "dictate.diagnostics.check") if row["stage"] == "engine"
    ]
    if arguments.name is None:
        console.as_json(rows) if arguments.json else render.check(rows)
        return OK
    import shlex

    from dictate.config import config_file
    from dictate.config.profiles import engine_of, names_of
    from dictate.hotwords.model import MAIN, SECOND
    from dictate.platform import paths

    settings = config_file.load(paths.config_file())
    profile = arguments.profile
    option, flag = "engine.use", ""
    if profile:
        option, flag = (
            _('profile "{profile}".engine').format(profile=profile),
            f"--profile {shlex.quote(profile)} ",  # untranslated
        )
        if profile not in (names := names_of(settings)) and profile != SECOND:
            known = did_you_mean(profile, names) or _("; there are {names}").format(
                names=", ".join(names)
            )
            raise NotFound(
                _('there is no profile "{profile}"{known}').format(profile=profile, known=known)
            )
    before = engine_of(settings, profile or MAIN).use
    name = arguments.name
    if name == before:
        return report_change(
            [_("{option} is {name} already").format(option=option, name=name)], option
        )
    reasons = {row["name"]: row["why_not"] for row in rows}
    kind = name.partition(":")[0]
    if kind not in ("auto", *reasons) and config_file.wrong("engine.use", name):
        known = did_you_mean(kind, reasons) or _("; there are auto, {reasons}").format(
            reasons=", ".join(reasons)
        )
        raise NotFound(_("there is no engine {name!r}{known}").format(name=name, known=known))
    # The reason of one that needs a file or an address is that none is given.
    if reason := reasons.get(name):
        raise DictateError(
            _("{name} cannot be used here: {reason}").format(name=name, reason=reason)
        )
    if profile in ("", MAIN):
        config_file.set_option(paths.config_file(), "engine.use", name)
    else:
        config_file.set_profile_option(paths.config_file(), profile, "engine", name)
    back = _("undo: dictatectl engine {flag}{before}").format(flag=flag, before=before)
    return report_change([f"{option}: {before} -> {name} ({back})"], option)


def _check_rows(member: str, module: str) -> Any:
    try:
        return ask(member)
    except NotRunning as error:
        from dictate.client.child_answer import answer_of_child

        rows = answer_of_child(_("the check"), module)
        console.line(_("{error}. This is what it would report.").format(error=error), sys.stderr)
        return rows


def _shown(line: str) -> str:
    """A line of the daemon's, in the user's language: it is compared in English before."""
    note = line.removeprefix(NOTE)
    return line if note == line else _("note: {note}").format(note=note)


def report_change(lines: list[str], subject: str) -> int:
    """Print what changed in a file, have the daemon read it, and print what overrides it."""
    for line in lines:
        console.line(line)
    try:
        for line in ask("ReadFiles"):
            if line.startswith(f"{NOTE}{subject}"):
                console.line(_shown(line))
    except ConfigError as error:
        # Not of the file that was changed: that one was read before it was written.
        for problem in error.problems:
            console.error(f"dictatectl: {problem}")
    except NotRunning:
        console.line(_("dictate is not running; it will read the file when it starts"), sys.stderr)
    return OK
