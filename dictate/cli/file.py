"""`dictate file`: recordings become text."""

import argparse
from pathlib import Path

from dictate.cli.options import Commands, add_command, add_engine, add_hotwords, at_least_one
from dictate.translation import _


def add(commands: Commands) -> None:
    """Describe the command line."""
    file = add_command(
        commands,
        "file",
        _("transcribe sound files"),
        _(
            "The text goes to stdout, unless you give --out, --format or --out-dir. If the "
            "command is interrupted, run it again: it continues where it stopped. Hotwords "
            "for talk.wav alone can go into talk.toml beside it, in the format of "
            "hotwords.toml. The exit status is 1 if a file failed, and 4 if nothing was "
            "heard in one of them."
        ),
    )
    file.add_argument(
        "paths",
        nargs="+",
        type=_sound_path,
        metavar="FILE",
        help=_(
            "wav, flac, ogg or mp3; if ffmpeg is installed, also the formats that it reads; "
            "- is standard input"
        ),
    )
    file.add_argument(
        "-o",
        "--out",
        action="append",
        default=[],
        type=Path,
        metavar="OUTPUT",
        help=_("for a single FILE: write this output (.txt, .srt, .vtt or .json); may be repeated"),
    )
    file.add_argument(
        "--format",
        action="append",
        default=[],
        choices=("txt", "srt", "vtt", "json"),
        help=_("write an output of this format beside each FILE; may be repeated"),
    )
    file.add_argument(
        "--out-dir",
        type=Path,
        metavar="FOLDER",
        help=_("write the outputs into this folder; txt unless --format says otherwise"),
    )
    file.add_argument("--force", action="store_true", help=_("overwrite outputs that exist"))
    file.add_argument(
        "--track",
        metavar="N",
        type=at_least_one,
        help=_(
            "transcribe this sound track of each FILE; the first is 1 (default: the one that "
            "the file marks as its default)"
        ),
    )
    file.add_argument(
        "--words",
        action="store_true",
        help=_(
            "add the time of each word to json, vtt and srt (first run `dictate models "
            "download qwen3-aligner`)"
        ),
    )
    file.add_argument("--json", action="store_true", help=_("print JSON to stdout, for scripts"))
    add_engine(file)
    add_hotwords(file)
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
