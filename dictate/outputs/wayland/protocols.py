"""The Wayland protocols in use: the messages of each kind of object, in the order of their opcodes.

They are transcribed from the requests and events in the protocols' own descriptions. Messages that
Dictate never uses are listed too, because the position is the opcode. `wayland/wire.py` explains
the letters.
"""

from dictate.outputs.wayland.wire import Interface

CALLBACK = Interface("wl_callback", 1, "", "done:u")
DISPLAY = Interface("wl_display", 1, "sync:n get_registry:n", "error:ous delete_id:u")
REGISTRY = Interface("wl_registry", 1, "bind:", "global:usu global_remove:u")
SEAT = Interface(
    "wl_seat", 1, "get_pointer:n get_keyboard:n get_touch:n release:", "capabilities:u name:s"
)

# Which windows there are, and which has the focus.
TOPLEVEL = Interface(
    "zwlr_foreign_toplevel_handle_v1",
    1,
    "set_maximized: unset_maximized: set_minimized: unset_minimized: activate:o close:"
    " set_rectangle:oiiii destroy: set_fullscreen:o unset_fullscreen:",
    "title:s app_id:s output_enter:o output_leave:o state:a done: closed: parent:o",
)
TOPLEVEL_MANAGER = Interface(
    "zwlr_foreign_toplevel_manager_v1",
    1,
    "stop:",
    "toplevel:n finished:",
    {"toplevel": TOPLEVEL},
)
ACTIVATED = 2
"""One of a window's states: it has the focus."""

# Text into the focused field. The surrounding text is a string, but GTK cuts it in the middle of a
# character. It is read as an array, because decoding would shift the cursor's position.
INPUT_METHOD = Interface(
    "zwp_input_method_v2",
    1,
    "commit_string:s set_preedit_string:sii delete_surrounding_text:uu commit:u"
    " get_input_popup_surface:no grab_keyboard:n destroy:",
    "activate: deactivate: surrounding_text:auu text_change_cause:u content_type:uu done:"
    " unavailable:",
)
INPUT_METHOD_MANAGER = Interface("zwp_input_method_manager_v2", 1, "get_input_method:on destroy:")

# A virtual keyboard.
KEYBOARD = Interface("zwp_virtual_keyboard_v1", 1, "keymap:uhu key:uuu modifiers:uuuu destroy:")
KEYBOARD_MANAGER = Interface("zwp_virtual_keyboard_manager_v1", 1, "create_virtual_keyboard:on")


def _data_control(prefix: str, version: int) -> Interface:
    """The clipboard. The newer protocol differs from the older one only in its names."""
    offer = Interface(f"{prefix}_offer_v1", version, "receive:sh destroy:", "offer:s")
    return Interface(
        f"{prefix}_manager_v1",
        version,
        "create_data_source:n get_data_device:no destroy:",
        makes={
            "source": Interface(
                f"{prefix}_source_v1", version, "offer:s destroy:", "send:sh cancelled:"
            ),
            "device": Interface(
                f"{prefix}_device_v1",
                version,
                "set_selection:o destroy: set_primary_selection:o",
                "data_offer:n selection:o finished: primary_selection:o",
                {"data_offer": offer},
            ),
        },
    )


DATA_CONTROLS = (_data_control("ext_data_control", 1), _data_control("zwlr_data_control", 2))
"""The managers, the better one first; `makes` has the other kinds of each protocol."""
