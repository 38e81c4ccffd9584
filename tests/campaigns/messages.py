"""Random D-Bus messages: known methods with right and wrong arguments, and anything else."""

import random
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageFlag, Variant

from dictate.platform import bus

INTROSPECTED: Final = (
    Path(__file__).parents[2] / "docs" / "reference" / "io.github.dictate.Dictate1.xml"
)
RARE: Final = frozenset({"Check", "Prove", "Devices", "Reload", "ReadFiles", "Accept", "Unlearn"})
"""Methods that start processes, or write files of the user."""
NEVER: Final = frozenset({"CheckLive", "CorrectWindow"})
"""Those that open windows."""
TOLD: Final = frozenset({"Last", "History", "HistoryBefore", "Correct", "Prove", "Audit"})
"""Those whose answer may have a dictated text."""
_BASIC: Final = "ybnqiuxtdsog"
_LIMITS: Final = {"y": 8, "n": 15, "q": 16, "i": 31, "u": 32, "x": 63, "t": 64}


def methods() -> list[tuple[str, str, str]]:
    """Interface, name and signature of each method."""
    found = []
    for interface in ElementTree.parse(INTROSPECTED).getroot().iter("interface"):
        for method in interface.iter("method"):
            into = [arg.get("type", "") for arg in method if arg.get("direction") == "in"]
            found.append((interface.get("name", ""), method.get("name", ""), "".join(into)))
    return [it for it in found if it[1] not in NEVER]


class Messages:
    """Makes them."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._methods = methods()
        self._often = [it for it in self._methods if it[1] not in RARE]

    def message(self) -> Message:
        """The next one."""
        dice = self._dice
        interface, member, signature = dice.choice(
            self._methods if dice.random() < 0.002 else self._often
        )
        path, name = bus.PATH, bus.NAME
        match dice.choices(
            ("right", "wrong types", "unknown", "property", "elsewhere"), (55, 20, 10, 10, 5)
        )[0]:
            case "wrong types":
                signature = self._signature()
            case "unknown":
                member, signature = self._name(), self._signature()
            case "property":
                interface = "org.freedesktop.DBus.Properties"
                member, signature = dice.choice([("Get", "ss"), ("GetAll", "s"), ("Set", "ssv")])
            case "elsewhere":
                path = dice.choice(["/", "/a/b", bus.PATH + "/x"])
                interface = dice.choice(["a.b", "org.freedesktop.DBus.Introspectable", interface])
        body = [self._value(kind) for kind in _kinds(signature)]
        flags = MessageFlag.NO_REPLY_EXPECTED if dice.random() < 0.1 else MessageFlag.NONE
        return Message(name, path, interface, member, signature=signature, body=body, flags=flags)

    def _name(self) -> str:
        return "M" + "".join(self._dice.choices("abcXYZ019_", k=self._dice.randrange(200)))

    def _signature(self) -> str:
        return "".join(self._kind(3) for _ in range(self._dice.randrange(5)))

    def _kind(self, deep: int) -> str:
        dice = self._dice
        match dice.choice("bbbbvas(") if deep else "b":
            case "v":
                return "v"
            case "a":
                return "a" + self._kind(deep - 1)
            case "s":
                return f"a{{{dice.choice(_BASIC)}{self._kind(deep - 1)}}}"
            case "(":
                return f"({''.join(self._kind(deep - 1) for _ in range(dice.randrange(1, 4)))})"
        return dice.choice(_BASIC)

    def _value(self, kind: str) -> Any:
        dice = self._dice
        if kind in _LIMITS:
            top = 1 << _LIMITS[kind]
            low = -top if kind in "nix" else 0
            return dice.choice([0, 1, top - 1, low, dice.randrange(low, top)])
        match kind[0]:
            case "b":
                return dice.random() < 0.5
            case "d":
                return dice.choice([0.0, -1.5, 1e308, float("inf"), float("nan")])
            case "s":
                return self._text()
            case "o":
                return dice.choice(["/", "/a", "/a/b_1"])
            case "g":
                return dice.choice(["", "s", "a{sv}"])
            case "v":
                inner = self._kind(2)
                return Variant(inner, self._value(inner))
            case "(":
                return [self._value(each) for each in _kinds(kind[1:-1])]
        length = dice.choice([0, 1, 3, dice.randrange(30)])
        if kind[1] == "{":
            key, value = kind[2], kind[3:-1]
            return {self._value(key): self._value(value) for _ in range(length)}
        if kind[1] == "y":
            return dice.randbytes(length)
        return [self._value(kind[1:]) for _ in range(length)]

    def _text(self) -> str:
        dice = self._dice
        text = dice.choice(
            ["", "main", "chat", "Dictate", bus.INTERFACE, "ä€𝄞\u202e", "a\nb\x1b[0m"]
        )
        return text * dice.choice([1, 1, 1, 10, 1000]) if dice.random() < 0.998 else "x" * 1_000_000


def _kinds(signature: str) -> list[str]:
    """The single complete types of a signature."""
    kinds, at = [], 0
    while at < len(signature):
        end = _end(signature, at)
        kinds.append(signature[at:end])
        at = end
    return kinds


def _end(signature: str, at: int) -> int:
    if signature[at] == "a":
        return _end(signature, at + 1)
    if signature[at] not in "({":
        return at + 1
    at += 1
    while signature[at] not in ")}":
        at = _end(signature, at)
    return at + 1
