"""`dictate models`: speech models on this machine."""

import argparse

from dictate.cli.options import Commands, add_command
from dictate.ctl.arguments import add_json
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    models = add_command(commands, "models", _("download, verify and remove speech models"))
    actions = models.add_subparsers(dest="action", required=True, metavar="COMMAND")
    listed = add_command(actions, "list", _("list the models, and which of them are downloaded"))
    add_json(listed)
    for name, nargs, summary in (
        ("download", None, _("download a model, or continue its download")),
        ("verify", "?", _("verify the checksums of one downloaded model, or of all")),
        ("remove", None, _("delete a downloaded model")),
    ):
        action = add_command(actions, name, summary)
        action.add_argument(
            "name", nargs=nargs, metavar="NAME", help=_("a name from `dictate models list`")
        )
    convert = add_command(
        actions,
        "convert",
        _("make the ONNX files of a model on this machine"),
        _(
            "Makes the files of the engine onnx from NVIDIA's own file, which has to be "
            "downloaded. It needs the packages of the engine nemotron."
        ),
    )
    convert.add_argument("name", metavar="NAME", help=_("nemotron, nemotron-3.5 or parakeet"))
    convert.add_argument(
        "--chunk-ms",
        type=int,
        default=560,
        metavar="MS",
        help=_("milliseconds of sound in a step of a model that streams (default: 560)"),
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
