"""`dictate run`: the daemon in this terminal."""

import argparse
import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dictate import console
from dictate.cli.options import Commands, add_command, add_hotwords, set_up_logging
from dictate.errors import ConfigError, Unavailable
from dictate.translation import _

if TYPE_CHECKING:
    from dictate.backends import Backends


def add(commands: Commands) -> None:
    """Describe the command line."""
    run = add_command(
        commands,
        "run",
        _("start the daemon in this terminal"),
        _(
            "The options override config.toml and take the same values; `dictatectl check` "
            "lists them."
        ),
    )
    run.add_argument(
        "--microphone", metavar="NAME", help=_("portaudio, or wav:FILE to dictate a recording")
    )
    run.add_argument("--engine", metavar="NAME", help=_("the engine: {engines}"))
    run.add_argument("--output", metavar="NAME", help=_("the output: {outputs}"))
    run.add_argument(
        "--hotkey", metavar="NAME", help=_("where the key comes from: {hotkeys} or none")
    )
    run.names = _backend_names
    run.add_argument(
        "--config", metavar="FILE", type=Path, help=_("read this file instead of your config.toml")
    )
    add_hotwords(run)
    run.add_argument(
        "--once",
        action="store_true",
        help=_(
            "with wav:FILE: stop when its text has been written; the exit status is 1 if it "
            "was not, and 4 if nothing was heard"
        ),
    )
    run.add_argument(
        "--demo",
        action="store_true",
        help=_("without a microphone or a display: dictate the sample recordings, and stop"),
    )
    run.add_argument(
        "--fetch",
        metavar="MODEL",
        default="none",
        help=_(
            "download this model meanwhile, and use it once it is here: a name from `dictate "
            "models list`, auto for the best on this machine, or none (default: none)"
        ),
    )
    run.add_argument("-v", "--verbose", action="store_true", help=_("log every step"))
    run.set_defaults(run=_run)


def _backend_names() -> dict[str, str]:
    from dictate.engines import ENGINES
    from dictate.hotkeys import KEY_SOURCES
    from dictate.outputs import OUTPUTS

    def listed(backends: "Backends[Any]") -> str:
        return ", ".join(("auto", *backends.names))

    return {
        "engines": listed(ENGINES),
        "outputs": listed(OUTPUTS),
        "hotkeys": listed(KEY_SOURCES),
    }


def _run(arguments: argparse.Namespace) -> int:
    from dictate.app.assembly import run_daemon
    from dictate.app.daemon import RunOptions
    from dictate.config.schema import MicrophoneSettings
    from dictate.config.sources import CommandLineOverrides, ConfigFiles
    from dictate.diagnostics.check import missing_devices
    from dictate.install import links
    from dictate.microphone import MICROPHONES
    from dictate.models.catalogue import named
    from dictate.platform import paths
    from dictate.platform.resources import samples, shipped

    set_up_logging(verbose=arguments.verbose)
    overrides = CommandLineOverrides(
        microphone=arguments.microphone,
        engine=arguments.engine,
        output=arguments.output,
        hotkey=arguments.hotkey,
    )
    if arguments.fetch not in ("auto", "none"):
        named(arguments.fetch)
    recordings: tuple[Path, ...] = ()
    if arguments.microphone and arguments.microphone.startswith("wav:"):
        recordings = (Path(arguments.microphone[4:]),)
        settings = MicrophoneSettings(use=arguments.microphone)
        if reason := MICROPHONES.make("wav", settings).unavailable_reason():
            # untranslated
            raise Unavailable(f"--microphone {arguments.microphone}: {reason}")
    once = arguments.once
    if arguments.demo:
        if reminder := links.reminder():
            console.line(reminder, sys.stderr)
        missing = missing_devices()
        for line in missing:
            console.line(line, sys.stderr)
    else:
        missing = []
    if missing:
        console.line(_("Dictating the sample recordings instead."), sys.stderr)
        recordings, once = tuple(samples()), True
        wav = f"wav:{recordings[0]}"
        overrides = replace(overrides, microphone=wav, output="stdout", hotkey="none")
    for given in filter(None, (arguments.config, arguments.hotwords)):
        if not given.exists():
            raise ConfigError([_("{given}: there is no such file").format(given=given)])
    files = ConfigFiles(
        arguments.config or paths.config_file(),
        arguments.hotwords or paths.hotwords_file(),
        shipped("config/hotwords.toml") if arguments.demo else None,
    )
    options = RunOptions(recordings, once=once, show_partials=arguments.demo, fetch=arguments.fetch)
    console.leave(asyncio.run(run_daemon(files, overrides, options)))
