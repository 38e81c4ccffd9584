"""`dictate setup --serve` on the machine with the engine, `dictate setup --remote HOST` on the one
without: an SSH tunnel from Unix socket to Unix socket, and the settings that use it.

SSH brings what is needed: nothing travels in clear, and who may log in there may use the engine.
The tunnel is a unit of its own, tried for ever. The config is changed only when somebody answers
at the other end, and `dictate setup --remove` puts it back.
"""

import re
import shlex
import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import soundfile

from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines.remote.wyoming import WyomingEngine, WyomingUtterance
from dictate.errors import ConfigError, DictateError, EngineError
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.install.service import (
    NO_NAMESPACES,
    OURS,
    REMOTE,
    SERVE,
    UNIT,
    Out,
    filled,
    find_places,
    manager_missing,
    run,
    step,
    systemctl,
    unit,
    user_namespaces_forbidden,
    write_default,
    write_ours,
)
from dictate.platform import paths
from dictate.platform.resources import samples

UP_S = 20.0
"""Seconds in which the tunnel must be up."""
TIMES = 3
"""Utterances that are timed."""
_HOST = re.compile(r"(?:[\w.-]{1,32}@)?\w[\w.:-]{0,62}", re.ASCII)
_ASK = """sh -c 'd="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/dictate-serve/socket"; \
test -S "$d" && echo "dictate: $d" || echo "dictate:"'"""
_THERE = re.compile(r"dictate: ((?:/[\w.-]+)+)", re.ASCII)
_BEFORE = re.compile(r"^# engine\.use was (\S.*)$", re.MULTILINE)
_CHANGED = ("engine.address", "engine.fallback", "engine.use")


def serve(*, out: Out = print) -> int:
    """Lend this machine's engine: write the config if it is missing, install and start the socket
    on which the engine is started when somebody asks for it. 0 if all is in place."""
    places = find_places()
    try:
        for folder in (places.config, places.state, places.cache):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_default(places.config / "config.toml", "config.toml", out)
        manager = manager_missing()
        changed = False
        for name in SERVE:
            changed |= write_ours(places.units / name, unit(name, places), out)
        if manager is None and user_namespaces_forbidden():
            changed |= write_ours(places.drop_in(SERVE[1]), NO_NAMESPACES, out)
    except (OSError, DictateError) as error:
        out(f"failed: {error}")
        return 1
    if manager is not None:
        out(f"skipped: starting it: {manager}; `dictate serve` runs it in a terminal")
        return 0
    if changed:
        systemctl("daemon-reload")
        systemctl("stop", *SERVE)
    if not step(
        "the engine is lent, and started when somebody asks", out, "enable", "--now", SERVE[0]
    ):
        return 1
    linger = run("loginctl", "show-user", "--property=Linger", "--value").stdout.strip()
    if linger == "no":
        out("note: it ends when you log out here; `loginctl enable-linger` lets it stay")
    return 0


def remote(host: str, *, out: Out = print) -> int:
    """Use the engine of `host` from now on, and show how far away it is. Safe to repeat. 0 if it
    answers; else what is missing is said, and the config stays as it was."""
    if not _HOST.fullmatch(host):
        out(f"failed: {host!r} is no host: write its name, or USER@NAME, as for ssh")
        return 1
    places = find_places()
    socket = _socket(host)
    try:
        there = _ask(host)
        before = _before(places.units / REMOTE)
        if before is None:
            before = _settings().use
        command = tunnel(host, socket, there)
        words = " ".join(f'"{word}"' if set(word) & set(" \t") else word for word in command)
        text = filled(REMOTE, HOST=host, BEFORE=before, SSH=words.replace("%", "%%"))
        changed = write_ours(places.units / REMOTE, text, out)
    except (OSError, DictateError) as error:
        out(f"failed: {error}")
        return 1
    manager = manager_missing()
    if manager is not None:
        out(f"skipped: starting the tunnel: {manager}; run it yourself, and then this again:")
        out(f"    mkdir -p -m 700 {socket.parent} && {shlex.join(command)}")
    else:
        systemctl("daemon-reload")
        if not step("the tunnel is enabled", out, "enable", REMOTE) or not step(
            "the tunnel runs", out, "restart" if changed else "start", REMOTE
        ):
            return 1
    settings = EngineSettings(use="wyoming", address=str(socket))
    out(f"asking {host}, which may have to load its model first")
    try:
        found = _measured(settings, UP_S if manager is None else 0.0)
        _use(socket, before)
    except (EngineError, ConfigError) as error:
        out(f"failed: {error}")
        return 1
    out(f"done: engine.use is wyoming, and {before} hears what {host} fails at")
    out(f"{host}: {found}")
    if manager is None and systemctl("is-active", UNIT).returncode == 0:
        out("the running service takes it over by itself")
    return 0


def undo(*, out: Out = print) -> None:
    """Put the config back as it was before `remote`, unless another engine was chosen since."""
    before = _before(find_places().units / REMOTE)
    if before is None:
        return
    path = paths.config_file()
    try:
        settings = config_file.load(path).engine
        if settings.use != "wyoming" or "/dictate-remote/" not in settings.address:
            return
        for option in _CHANGED:
            config_file.unset_option(path, option)
        if before != EngineSettings().use:
            config_file.set_option(path, "engine.use", before)
    except ConfigError as error:
        out(f"failed: {error}")
    else:
        out(f"done: engine.use is {before} again")


def tunnel(host: str, here: Path, there: str) -> list[str]:
    """The command that keeps the two sockets connected, and ends when it cannot."""
    options = {
        # It must never wait for somebody to type, nor run inside another connection.
        "BatchMode": "yes",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ExitOnForwardFailure": "yes",
        "StreamLocalBindUnlink": "yes",
        "StreamLocalBindMask": "0177",
        # A laptop that wakes up must not wait for a connection that died in its sleep.
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "2",
        "ConnectTimeout": "10",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return [_ssh(), "-N", "-T", *words, "-L", f"{here}:{there}", host]


def _ssh() -> str:
    if found := shutil.which("ssh"):
        return found
    raise DictateError("ssh is missing: install it (openssh-client)")


def _socket(host: str) -> Path:
    """Where the tunnel comes out; the engine there is known by the name of it."""
    name = host.rpartition("@")[2].replace(":", "-")  # a colon has a meaning for ssh
    return paths.runtime_dir().with_name("dictate-remote") / name


def _ask(host: str) -> str:
    """Where the engine over there listens. Raises DictateError."""
    asked = run(
        *(_ssh(), "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, _ASK), timeout=30.0
    )
    if asked.returncode:
        said = (asked.stderr.strip() or f"exit status {asked.returncode}").splitlines()[-1]
        raise DictateError(
            f"ssh {host} does not work without a question: {said}; try `ssh {host}` by hand, and "
            f"`ssh-copy-id {host}` for a login by key"
        )
    # It goes into a unit, so it is taken for what a path of ours can be, and for nothing else.
    for line in asked.stdout.splitlines():
        if found := _THERE.fullmatch(line):
            return found[1]
    raise DictateError(f"no engine is lent on {host}: run `dictate setup --serve` there")


def _before(path: Path) -> str | None:
    """The engine that was in use before the tunnel; None if there is no tunnel of ours."""
    if not path.exists() or not (text := path.read_text()).startswith(OURS):
        return None
    found = _BEFORE.search(text)
    return found[1] if found else EngineSettings().use


def _settings() -> EngineSettings:
    return config_file.load(paths.config_file()).engine


def _use(socket: Path, before: str) -> None:
    path = paths.config_file()
    fallback = "auto" if before.partition(":")[0] == "wyoming" else before
    for option, value in zip(_CHANGED, (str(socket), fallback, "wyoming"), strict=True):
        config_file.set_option(path, option, value)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far away an engine is."""

    engine: str
    device: str
    round_trip_ms: float
    added_ms: float
    """From the release to the final text, without what the engine itself takes."""

    def __str__(self) -> str:
        on = f" on {self.device}" if self.device else ""
        return (
            f"{self.engine}{on}, round trip {self.round_trip_ms:.1f} ms, "
            f"release to final +{self.added_ms:.0f} ms"
        )


def _measured(settings: EngineSettings, within_s: float) -> Distance:
    """Wait until somebody answers, and measure. Raises EngineError."""
    engine = WyomingEngine(settings)
    until = time.monotonic() + within_s
    while True:
        try:
            engine.load()
            break
        except EngineError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
    sound, _ = soundfile.read(samples()[0], dtype="float32", frames=RATE)
    added = [_added_ms(engine, sound) for _ in range(TIMES)]
    there = engine.there
    return Distance(there.name, there.device, engine.round_trip_s * 1000, statistics.median(added))


def _added_ms(engine: WyomingEngine, sound: Samples) -> float:
    """One utterance, spoken in real time."""
    utterance = engine.begin(Hotwords(), None)
    assert isinstance(utterance, WyomingUtterance)
    piece = RATE // 50
    for start in range(0, len(sound), piece):
        utterance.feed(sound[start : start + piece])
        time.sleep(piece / RATE)
    began = time.monotonic()
    utterance.finish()
    return max(0.0, (time.monotonic() - began) * 1000 - utterance.finish_ms)
