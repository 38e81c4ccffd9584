"""Keys and tokens go to the server that they are for, and nowhere else; what was said goes to the
window and the journal, and nowhere else."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.chat_server import ChatLab
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.openai_server import OpenAIServer
from tests.lab.scripted import Home, home
from tests.lab.word_server import word_server

SPEECH = Path(__file__).parents[1] / "audio" / "train.wav"
SAID = "my canary sings a secret song"
POLISHED = "My canary sings a secret song."
KEYS = {name: f"sk-{name}-that-nobody-guesses" for name in ("engine", "polish", "words", "query")}

WITH_CORES = """
import resource
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
from dictate import cli
cli.main()
"""
"""`dictate` for a user who has core files written."""


def file_with(folder: Path, name: str) -> Path:
    path = folder / f"{name}.key"
    path.write_text(f"{KEYS[name]}\n")
    path.chmod(0o600)
    return path


def processes(daemon: RealDaemon) -> set[int]:
    """The daemon and all that it started."""
    found, new = set(), {daemon.pid}
    while new:
        found |= new
        tasks = [task for pid in new for task in Path(f"/proc/{pid}/task").glob("*/children")]
        new = {int(child) for task in tasks for child in task.read_text().split()} - found
    return found


def shown_of(daemon: RealDaemon, file: str) -> str:
    """What the kernel shows of each process in this file; some may just have ended."""
    found = []
    for pid in processes(daemon):
        with suppress(FileNotFoundError, ProcessLookupError):
            found.append(Path(f"/proc/{pid}/{file}").read_text(errors="replace"))
    return "\n".join(found).replace("\0", " ")


def what_others_see(daemon: RealDaemon) -> dict[str, str]:
    """What `ps` shows, what any program of the user may ask of the bus, and the log."""
    return {
        "command lines": shown_of(daemon, "cmdline"),
        "environments": shown_of(daemon, "environ"),
        "status": repr(daemon.status()),
        "check": daemon.ctl("check", check=False).stdout,
        "log": "\n".join(line for line in daemon.logged().splitlines() if " DEBUG " not in line),
    }


def files_of(user: Home) -> dict[Path, bytes]:
    """What lies in the user's folders of state, cache and data."""
    folders = [user.folder / name for name in ("state", "cache", "data", "run")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files}


@pytest.mark.fault("S8", "S9")
def test_no_key_and_no_word_is_seen_by_others(tmp_path: Path) -> None:
    """A dictation through three servers, each with a key; then a server fails, and says the key."""
    with (
        home(tmp_path) as user,
        OpenAIServer(hears=lambda _: SAID, key=KEYS["engine"]) as engine,
        ChatLab(lambda _: POLISHED, key=KEYS["polish"]) as chat,
        word_server() as words,
    ):
        key = {name: file_with(tmp_path, name) for name in KEYS}
        config = user.settings.replace(
            f'use = "scripted:{user.says}"',
            f'use = "openai"\nbase_url = "{engine.url}"\nfallback = "none"\n'
            f'api_key_file = "{key["engine"]}"',
        ).replace(str(user.recording), str(SPEECH))
        config += (
            f'[text]\npolish = true\n[polish]\nbase_url = "{chat.url}"\nwhen = "before"\n'
            f'api_key_file = "{key["polish"]}"\n'
        )
        daemon = user.daemon(config=config)
        daemon.program = ("-c", WITH_CORES)
        daemon.hotwords.write_text(
            f'[[source]]\nurl = "{words.url}?key={KEYS["query"]}"\ntoken_file = "{key["words"]}"\n'
        )
        with daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", daemon.logged(), 40)
            wait_for(lambda: words.requests, "the list is requested")
            daemon.ctl("start")
            wait_for(lambda: daemon.written() == f"{POLISHED}\n", daemon.logged(), 40)
            assert engine.asked[-1].key == KEYS["engine"]
            assert chat.asked[-1].key == KEYS["polish"]
            assert KEYS["words"] in repr(words.requests[-1])
            engine.on_asked = lambda handler: handler.say(500, {"error": f"{KEYS['engine']}: no"})
            daemon.ctl("start")
            wait_for(lambda: daemon.status()["trouble"].startswith("held: "), daemon.logged(), 40)
            seen = what_others_see(daemon)
            for where, shown in seen.items():
                found = [name for name, secret in KEYS.items() if secret in shown]
                assert found == [], where
                assert "canary" not in shown.lower(), where
            assert not [name for name in KEYS if KEYS[name] in daemon.logged()], "DEBUG, too"
            cores = re.findall(r"Max core file size +(\S+)", shown_of(daemon, "limits"))
            assert set(cores) == {"0"}, "core files would contain speech"
        files = files_of(user)
        for path, content in files.items():
            assert not [name for name in KEYS if KEYS[name].encode() in content], path
        with_text = [path for path, content in files.items() if b"canary" in content]
        assert with_text, "the journal has the text"
        for path in with_text:
            assert "state" in path.parts, "only the journal has it"
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
            assert path.stat().st_uid == os.getuid()
