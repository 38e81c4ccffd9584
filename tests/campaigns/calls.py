"""Random D-Bus calls from many clients: the daemon stays small and quick, and tells no text to a
caller who did not ask.

A step is one call. The clients come and go, wait for answers or do not; one of them listens to all
signals. Meanwhile somebody dictates a text that nobody else may hear of.
"""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

from dbus_fast import Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from dictate.errors import Unavailable
from dictate.platform import bus
from tests.campaigns.counting_tasks import EVERY_S
from tests.campaigns.footprint import Footprint, footprint, series, slope
from tests.campaigns.messages import TOLD, Messages
from tests.campaigns.result import Plan, Result
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home

CANARY: Final = "quagga"
"""A word of the dictated text."""
CLIENTS: Final = 8
AT_ONCE: Final = 20
"""Calls of one client that are under way at a time."""
LOOKED_AFTER: Final = 500
"""Calls between two looks at what the daemon takes."""
ANSWER_S: Final = 60.0
GROWS: Final = {"memory_mb": 0.5, "descriptors": 0.2, "threads": 0.2}
"""By how much each may grow in 1000 calls."""
MORE_TASKS: Final = 5
"""Those of a dictation that is still under way."""


class Campaign:
    """The calls to one daemon."""

    def __init__(self, daemon: RealDaemon, tasks: Path, result: Result) -> None:
        self.daemon = daemon
        self.result = result
        self._tasks = tasks
        self._dice = random.Random(result.plan.seed)
        self._messages = Messages(self._dice)
        self._looks: list[Footprint] = []
        self._steps: list[float] = []
        self._tasks_before = 0
        self.errors: Counter[str] = Counter()

    async def run(self) -> None:
        """All calls."""
        listener = await bus.connect()
        listener.add_message_handler(self._overhear)
        rule = Message(
            *("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"),
            *("AddMatch",), signature="s", body=["type='signal'"],
        )  # fmt: skip
        await bus.ask(listener, rule, "the bus", ANSWER_S)
        self._tasks_before = await self._idle_tasks()
        clients = [await bus.connect() for _ in range(CLIENTS)]
        while self.result.goes_on:
            if self.result.done % LOOKED_AFTER < CLIENTS * AT_ONCE:
                self._look()
            bursts = [self._burst(client) for client in clients]
            await asyncio.gather(*bursts)
            if self._dice.random() < 0.5:
                which = self._dice.randrange(CLIENTS)
                clients[which].disconnect()  # whatever it still waits for
                clients[which] = await bus.connect()
        for client in (*clients, listener):
            await bus.leave(client)
        left = await self._idle_tasks() - self._tasks_before
        self.result.figures["tasks left"] = float(left)
        if left > MORE_TASKS:
            self.result.find(self.result.done, f"{left} tasks are left")

    async def _idle_tasks(self) -> int:
        """The tasks of the daemon when nobody calls: the fewest within some seconds."""
        counts = []
        for _ in range(6):
            await asyncio.sleep(2 * EVERY_S)
            counts.append(int(self._tasks.read_text() or 0) if self._tasks.exists() else 0)
        return min(filter(None, counts), default=0)

    async def _burst(self, client: MessageBus) -> None:
        calls = [self._messages.message() for _ in range(AT_ONCE)]
        self.result.done += AT_ONCE
        await asyncio.gather(*(self._call(client, call) for call in calls))

    async def _call(self, client: MessageBus, call: Message) -> None:
        step = self.result.done
        if call.flags & MessageFlag.NO_REPLY_EXPECTED:
            await client.send(call)
            return
        try:
            answer = await bus.ask(client, call, "dictate", ANSWER_S)
        except Unavailable as error:
            self.result.find(step, f"{call.interface}.{call.member}: {error}")
            return
        if answer.message_type is MessageType.ERROR:
            self.errors[str(answer.error_name)] += 1
            if str(answer.error_name).endswith(".Mistake"):
                self.result.find(step, f"{call.member} {call.signature}: {answer.body}")
        told = call.member in TOLD and answer.message_type is MessageType.METHOD_RETURN
        if CANARY in str(answer.body) and not told:
            self.result.find(step, f"{call.member} {call.signature} tells the text: {answer.body}")

    def _overhear(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and CANARY in str(message.body):
            self.result.find(self.result.done, f"a signal tells the text: {message.member}")

    def _look(self) -> None:
        self._looks.append(footprint(self.daemon.pid))
        self._steps.append(self.result.done)

    def judge(self) -> None:
        """Whether it stayed as it was, and still works."""
        for name, values in series(self._looks).items():
            grows = slope(self._steps, values)
            self.result.figures[f"{name.replace('_', ' ')} for 1000 calls"] = str(grows)
            if grows.exceeds(GROWS[name]) and max(values[-3:]) > values[len(values) // 3] + 5:
                self.result.find(self.result.done, f"{name} grows: {values}")
        at = (log := self.daemon.logged()).find("Traceback")
        if at >= 0:
            self.result.find(self.result.done, f"its log: {log[max(0, at - 300) : at + 2500]}")
        self.daemon.ctl("cancel", check=False)
        self.daemon.wait_state("ready", 60)
        before = self.daemon.written().count(CANARY)
        wait_for(lambda: self.daemon.ctl("start", check=False).returncode == 0, "it can be started")
        wait_for(lambda: self.daemon.written().count(CANARY) > before, "it still works")


def run(plan: Plan) -> Result:
    """The campaign."""
    result = Result("calls", plan, "calls")
    with TemporaryDirectory() as folder, home(Path(folder)) as user:
        user.say(f"A {CANARY} went by.", f"Another {CANARY}.")
        tasks = Path(folder) / "tasks"
        daemon = user.daemon(config=_settings(user))
        daemon.program = ("tests.campaigns.counting_tasks:main", str(tasks))
        with daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            daemon.ctl("start")
            wait_for(lambda: CANARY in daemon.written(), "somebody dictates")
            campaign = Campaign(daemon, tasks, result)
            with patch.dict(os.environ, DBUS_SESSION_BUS_ADDRESS=user.bus.address):
                asyncio.run(campaign.run())
            campaign.judge()
            texts = daemon.written().count(CANARY)
        result.figures["dictations"] = float(texts)
    return result.ended()


def _settings(user: Home) -> str:
    return f'{user.settings}[[profile]]\nname = "chat"\n[notifications]\nenabled = false\n'
