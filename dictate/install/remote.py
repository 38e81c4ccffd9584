"""`dictate setup --serve` on the machine with the engine, and `dictate setup --remote HOST` on the
machine without: an SSH tunnel from Unix socket to Unix socket, and the settings that use it.

SSH already does what is needed: it encrypts, and a user who can log in can use the engine. The
tunnel is a unit of its own, which systemd restarts for ever. `setup --remote` changes the
configuration only after the remote engine has answered, and `dictate setup --remove` restores it.
"""

import re
import shlex
import shutil
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import soundfile

from dictate import console
from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines.remote.wyoming import WyomingEngine, WyomingUtterance
from dictate.errors import ConfigError, DictateError, EngineError
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.install.service import (
    NO_NAMESPACES,
    REMOTE_UNIT,
    SERVE_UNITS,
    UNIT,
    fill_template,
    locations,
    systemctl,
    systemctl_step,
    systemd_unavailable_reason,
    unit_text,
    user_namespaces_forbidden,
    write_default,
)
from dictate.installation import system_command
from dictate.platform import paths
from dictate.platform.generated_files import MARKER, Out, run, write_generated
from dictate.platform.resources import samples
from dictate.translation import _

TUNNEL_S: Final = 20.0
"""Seconds that the tunnel has to come up."""
TIMED_UTTERANCES: Final = 3
"""Number of utterances that are timed; the median counts."""
_HOST: Final = re.compile(r"(?:[\w.-]{1,32}@)?\w[\w.:-]{0,62}", re.ASCII)
# untranslated
_FIND_SOCKET: Final = """sh -c 'd="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/dictate-serve/socket"; \
test -S "$d" && echo "dictate: $d" || echo "dictate:"'"""
_SOCKET_FOUND: Final = re.compile(r"dictate: ((?:/[\w.-]+)+)", re.ASCII)
_PREVIOUS_ENGINE: Final = re.compile(r"^# engine\.use was (\S.*)$", re.MULTILINE)
_OPTIONS: Final = ("engine.address", "engine.fallback", "engine.use")


def serve(*, out: Out = console.step) -> int:
    """Serve this machine's engine: write the configuration if it is missing, and install and start
    the socket; the first client starts the engine. 0 if everything is in place."""
    places = locations()
    try:
        for folder in (places.config, places.state, places.cache):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_default(places.config / "config.toml", "config.toml", out)
        no_systemd = systemd_unavailable_reason()
        changed = False
        for name in SERVE_UNITS:
            changed |= write_generated(places.units / name, unit_text(name, places), out)
        if no_systemd is None and user_namespaces_forbidden():
            changed |= write_generated(places.drop_in(SERVE_UNITS[1]), NO_NAMESPACES, out)
    except (OSError, DictateError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    if no_systemd is not None:
        out(
            _(
                "skipped: starting the server: {no_systemd}; run `dictate serve` in a terminal"
            ).format(no_systemd=no_systemd)
        )
        return 0
    if changed:
        systemctl("daemon-reload")
        systemctl("stop", *SERVE_UNITS)
    if not systemctl_step(
        _("the engine is served; the first client starts it"),
        out,
        "enable",
        "--now",
        SERVE_UNITS[0],
    ):
        return 1
    linger = run("loginctl", "show-user", "--property=Linger", "--value").stdout.strip()
    if linger == "no":
        out(_("note: it stops when you log out here; `loginctl enable-linger` keeps it running"))
    return 0


def remote(host: str, *, out: Out = console.step) -> int:
    """Use the engine of `host` from now on, and print how much time the network adds. Safe to
    repeat. 0 if it answers; otherwise prints what is missing and leaves the configuration alone."""
    if not _HOST.fullmatch(host):
        out(
            _("failed: {host!r} is not a host: give its name, or USER@NAME, as for ssh").format(
                host=host
            )
        )
        return 1
    places = locations()
    socket = _local_socket(host)
    try:
        remote_socket = _remote_socket(host)
        previous = _previous_engine(places.units / REMOTE_UNIT)
        if previous is None:
            previous = _settings().use
        command = tunnel(host, socket, remote_socket)
        words = " ".join(f'"{word}"' if set(word) & set(" \t") else word for word in command)
        text = fill_template(REMOTE_UNIT, HOST=host, BEFORE=previous, SSH=words.replace("%", "%%"))
        changed = write_generated(places.units / REMOTE_UNIT, text, out)
    except (OSError, DictateError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    no_systemd = systemd_unavailable_reason()
    if no_systemd is not None:
        out(
            _(
                "skipped: starting the tunnel: {no_systemd}; start it yourself, then run setup "
                "again:"
            ).format(no_systemd=no_systemd)
        )
        out(f"    mkdir -p -m 700 {socket.parent} && {shlex.join(command)}")
    else:
        systemctl("daemon-reload")
        if not systemctl_step(
            _("the tunnel is enabled"), out, "enable", REMOTE_UNIT
        ) or not systemctl_step(
            _("the tunnel is running"), out, "restart" if changed else "start", REMOTE_UNIT
        ):
            return 1
    settings = EngineSettings(use="wyoming", address=str(socket))
    out(_("waiting for {host}, which may have to load its model first").format(host=host))
    try:
        timing = _measure(settings, TUNNEL_S if no_systemd is None else 0.0)
        _use(socket, previous)
    except (EngineError, ConfigError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    out(
        _("done: engine.use is wyoming; if {host} fails, the fallback is {previous}").format(
            host=host, previous=previous
        )
    )
    out(f"{host}: {timing}")
    if no_systemd is None and systemctl("is-active", UNIT).returncode == 0:
        out(_("the running service uses it from now on"))
    return 0


def undo(*, out: Out = console.step) -> None:
    """Restore the configuration from before `remote`, unless the user has chosen another engine
    since."""
    previous = _previous_engine(locations().units / REMOTE_UNIT)
    if previous is None:
        return
    path = paths.config_file()
    try:
        settings = config_file.load(path).engine
        if settings.use != "wyoming" or "/dictate-remote/" not in settings.address:
            return
        for option in _OPTIONS:
            config_file.unset_option(path, option)
        if previous != EngineSettings().use:
            config_file.set_option(path, "engine.use", previous)
    except ConfigError as error:
        out(_("failed: {error}").format(error=error))
    else:
        out(_("done: engine.use is {previous} again").format(previous=previous))


def tunnel(host: str, local: Path, remote: str) -> list[str]:
    """The command that connects the two sockets, and ends when it cannot."""
    options = {
        # Never wait for a password, and never share an existing connection.
        "BatchMode": "yes",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ExitOnForwardFailure": "yes",
        "StreamLocalBindUnlink": "yes",
        "StreamLocalBindMask": "0177",
        # A laptop that wakes up must not wait for a connection that died while it slept.
        "ServerAliveInterval": "5",
        "ServerAliveCountMax": "2",
        "ConnectTimeout": "10",
    }
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return [_ssh(), "-N", "-T", *words, "-L", f"{local}:{remote}", host]


def _ssh() -> str:
    if found := shutil.which("ssh"):
        return found
    raise DictateError(
        _("ssh is missing: {system_command}").format(
            system_command=system_command("openssh-client")
        )
    )


def _local_socket(host: str) -> Path:
    """The local end of the tunnel; its file name is the name of the remote engine's host."""
    name = host.rpartition("@")[2].replace(":", "-")  # ssh would read a colon as a separator
    return paths.runtime_dir().with_name("dictate-remote") / name


def _remote_socket(host: str) -> str:
    """The socket on which the remote engine listens. Raises DictateError."""
    asked = run(
        *(_ssh(), "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, _FIND_SOCKET),
        timeout=30.0,
    )
    if asked.returncode:
        said = (
            asked.stderr.strip()
            or _("exit status {returncode}").format(returncode=asked.returncode)
        ).splitlines()[-1]
        raise DictateError(
            _(
                "ssh cannot log in to {host} without asking: {said}; try `ssh {host}` by "
                "hand, and run `ssh-copy-id {host}` to log in by key"
            ).format(host=host, said=said)
        )
    # The path goes into a unit, so accept only what a path of ours can look like.
    for line in asked.stdout.splitlines():
        if found := _SOCKET_FOUND.fullmatch(line):
            return found[1]
    raise DictateError(
        _("no engine is served on {host}: run `dictate setup --serve` there").format(host=host)
    )


def _previous_engine(path: Path) -> str | None:
    """The engine in use before the tunnel was set up; None if no tunnel of ours is set up."""
    if not path.exists() or not (text := path.read_text()).startswith(MARKER):
        return None
    found = _PREVIOUS_ENGINE.search(text)
    return found[1] if found else EngineSettings().use


def _settings() -> EngineSettings:
    return config_file.load(paths.config_file()).engine


def _use(socket: Path, previous: str) -> None:
    path = paths.config_file()
    fallback = "auto" if previous.partition(":")[0] == "wyoming" else previous
    for option, value in zip(_OPTIONS, (str(socket), fallback, "wyoming"), strict=True):
        config_file.set_option(path, option, value)


@dataclass(frozen=True, slots=True)
class RemoteTiming:
    """How much time a remote engine adds."""

    engine: str
    device: str
    round_trip_ms: float
    added_ms: float
    """From the release to the final transcript, without the time of the engine itself."""

    def __str__(self) -> str:
        on = f" on {self.device}" if self.device else ""
        return _(
            "{engine}{on}, round trip {round_trip_ms:.1f} ms, release to final +{added_ms:.0f} ms"
        ).format(
            engine=self.engine, on=on, round_trip_ms=self.round_trip_ms, added_ms=self.added_ms
        )


def _measure(settings: EngineSettings, timeout_s: float) -> RemoteTiming:
    """Wait until the engine answers, and measure. Raises EngineError."""
    engine = WyomingEngine(settings)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            engine.load()
            break
        except EngineError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    sound, __ = soundfile.read(samples()[0], dtype="float32", frames=RATE)
    added = [_added_ms(engine, sound) for __ in range(TIMED_UTTERANCES)]
    there = engine.there
    return RemoteTiming(
        there.name, there.device, engine.round_trip_s * 1000, statistics.median(added)
    )


def _added_ms(engine: WyomingEngine, sound: Samples) -> float:
    """The added time of one utterance that is fed in real time."""
    utterance = engine.begin(Hotwords(), None)
    assert isinstance(utterance, WyomingUtterance)
    chunk = RATE // 50
    for start in range(0, len(sound), chunk):
        utterance.feed(sound[start : start + chunk])
        time.sleep(chunk / RATE)
    began = time.monotonic()
    utterance.finish()
    return max(0.0, (time.monotonic() - began) * 1000 - utterance.finish_ms)
