"""`dictate`: runs things in this terminal. Each command imports what it needs, and only then."""

import argparse
import asyncio
import logging
import os
import sys
from dataclasses import replace
from pathlib import Path

from dictate import __version__
from dictate.errors import AlreadyRunning, ConfigError, DictateError, Unavailable

EXIT_CONFIG = 78
"""sysexits.h EX_CONFIG: the service manager does not restart after it."""


def parser() -> argparse.ArgumentParser:
    """The command line, whole: the shell completion is made from it."""
    from dictate.outputs import OUTPUTS

    top = argparse.ArgumentParser(
        prog="dictate",
        description="Hold a key, talk, let go: the words stand in the focused window.",
    )
    top.add_argument("--version", action="version", version=f"dictate {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="dictate: the daemon, in this terminal")
    run.add_argument("--microphone", metavar="NAME", help="portaudio, or wav:PATH (speaks a file)")
    run.add_argument("--engine", metavar="NAME", help="pocketsphinx, or scripted:FILE")
    run.add_argument("--output", metavar="NAME", help=f"auto, {', '.join(OUTPUTS.table)}")
    run.add_argument("--hotkey", metavar="NAME", help="x11, portal, evdev or none")
    run.add_argument("--config", metavar="FILE", type=Path, help="instead of the usual config.toml")
    run.add_argument("--hotwords", metavar="FILE", type=Path, help="instead of the usual list")
    run.add_argument(
        "--once", action="store_true", help="with wav:PATH: end when the recording is written"
    )
    run.add_argument(
        "--demo",
        action="store_true",
        help="where there is no microphone or no display, dictate the sample recordings and end",
    )
    run.add_argument("-v", "--verbose", action="store_true", help="log every step")

    file = commands.add_parser(
        "file",
        help="transcribe sound files",
        description="Without --out, --format and --out-dir, the text goes to stdout. Interrupted,"
        " the same command goes on where it stopped.",
    )
    file.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="wav, flac, ogg, mp3; with ffmpeg installed, what that reads. Words of its own may"
        " stand beside it: FILE's name, but .toml, written like hotwords.toml",
    )
    file.add_argument(
        "-o",
        "--out",
        action="append",
        default=[],
        type=Path,
        metavar="OUTPUT",
        help="for one FILE: write this, whose suffix is .txt, .srt, .vtt or .json; may be repeated",
    )
    file.add_argument(
        "--format",
        action="append",
        default=[],
        choices=("txt", "srt", "vtt", "json"),
        help="write FILE's name with this suffix, beside each FILE; may be repeated",
    )
    file.add_argument(
        "--out-dir", type=Path, metavar="FOLDER", help="write there instead of beside (txt)"
    )
    file.add_argument("--force", action="store_true", help="write over outputs that exist")
    file.add_argument(
        "--words",
        action="store_true",
        help="find out when each word is said, for json, vtt and srt (`dictate models download"
        " qwen3-aligner`)",
    )
    file.add_argument("--json", action="store_true", help="for machines, on stdout")
    file.add_argument("--engine", metavar="NAME", help="instead of the configured one")
    file.add_argument("--hotwords", metavar="FILE", type=Path, help="instead of the usual list")

    serve = commands.add_parser("serve", help="lend this machine's engine to others")
    serve.add_argument("--engine", metavar="NAME", help="instead of the configured one")
    serve.add_argument("--socket", metavar="PATH", type=Path, help="instead of the usual one")
    serve.add_argument(
        "--tcp", metavar="HOST:PORT", default="", help="of this machine only, unless with --tls"
    )
    serve.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), type=Path, help="PEM files")
    serve.add_argument("--token-file", metavar="FILE", type=Path, help="whoever knows it may in")
    serve.add_argument(
        "--zeroconf",
        action="store_true",
        help="announce the port of --tcp, for Home Assistant and other Wyoming clients",
    )

    models = commands.add_parser("models", help="fetch, check and remove speech models")
    what = models.add_subparsers(dest="models_command", required=True, metavar="COMMAND")
    for name, nargs, told in (
        ("download", None, "fetch a model, or the rest of it"),
        ("verify", "?", "hash a model again, or all that are downloaded"),
        ("remove", None, "delete a model"),
    ):
        one = what.add_parser(name, help=told)
        one.add_argument("name", nargs=nargs, metavar="NAME", help="as `dictate models list` says")
    listed = what.add_parser("list", help="what there is, and what is downloaded")
    listed.add_argument("--json", action="store_true", help="for machines")

    bench = commands.add_parser("bench", help="measure this machine with your engine")
    benches = bench.add_subparsers(dest="bench", required=True, metavar="WHAT")
    gate = benches.add_parser("gate", help="is it good enough to dictate with? a table of verdicts")
    gate.add_argument("--engine", metavar="NAME", help="instead of the configured one")
    gate.add_argument(
        "--recordings",
        metavar="FOLDER",
        type=Path,
        help="your own voice: NAME.wav or NAME.flac, each with a NAME.txt of what is said",
    )
    gate.add_argument(
        "--runs",
        metavar="N",
        type=_at_least_one,
        default=20,
        help="utterances that are timed in real time (20)",
    )
    gate.add_argument("--json", action="store_true", help="for machines")
    gate.add_argument("--plot", metavar="FILE", type=Path, help="draw it, too (dictate[plot])")

    setup = commands.add_parser("setup", help="install the service for this user")
    setup.add_argument(
        "--remote",
        metavar="HOST",
        help="use the engine of that machine, by SSH; this one's hears what it fails at",
    )
    setup.add_argument(
        "--serve", action="store_true", help="lend this machine's engine to who logs in by SSH"
    )
    setup.add_argument(
        "--keys",
        action="store_true",
        help="have sway, Hyprland or GNOME listen for the keys of config.toml",
    )
    setup.add_argument(
        "--uinput",
        action="store_true",
        help="as root: let whoever sits here press keys through the kernel, for the output uinput",
    )
    setup.add_argument(
        "--remove",
        action="store_true",
        help="take it all away again; with --keys or --uinput, only that",
    )
    setup.add_argument(
        "--purge", action="store_true", help="with --remove: what was said and the models, too"
    )
    return top


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def main(argv: list[str] | None = None) -> None:
    """The entry point of `dictate`."""
    arguments = parser().parse_args(argv)
    try:
        sys.exit(_COMMANDS[arguments.command](arguments))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(EXIT_CONFIG)
    except AlreadyRunning as error:
        # A second one is no failure: what was asked for is the case.
        print(f"dictate: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(0)
    except DictateError as error:
        print(f"dictate: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _log(*, verbose: bool) -> None:
    # Under systemd the journal has its own clock.
    clock = "" if "INVOCATION_ID" in os.environ else "%(asctime)s "
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format=clock + "%(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        stream=sys.stderr,
    )
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _run(arguments: argparse.Namespace) -> int:
    from dictate.app.daemon import Daemon
    from dictate.config.schema import MicrophoneSettings
    from dictate.config.sources import CommandLineOverrides, ConfigFiles
    from dictate.diagnostics.demo import bare
    from dictate.microphone import MICROPHONES
    from dictate.platform import paths
    from dictate.platform.resources import samples, shipped

    _log(verbose=arguments.verbose)
    wishes = CommandLineOverrides(
        microphone=arguments.microphone,
        engine=arguments.engine,
        output=arguments.output,
        hotkey=arguments.hotkey,
    )
    speak: list[Path] = []
    if arguments.microphone and arguments.microphone.startswith("wav:"):
        speak = [Path(arguments.microphone[4:])]
        settings = MicrophoneSettings(use=arguments.microphone)
        if reason := MICROPHONES.make("wav", settings).unavailable_reason():
            raise Unavailable(f"--microphone {arguments.microphone}: {reason}")
    once = arguments.once
    if arguments.demo and (missing := bare()):
        for line in missing:
            print(line, file=sys.stderr)  # noqa: T201
        print("Dictating the sample recordings instead.", file=sys.stderr)  # noqa: T201
        speak, once = samples(), True
        wishes = replace(wishes, microphone=f"wav:{speak[0]}", output="stdout", hotkey="none")
    for given in filter(None, (arguments.config, arguments.hotwords)):
        if not given.exists():
            raise ConfigError([f"{given}: there is no such file"])
    hotwords = arguments.hotwords or paths.hotwords_file()
    if arguments.demo and not hotwords.exists():
        hotwords = shipped("config/hotwords.toml")
    files = ConfigFiles(arguments.config or paths.config_file(), hotwords)

    async def run() -> int:
        return await Daemon(files, wishes, speak=speak, once=once, show=arguments.demo).run()

    return asyncio.run(run())


def _file(arguments: argparse.Namespace) -> int:
    from dictate.transcribe.command import transcribe
    from dictate.transcribe.plan import TranscribeOptions

    asked = TranscribeOptions(
        files=tuple(arguments.paths),
        out=tuple(dict.fromkeys(arguments.out)),
        formats=tuple(dict.fromkeys(arguments.format)),
        out_dir=arguments.out_dir,
        force=arguments.force,
        words=arguments.words,
    )
    return transcribe(
        asked,
        as_json=arguments.json,
        engine=arguments.engine,
        hotwords=arguments.hotwords,
    )


def _serve(arguments: argparse.Namespace) -> int:
    from dictate.server.server import ServerOptions, serve

    _log(verbose=False)
    offer = ServerOptions(
        tcp=arguments.tcp,
        socket=arguments.socket,
        tls=arguments.tls and tuple(arguments.tls),
        token_file=arguments.token_file,
        zeroconf=arguments.zeroconf,
    )
    return serve(offer, arguments.engine, out=_line)


def _line(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _bench(arguments: argparse.Namespace) -> int:
    from dictate.benchmark.command import gate

    return gate(
        engine=arguments.engine,
        recordings=arguments.recordings,
        runs=arguments.runs,
        machine_readable=arguments.json,
        picture=arguments.plot,
    )


def _setup(arguments: argparse.Namespace) -> int:
    from dictate.install import remote, service, shortcuts, uinput

    if arguments.uinput:
        return uinput.disallow() if arguments.remove else uinput.allow()
    if arguments.keys and not arguments.remove:
        return shortcuts.bind()
    if arguments.remove:
        shortcuts.unbind()
        if arguments.keys:
            return 0
        remote.undo()
        status = service.remove(purge=arguments.purge)
        uinput.say_what_is_left()
        return status
    if arguments.serve:
        return remote.serve()
    if arguments.remote is not None:
        return remote.remote(arguments.remote)
    return service.install()


def _models(arguments: argparse.Namespace) -> int:
    from dictate.models import commands

    if arguments.models_command == "list":
        return commands.show(as_json=arguments.json)
    chosen = {
        "download": commands.download,
        "verify": commands.verify,
        "remove": commands.remove,
    }
    return chosen[arguments.models_command](arguments.name)


_COMMANDS = {
    "run": _run,
    "file": _file,
    "serve": _serve,
    "models": _models,
    "bench": _bench,
    "setup": _setup,
}
