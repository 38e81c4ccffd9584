"""Runs as the daemon of the systemd unit: it reports ready, feeds the watchdog, owns the bus name.

`run` first writes down what the sandbox allows, as JSON, in the state folder. SIGUSR1 makes it
hang. A file `bad` in the configuration folder makes it end with status 78. `setup` is the real one.
"""

import asyncio
import ctypes
import errno
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sdnotify
from dbus_fast.aio import MessageBus

from dictate.install import removal, service
from dictate.install.removal import Deletes

CLONE_NEWUSER = 0x10000000


def _outcome(attempt: Callable[[], object]) -> str:
    """ "ok", or the name of the error."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "ok"


def _unshare() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")


def _connect(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def sandbox() -> dict[str, object]:
    """What a process of the unit may do."""
    home = Path.home()
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    mask = os.umask(0)
    os.umask(mask)
    return {
        "write home": _outcome(lambda: (home / "planted").write_text("x")),
        "write /usr": _outcome(lambda: Path("/usr/planted").write_text("x")),
        "read home": _outcome(lambda: (home / "readable").read_text()),
        "write config": _outcome(lambda: (home / ".config/dictate/probe").write_text("x")),
        "write state": _outcome(lambda: (home / ".local/state/dictate/probe").write_text("x")),
        "write cache": _outcome(lambda: (home / ".cache/dictate/probe").write_text("x")),
        "write runtime": _outcome(lambda: (runtime / "dictate/probe").write_text("x")),
        "temporary file": _outcome(lambda: tempfile.TemporaryFile().close()),
        "socket in /tmp": _outcome(lambda: _connect(home.parent / "display")),
        "the bus": _outcome(lambda: _connect(runtime / "bus")),
        "network": _outcome(lambda: socket.socket(socket.AF_INET).close()),
        "network 6": _outcome(lambda: socket.socket(socket.AF_INET6).close()),
        "user namespace": _outcome(_unshare),
        "callback made at run time": bool(ctypes.CFUNCTYPE(None)(lambda: None)),
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "umask": oct(mask),
    }


async def run() -> None:
    """Be a service until stopped."""
    state = Path.home() / ".local/state/dictate"
    (state / "sandbox.json").write_text(json.dumps(sandbox()))
    bus = await MessageBus().connect()
    await bus.request_name("io.github.dictate.Dictate1")
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: time.sleep(600))
    systemd = sdnotify.SystemdNotifier()
    systemd.notify("READY=1\nSTATUS=ready")
    pause = int(os.environ.get("WATCHDOG_USEC", "30000000")) / 1e6 / 4
    while not stop.is_set():
        systemd.notify("WATCHDOG=1")
        try:
            await asyncio.wait_for(stop.wait(), pause)
        except TimeoutError:
            continue


if __name__ == "__main__":
    if sys.argv[1] == "setup":
        sys.exit(
            removal.remove(Deletes(recordings="--purge" in sys.argv), sure=True)
            if "--remove" in sys.argv
            else service.install()
        )
    if (Path.home() / ".config/dictate/bad").exists():
        sys.exit(78)
    asyncio.run(run())
