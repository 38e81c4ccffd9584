"""A session bus of the test's own."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  {services}
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- As a desktop's session bus has it. -->
  <limit name="max_replies_per_connection">50000</limit>
  <limit name="max_incoming_bytes">1000000000</limit>
  <limit name="max_outgoing_bytes">1000000000</limit>
</busconfig>
"""


class Bus:
    """A dbus-daemon at `address`; `services` is its folder of activation files."""

    def __init__(self, folder: Path, services: Path | None = None) -> None:
        self.address = f"unix:path={folder}/test-bus"
        self._socket = folder / "test-bus"
        self._config = folder / "test-bus.conf"
        self._config.write_text(
            CONFIG.format(
                address=self.address,
                services=f"<servicedir>{services}</servicedir>" if services else "",
            )
        )
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; it answers when this returns. Also after `kill`, at the same address."""
        self._socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("unix:"), "dbus-daemon does not start"

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal; SIGKILL is also waited for."""
        if self._process is not None:
            self._process.send_signal(number)
            if number is signal.SIGKILL:
                self._process.wait()
                assert self._process.stdout is not None
                self._process.stdout.close()
                self._process = None


@contextmanager
def session_bus(folder: Path, services: Path | None = None) -> Iterator[Bus]:
    """A running bus, whose socket lies in `folder`; skips where there is no dbus-daemon."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("dbus-daemon is missing: apt install dbus")
    bus = Bus(folder, services)
    bus.start()
    try:
        yield bus
    finally:
        bus.kill()
