"""`dictate bench`: how good this machine and its engine are."""

import argparse
from contextlib import suppress
from pathlib import Path

from dictate import console
from dictate.cli.options import Commands, add_command, add_engine, at_least_one
from dictate.ctl.arguments import add_json
from dictate.errors import DictateError
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    bench = add_command(commands, "bench", _("measure this machine with your engine"))
    benchmarks = bench.add_subparsers(dest="bench", required=True, metavar="BENCHMARK")
    gate = add_command(
        benchmarks,
        "gate",
        _("check whether this machine and engine are good enough to dictate with"),
        _("Prints a table: what was measured, and whether it passed."),
    )
    add_engine(gate)
    gate.add_argument(
        "--recordings",
        metavar="FOLDER",
        type=Path,
        help=_(
            "measure with your own voice: a folder with NAME.wav or NAME.flac, and beside "
            "each a NAME.txt with its words"
        ),
    )
    gate.add_argument(
        "--runs",
        metavar="N",
        type=at_least_one,
        default=20,
        help=_("number of utterances to time as if they were spoken now (default: 20)"),
    )
    add_json(gate)
    gate.add_argument(
        "--plot",
        metavar="FILE",
        type=Path,
        help=_("also draw the results into this file (needs matplotlib)"),
    )
    bench.set_defaults(run=_bench)


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
    from dictate.client.daemon_client import ask_status
    from dictate.ctl import render

    with suppress(DictateError):
        if texts := render.last_texts(ask_status()["finish_times"]):
            console.line(_("your last texts were there {texts}").format(texts=texts))
