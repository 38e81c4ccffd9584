"""`dictate serve`: other machines use the engine of this one."""

import argparse
import sys
from pathlib import Path

from dictate import console
from dictate.cli.options import Commands, add_command, add_engine, set_up_logging
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    serve = add_command(
        commands, "serve", _("let other machines and programs use the engine of this machine")
    )
    add_engine(serve)
    serve.add_argument(
        "--socket",
        metavar="PATH",
        type=Path,
        help=_("listen on this Unix socket, not the usual one"),
    )
    serve.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        default="",
        help=_(
            "listen on this port; without --tls it must be one of this machine only (127.0.0.1)"
        ),
    )
    serve.add_argument(
        "--tls",
        nargs=2,
        metavar=("CERT", "KEY"),
        type=Path,
        help=_("encrypt --tcp with this certificate and key (PEM files); needs --token-file"),
    )
    serve.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help=_("serve only clients that send the secret in this file"),
    )
    serve.add_argument("--zeroconf", action="store_true", help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from dictate.server.listeners import ServerOptions
    from dictate.server.server import serve

    set_up_logging()
    if arguments.zeroconf:
        console.line(
            _(
                "dictate: --zeroconf does nothing any more: a port without TLS can be "
                "reached from this machine only, so give its address to the client by hand"
            ),
            sys.stderr,
        )
    options = ServerOptions(
        tcp=arguments.tcp,
        socket=arguments.socket,
        tls=arguments.tls and tuple(arguments.tls),
        token_file=arguments.token_file,
    )
    return serve(options, arguments.engine, out=console.step)
