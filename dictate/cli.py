"""`dictate`: every command that runs in this terminal.

For each command, `_add_X` describes its command line and `_X` runs it. A command imports what it
needs only when it runs, so that `--help` and mistyped commands answer at once.
"""

import argparse
import asyncio
import logging
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dictate import __version__, console
from dictate.errors import AlreadyRunning, ConfigError, DictateError, Unavailable
from dictate.platform.log_lines import log_to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable

    from dictate.backends import Backends

    Commands = argparse._SubParsersAction["LateHelp"]  # noqa: SLF001 - for the type

EXIT_CONFIG: Final = 78
"""EX_CONFIG of sysexits.h: systemd does not start the service again after it."""


class LateHelp(argparse.ArgumentParser):
    """A parser whose help names what the tables of our stages have. They are imported only to print
    it: no other command pays for them."""

    names: "Callable[[], dict[str, str]] | None" = None
    """What stands for each `{word}` in the help texts of the options."""

    def format_help(self) -> str:
        """The help, complete."""
        if self.names is not None:
            names, self.names = self.names(), None
            for action in self._actions:
                action.help = action.help and action.help.format(**names)
        return super().format_help()


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = LateHelp(
        prog="dictate",
        description="Hold a key, speak, and release it: your words are typed into the focused"
        " window. `dictatectl` controls a running dictate.",
    )
    top.add_argument("--version", action="version", version=f"dictate {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_add_run, _add_file, _add_serve, _add_models, _add_bench, _add_setup):
        add(commands)
    return top


def main(argv: list[str] | None = None) -> None:
    """The entry point of `dictate`."""
    sys.exit(console.run(lambda: _main(argv)))


def _main(argv: list[str] | None) -> int:
    arguments = parser().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
    except ConfigError as error:
        console.error(str(error))
        return EXIT_CONFIG
    except AlreadyRunning as error:
        # Not a failure: the user wanted a running dictate, and there is one.
        console.error(f"dictate: {error}")
        return 0
    except DictateError as error:
        says = getattr(error, "says", "")
        console.error(f"dictate: {error}{says and f'; it says: {says}'}")
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _command(commands: "Commands", name: str, summary: str, description: str = "") -> LateHelp:
    sentence = f"{summary[0].upper()}{summary[1:]}."
    return commands.add_parser(name, help=summary, description=f"{sentence} {description}".strip())


def _add_engine(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--engine", metavar="NAME", help="use this engine, whatever config.toml says"
    )


def _add_hotwords(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--hotwords", metavar="FILE", type=Path, help="read this file instead of your hotwords.toml"
    )


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON, for scripts")


def _set_up_logging(*, verbose: bool = False) -> None:
    # Under systemd, the system's journal adds the time.
    clock = "" if "INVOCATION_ID" in os.environ else "%(asctime)s "
    level = logging.DEBUG if verbose else logging.INFO
    log_to_stderr(level, f"{clock}%(levelname)s %(name)s: %(message)s", "%H:%M:%S")
    logging.getLogger("asyncio").setLevel(logging.WARNING)


def _add_run(commands: "Commands") -> None:
    run = _command(
        commands,
        "run",
        "start the daemon in this terminal",
        "The options override config.toml and take the same values; `dictatectl check` lists them.",
    )
    run.add_argument(
        "--microphone", metavar="NAME", help="portaudio, or wav:FILE to dictate a recording"
    )
    run.add_argument("--engine", metavar="NAME", help="the engine: {engines}")
    run.add_argument("--output", metavar="NAME", help="the output: {outputs}")
    run.add_argument("--hotkey", metavar="NAME", help="where the key comes from: {hotkeys} or none")
    run.names = _backend_names
    run.add_argument(
        "--config", metavar="FILE", type=Path, help="read this file instead of your config.toml"
    )
    _add_hotwords(run)
    run.add_argument(
        "--once",
        action="store_true",
        help="with wav:FILE: stop when its text has been written; the exit status is 1 if it was"
        " not, and 4 if nothing was heard",
    )
    run.add_argument(
        "--demo",
        action="store_true",
        help="without a microphone or a display: dictate the sample recordings, and stop",
    )
    run.add_argument(
        "--fetch",
        metavar="MODEL",
        default="none",
        help="download this model meanwhile, and use it once it is here: a name from"
        " `dictate models list`, auto for the best on this machine, or none (default: none)",
    )
    run.add_argument("-v", "--verbose", action="store_true", help="log every step")
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

    _set_up_logging(verbose=arguments.verbose)
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
        console.line("Dictating the sample recordings instead.", sys.stderr)
        recordings, once = tuple(samples()), True
        wav = f"wav:{recordings[0]}"
        overrides = replace(overrides, microphone=wav, output="stdout", hotkey="none")
    for given in filter(None, (arguments.config, arguments.hotwords)):
        if not given.exists():
            raise ConfigError([f"{given}: there is no such file"])
    files = ConfigFiles(
        arguments.config or paths.config_file(),
        arguments.hotwords or paths.hotwords_file(),
        shipped("config/hotwords.toml") if arguments.demo else None,
    )
    options = RunOptions(recordings, once=once, show_partials=arguments.demo, fetch=arguments.fetch)
    return asyncio.run(run_daemon(files, overrides, options))


def _add_file(commands: "Commands") -> None:
    file = _command(
        commands,
        "file",
        "transcribe sound files",
        "The text goes to stdout, unless you give --out, --format or --out-dir. If the command is"
        " interrupted, run it again: it continues where it stopped. Hotwords for talk.wav alone"
        " can go into talk.toml beside it, in the format of hotwords.toml. The exit status is 1 if"
        " a file failed, and 4 if nothing was heard in one of them.",
    )
    file.add_argument(
        "paths",
        nargs="+",
        type=_sound_path,
        metavar="FILE",
        help="wav, flac, ogg or mp3; if ffmpeg is installed, also the formats that it reads; - is"
        " standard input",
    )
    file.add_argument(
        "-o",
        "--out",
        action="append",
        default=[],
        type=Path,
        metavar="OUTPUT",
        help="for a single FILE: write this output (.txt, .srt, .vtt or .json); may be repeated",
    )
    file.add_argument(
        "--format",
        action="append",
        default=[],
        choices=("txt", "srt", "vtt", "json"),
        help="write an output of this format beside each FILE; may be repeated",
    )
    file.add_argument(
        "--out-dir",
        type=Path,
        metavar="FOLDER",
        help="write the outputs into this folder; txt unless --format says otherwise",
    )
    file.add_argument("--force", action="store_true", help="overwrite outputs that exist")
    file.add_argument(
        "--track",
        metavar="N",
        type=_at_least_one,
        help="transcribe this sound track of each FILE; the first is 1 (default: the one that the"
        " file marks as its default)",
    )
    file.add_argument(
        "--words",
        action="store_true",
        help="add the time of each word to json, vtt and srt (first run"
        " `dictate models download qwen3-aligner`)",
    )
    file.add_argument("--json", action="store_true", help="print JSON to stdout, for scripts")
    _add_engine(file)
    _add_hotwords(file)
    file.set_defaults(run=_file)


def _sound_path(text: str) -> Path:
    # A path forgets the "./" that makes "-" a file.
    path = Path(text)
    return path.absolute() if text != "-" and path == Path("-") else path


def _file(arguments: argparse.Namespace) -> int:
    from dictate.transcribe.command import transcribe
    from dictate.transcribe.plan import TranscribeOptions

    options = TranscribeOptions(
        files=tuple(arguments.paths),
        out=tuple(dict.fromkeys(arguments.out)),
        formats=tuple(dict.fromkeys(arguments.format)),
        out_dir=arguments.out_dir,
        force=arguments.force,
        words=arguments.words,
        track=arguments.track,
    )
    return transcribe(
        options,
        as_json=arguments.json,
        engine=arguments.engine,
        hotwords=arguments.hotwords,
    )


def _add_serve(commands: "Commands") -> None:
    serve = _command(
        commands, "serve", "let other machines and programs use the engine of this machine"
    )
    _add_engine(serve)
    serve.add_argument(
        "--socket", metavar="PATH", type=Path, help="listen on this Unix socket, not the usual one"
    )
    serve.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        default="",
        help="listen on this port; without --tls it must be one of this machine only (127.0.0.1)",
    )
    serve.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERT", "KEY"),
        type=Path,
        help="encrypt --tcp with this certificate and key (PEM files); needs --token-file",
    )
    serve.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help="serve only clients that send the secret in this file",
    )
    serve.add_argument("--zeroconf", action="store_true", help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from dictate.server.listeners import ServerOptions
    from dictate.server.server import serve

    _set_up_logging()
    if arguments.zeroconf:
        console.line(
            "dictate: --zeroconf does nothing any more: a port without TLS can be reached from this"
            " machine only, so give its address to the client by hand",
            sys.stderr,
        )
    options = ServerOptions(
        tcp=arguments.tcp,
        socket=arguments.socket,
        tls=arguments.tls and tuple(arguments.tls),
        token_file=arguments.token_file,
    )
    return serve(options, arguments.engine, out=console.step)


def _add_models(commands: "Commands") -> None:
    models = _command(commands, "models", "download, verify and remove speech models")
    actions = models.add_subparsers(dest="action", required=True, metavar="COMMAND")
    listed = _command(actions, "list", "list the models, and which of them are downloaded")
    _add_json(listed)
    for name, nargs, summary in (
        ("download", None, "download a model, or continue its download"),
        ("verify", "?", "verify the checksums of one downloaded model, or of all"),
        ("remove", None, "delete a downloaded model"),
    ):
        action = _command(actions, name, summary)
        action.add_argument(
            "name", nargs=nargs, metavar="NAME", help="a name from `dictate models list`"
        )
    convert = _command(
        actions,
        "convert",
        "make the ONNX files of a model on this machine",
        "Makes the files of the engine onnx from NVIDIA's own file, which has to be downloaded. It"
        " needs the packages of the engine nemotron.",
    )
    convert.add_argument("name", metavar="NAME", help="nemotron, nemotron-3.5 or parakeet")
    convert.add_argument(
        "--chunk-ms",
        type=int,
        default=560,
        metavar="MS",
        help="milliseconds of sound in a step of a model that streams (default: 560)",
    )
    models.set_defaults(run=_models)


def _models(arguments: argparse.Namespace) -> int:
    from dictate.install import convert, model
    from dictate.models import commands

    if arguments.action == "list":
        return commands.show(as_json=arguments.json)
    if arguments.action == "convert":
        return convert.convert(arguments.name, arguments.chunk_ms)
    actions = {
        "download": model.download,
        "verify": commands.verify,
        "remove": commands.remove,
    }
    return actions[arguments.action](arguments.name)


def _add_bench(commands: "Commands") -> None:
    bench = _command(commands, "bench", "measure this machine with your engine")
    benchmarks = bench.add_subparsers(dest="bench", required=True, metavar="BENCHMARK")
    gate = _command(
        benchmarks,
        "gate",
        "check whether this machine and engine are good enough to dictate with",
        "Prints a table: what was measured, and whether it passed.",
    )
    _add_engine(gate)
    gate.add_argument(
        "--recordings",
        metavar="FOLDER",
        type=Path,
        help="measure with your own voice: a folder with NAME.wav or NAME.flac, and beside each a"
        " NAME.txt with its words",
    )
    gate.add_argument(
        "--runs",
        metavar="N",
        type=_at_least_one,
        default=20,
        help="number of utterances to time as if they were spoken now (default: 20)",
    )
    _add_json(gate)
    gate.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help="also draw the results into this file (needs matplotlib)",
    )
    bench.set_defaults(run=_bench)


def _at_least_one(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return int(text)


def _bench(arguments: argparse.Namespace) -> int:
    from dictate.benchmark.command import benchmark

    result = benchmark(
        engine=arguments.engine,
        recordings=arguments.recordings,
        runs=arguments.runs,
        as_json=arguments.json,
        plot_file=arguments.plot,
    )
    if not arguments.json:
        _show_last_texts()
    return result


def _show_last_texts() -> None:
    """What a dictation really takes, where the daemon runs."""
    from dictate.ctl import render
    from dictate.ctl.client import ask_status

    with suppress(DictateError):
        if texts := render.last_texts(ask_status()["finish_times"]):
            console.line(f"your last texts were there {texts}")


def _add_setup(commands: "Commands") -> None:
    setup = _command(
        commands,
        "setup",
        "install dictate as a service of this user",
        "It never changes a file that you wrote, and you may run it again at any time. With an"
        " option, it does only what the option says.",
    )
    setup.add_argument(
        "--engine",
        metavar="NAME",
        help="install the packages that this engine needs, and offer its model: {engines}",
    )
    setup.add_argument(
        "--remote",
        metavar="HOST",
        help="use the engine of HOST, by SSH; this machine's engine stays as the fallback",
    )
    setup.add_argument(
        "--serve",
        action="store_true",
        help="let users who log in by SSH use the engine of this machine",
    )
    setup.add_argument(
        "--keys",
        action="store_true",
        help="bind the keys of config.toml in the desktop itself: {desktops}",
    )
    setup.add_argument(
        "--uinput",
        action="store_true",
        help="as root: allow the user at this machine to press keys through the kernel, which the"
        " output uinput needs",
    )
    setup.add_argument(
        "--remove",
        action="store_true",
        help="remove what setup installed; with --keys or --uinput, only that",
    )
    setup.add_argument(
        "--purge",
        action="store_true",
        help="with --remove: also delete your dictations, text and sound, and the models; it asks"
        " first",
    )
    setup.add_argument(
        "--settings",
        action="store_true",
        help="with --remove: also delete config.toml and hotwords.toml; it asks first",
    )
    setup.add_argument(
        "--yes",
        action="store_true",
        help="delete without asking; with --engine: download its model without asking",
    )
    setup.names = _setup_names
    setup.set_defaults(run=_setup)


def _setup_names() -> dict[str, str]:
    from dictate.engines import ENGINES
    from dictate.hotkeys.desktop_keys import DESKTOPS
    from dictate.installation import extras

    *most, last = DESKTOPS
    with_packages = [name for name in ENGINES.table if name in extras()]
    return {"engines": ", ".join(with_packages), "desktops": f"{', '.join(most)} or {last}"}


def _setup(arguments: argparse.Namespace) -> int:
    from dictate.install import engine, remote, removal, service, shortcuts, uinput

    deletes = removal.Deletes(recordings=arguments.purge, settings=arguments.settings)
    if deletes.anything and (not arguments.remove or arguments.keys or arguments.uinput):
        return removal.explain(deletes)
    if arguments.engine is not None:
        return engine.install(arguments.engine, sure=arguments.yes)
    if arguments.uinput:
        return uinput.disallow() if arguments.remove else uinput.allow()
    if arguments.keys and not arguments.remove:
        return shortcuts.bind()
    if arguments.remove:
        if not arguments.keys:
            return removal.remove(deletes, sure=arguments.yes)
        shortcuts.unbind()
        return 0
    if arguments.serve:
        return remote.serve()
    if arguments.remote is not None:
        return remote.remote(arguments.remote)
    return service.install()
