"""`dictate setup`: Dictate as a service of this user."""

import argparse
import sys

from dictate.cli.options import Commands, add_command
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    setup = add_command(
        commands,
        "setup",
        _("install dictate as a service of this user"),
        _(
            "It never changes a file that you wrote, and you may run it again at any time. "
            "In a terminal it then leads through microphone, key, engine, your words and a "
            "first sentence. With an option, it does only what the option says."
        ),
    )
    setup.add_argument(
        "--engine",
        metavar="NAME",
        help=_("install the packages that this engine needs, and offer its model: {engines}"),
    )
    setup.add_argument(
        "--remote",
        metavar="HOST",
        help=_("use the engine of HOST, by SSH; this machine's engine stays as the fallback"),
    )
    setup.add_argument(
        "--serve",
        action="store_true",
        help=_("let users who log in by SSH use the engine of this machine"),
    )
    setup.add_argument(
        "--keys",
        action="store_true",
        help=_("bind the keys of config.toml in the desktop itself: {desktops}"),
    )
    setup.add_argument(
        "--uinput",
        action="store_true",
        help=_(
            "as root: allow the user at this machine to press keys through the kernel, which "
            "the output uinput needs"
        ),
    )
    setup.add_argument(
        "--remove",
        action="store_true",
        help=_("remove what setup installed; with --keys or --uinput, only that"),
    )
    setup.add_argument(
        "--purge",
        action="store_true",
        help=_(
            "with --remove: also delete your dictations, text and sound, and the models; it "
            "asks first"
        ),
    )
    setup.add_argument(
        "--settings",
        action="store_true",
        help=_("with --remove: also delete config.toml and hotwords.toml; it asks first"),
    )
    setup.add_argument(
        "--yes",
        action="store_true",
        help=_("ask nothing: with --engine, download its model; with --remove, delete"),
    )
    setup.names = _setup_names
    setup.set_defaults(run=_setup)


def _setup_names() -> dict[str, str]:
    from dictate.engines import ENGINES
    from dictate.hotkeys.desktop_keys import DESKTOPS
    from dictate.installation import extras

    *most, last = DESKTOPS
    with_packages = [name for name in ENGINES.table if name in extras()]
    return {
        "engines": ", ".join(with_packages),
        "desktops": _("{most} or {last}").format(most=", ".join(most), last=last),
    }


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
    status = service.install()
    if not arguments.yes and sys.stdin.isatty() and sys.stdout.isatty():
        from dictate.cli.guided_setup import walk

        walk.lead()
    return status
