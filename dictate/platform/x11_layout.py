"""The keyboard layout that is on in an X server: XKB's group, and the names of the groups.

python-xlib does not know XKB, so the two requests are here.
"""

from typing import Any, Final

from Xlib import X
from Xlib.protocol import rq

from dictate.platform.x11 import close, connect

_XKB: Final = "XKEYBOARD"
_NAMES: Final = "_XKB_RULES_NAMES"
"""A property of the root window: rules, model, layouts, variants and options, each ended by NUL;
layouts and variants are lists with commas, one place for each group."""
_CORE_KEYBOARD: Final = 0x100


class _UseExtension(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(0),
        rq.RequestLength(),
        rq.Card16("major"),
        rq.Card16("minor"),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Bool("supported"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card16("major"),
        rq.Card16("minor"),
        rq.Pad(20),
    )


class _GetState(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(4),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Pad(2),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("device"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Pad(4),
        rq.Card8("group"),
        rq.Pad(19),
    )


def active_layout() -> tuple[str, str]:
    """The layout and its variant, such as ("de", "nodeadkeys"); ("", "") if the server has no
    names for them. Blocks, for ever if the server hangs. Raises Unavailable."""
    display = connect()
    try:
        found = display.query_extension(_XKB)
        root = display.screen().root
        names = root.get_full_property(display.get_atom(_NAMES), X.AnyPropertyType)
        if names is None or found is None or not found.present:
            return "", ""
        opcode = found.major_opcode
        _UseExtension(display=display.display, opcode=opcode, major=1, minor=0)
        group = _GetState(display=display.display, opcode=opcode, device=_CORE_KEYBOARD).group
        return of_group(bytes(names.value), group)
    finally:
        close(display)


def of_group(names: bytes, group: Any) -> tuple[str, str]:
    """The layout and the variant of this group in the property; a missing one is ""."""
    fields = [field.decode(errors="replace").split(",") for field in names.split(b"\0")]
    layouts, variants = [*fields, [], [], [], []][2:4]
    return "".join(layouts[group : group + 1]), "".join(variants[group : group + 1])
