"""The messages of `dictatectl`'s own client, beside those of dbus-fast."""

import io
from typing import Any

import pytest
from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast._private.unmarshaller import Unmarshaller
from dbus_fast.unpack import unpack_variants

from dictate.ctl import wire

BODIES: list[tuple[str, list[Any]]] = [
    ("", []),
    ("b", [True]),
    ("s", [""]),
    ("ybnqiuxtd", [7, False, -2, 3, -4, 5, -6, 2**63, 1.5]),
    ("sogas", ["Zoë \U0001f600", "/a/b", "a{sv}", ["", "a", "longer"]]),
    ("aa{sv}", [[]]),
    ("aa{sv}", [[{}, {"a": Variant("u", 1), "bc": Variant("as", ["x"])}]]),
    ("a{sv}y", [{"deep": Variant("a{sv}", {"v": Variant("v", Variant("d", 0.5))})}, 9]),
    ("(y(sx))a(yt)aay", [[1, ["in", -1]], [[1, 2], [3, 4]], [b"ab", b""]]),
]


def sent(signature: str, body: list[Any], **more: Any) -> bytes:
    kind = {"message_type": MessageType.METHOD_RETURN, "reply_serial": 12, **more}
    message = Message(destination=":1.5", sender=":1.4", signature=signature, body=body, **kind)
    message.serial = 3
    return bytes(message._marshall(negotiate_unix_fd=False))


def plain(value: Any) -> Any:
    """A value as `wire` has it: tuples for structures, numbers for bytes."""
    if isinstance(value, bytes):
        return list(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(("signature", "body"), BODIES)
def test_an_answer_is_what_dbus_fast_wrote(signature: str, body: list[Any]) -> None:
    received = bytearray(sent(signature, body))
    message = wire.first_message(received)
    assert message is not None
    assert (message.kind, message.reply_to, message.error) == (wire.METHOD_RETURN, 12, "")
    assert plain(message.body) == plain(unpack_variants(body))
    assert not received


def test_errors_and_signals_say_which_they_are() -> None:
    name = "org.example.Error.No"
    failed = sent("s", ["why"], message_type=MessageType.ERROR, error_name=name)
    changed = sent(
        "s",
        ["x"],
        message_type=MessageType.SIGNAL,
        reply_serial=0,
        path="/a",
        interface="org.example.A",
        member="Changed",
    )
    received = bytearray(failed + changed)
    assert wire.first_message(received) == (wire.ERROR, 12, name, "", ["why"])
    assert wire.first_message(received) == (wire.SIGNAL, 0, "", "Changed", ["x"])


def test_a_message_that_arrives_in_pieces_is_read_once_it_is_whole() -> None:
    whole = sent("a{sv}", [{"a": Variant("s", "b")}])
    received = bytearray()
    for byte in whole[:-1]:
        received.append(byte)
        assert wire.first_message(received) is None
    received += whole[-1:] + whole[:5]
    message = wire.first_message(received)
    assert message is not None
    assert message.body == [{"a": "b"}]
    assert received == whole[:5]


def test_a_daemon_may_have_the_other_order_of_bytes() -> None:
    fields = b"\5\1u\0" + (12).to_bytes(4, "big") + b"\x08\1g\0\1u\0"
    header = b"B\2\0\1" + b"".join(n.to_bytes(4, "big") for n in (4, 3, len(fields)))
    message = wire.first_message(bytearray(header + fields + b"\0" + (258).to_bytes(4, "big")))
    assert message == (wire.METHOD_RETURN, 12, "", "", [258])


@pytest.mark.parametrize(
    ("signature", "body"),
    [("", []), ("u", [7]), ("ub", [1, True]), ("ussssd", [4, "a", "", "Zoë", "dd", 1.25])],
)
def test_a_call_is_what_dbus_fast_reads(signature: str, body: list[Any]) -> None:
    names = ("org.example.Name", "/org/example", "org.example.Interface", "Member")
    data = wire.call(9, *names, signature, *body)
    stream: Any = io.BytesIO(data)
    message = Unmarshaller(stream).unmarshall()
    assert message is not None
    assert (message.destination, message.path, message.interface, message.member) == names
    assert (message.serial, message.message_type) == (9, MessageType.METHOD_CALL)
    assert message.flags == MessageFlag.NO_AUTOSTART
    assert (message.signature, message.body) == (signature, body)
