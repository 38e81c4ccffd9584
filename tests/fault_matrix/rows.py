"""The rows of the matrix: what can go wrong, in plain words, and what no test machine can show."""

from dataclasses import dataclass

TITLES = {
    "A": "Sound",
    "B": "Keys",
    "C": "Writing",
    "D": "Engines",
    "E": "Files",
    "F": "The daemon",
    "G": "An engine on another machine",
    "S": "Threats",
}
"""The first letter of a row's id -> what it is about."""


@dataclass(frozen=True, slots=True)
class Row:
    """A fault or a threat."""

    id: str
    fault: str
    not_shown: str = ""
    """What of it its tests cannot show on a test machine, without a full stop."""
    no_test: str = ""
    """Why it has no test at all, likewise."""

    @property
    def letter(self) -> str:
        return self.id[0]


ROWS = (
    Row("A1", "The microphone is unplugged while somebody speaks"),
    Row("A2", "The default microphone changes while somebody speaks"),
    Row("A3", "The device is gone, and its stream goes on with zeros"),
    Row("A4", "The sound server is killed"),
    Row("A5", "The sound server hangs"),
    Row("A6", "WirePlumber is killed and restarted under PipeWire"),
    Row(
        "A7",
        "The device takes seconds to open, as Bluetooth does",
        "No Bluetooth headset is at hand: its delays are scripted",
    ),
    Row("A8", "There is no microphone at the start"),
    Row("A9", "Devices change their order; a device refuses our rate or channels"),
    Row("A10", "The microphone is muted"),
    Row("A11", "Sound is dropped under load"),
    Row(
        "A12",
        "The machine sleeps and wakes, in a dictation or idle",
        "The machine stays awake: only what logind announces is real",
    ),
    Row("A13", "The sound library crashes"),
    Row("A14", "Sound of one dictation leaks into the next"),
    Row("B1", "The release of the key is lost"),
    Row("B2", "Auto-repeat of X11 looks like releases"),
    Row("B3", "The key bounces: down, up, down within 50 ms"),
    Row("B4", "The X server or the compositor dies under the hotkey"),
    Row("B5", "The kernel drops key events, or the keyboard is gone"),
    Row("B6", "The portal closes the hotkey's session, or restarts"),
    Row(
        "B7",
        "Keyboards come anew after a sleep",
        "The machine stays awake",
    ),
    Row("B8", "The key is held for 30 minutes"),
    Row("B9", "The key is tapped for less than 200 ms"),
    Row("B10", "Stop or cancel while idle; start while recording"),
    Row("B11", "The next press comes while the last text is recognized or written"),
    Row("C1", "The focus changes before or while the text is written"),
    Row("C2", "A modifier is held while the text is written"),
    Row("C3", "Another keyboard layout; emoji; Chinese"),
    Row("C4", "A character is dropped"),
    Row("C5", "What types hangs or is killed, and a key stays down"),
    Row("C6", "The clipboard is overwritten, or an old one pasted"),
    Row("C7", "The compositor is killed while the text is written"),
    Row("C8", "The text has a newline, control or escape characters"),
    Row("C9", "The screen is locked, or the field is for passwords"),
    Row("C10", "Nothing has the focus, or the compositor has no virtual keyboard"),
    Row("C11", "The connection to the display is stale"),
    Row("C12", "A text of 10,000 characters, or a slow application"),
    Row("C13", "A crash or a second try would write twice"),
    Row("C14", "A fast text overtakes a slow one"),
    Row(
        "D1",
        "The GPU is out of memory, at the load or later",
        "No GPU is in the test machine: an engine fails as CUDA does",
    ),
    Row(
        "D2",
        "The GPU fails after a sleep",
        "No GPU is in the test machine: an engine fails as CUDA does",
    ),
    Row(
        "D3",
        "The driver is missing or does not match",
        "No GPU is in the test machine",
    ),
    Row(
        "D4",
        "A call to the GPU never returns",
        "No GPU is in the test machine: an engine hangs as a call to it does",
    ),
    Row("D5", "The model is missing, cut off or changed"),
    Row("D6", "The key is pressed before the model is loaded"),
    Row("D7", "Silence, noise or music"),
    Row("D8", "The engine process crashes or is killed for memory"),
    Row("D9", "The engine's memory grows"),
    Row("D10", "Two requests come at once"),
    Row("D11", "The result is empty, gigantic, no number, or repeats itself"),
    Row("E1", "A settings file is saved broken"),
    Row("E2", "A key of the settings is unknown or of the wrong type"),
    Row("E3", "A settings file is a bomb, or its list is huge"),
    Row("E4", "A settings file is renamed, half written, deleted, a pipe, a folder, a loop"),
    Row("E5", "The disk is full"),
    Row("E6", "The state folder is read-only, somebody else's, or a link"),
    Row("E7", "The journal is cut off or corrupt"),
    Row("F1", "The daemon is killed, at any stage"),
    Row("F2", "The daemon is stopped in the middle of an utterance"),
    Row("F3", "The daemon starts before the desktop"),
    Row("F4", "A second daemon starts; the name is taken"),
    Row("F5", "The session bus dies"),
    Row("F6", "Junk, floods and huge strings come over D-Bus"),
    Row("F7", "A client vanishes in the middle of a call"),
    Row("F8", "The daemon's loop is blocked"),
    Row("F9", "Files or threads leak"),
    Row("F10", "The clock jumps"),
    Row("F11", "Notifications, overlay or tray are dead or hang"),
    Row("G1", "The server refuses, or is not there"),
    Row("G2", "The server stalls in the middle"),
    Row("G3", "The connection breaks in the middle"),
    Row("G4", "The answer is garbage, 100 MB, or full of control characters"),
    Row("G5", "The server's certificate or name is wrong"),
    Row("G6", "The answer comes after the dictation was given up"),
    Row("S1", "A program opens the microphone over D-Bus"),
    Row("S2", "A program reads the texts from the signals of D-Bus"),
    Row("S3", "The group `input` reads every key"),
    Row("S4", "The device that types is open to others"),
    Row("S5", "A clipboard history keeps what was dictated"),
    Row("S6", "A newline or control characters run a command"),
    Row("S7", "What was said instructs the language model"),
    Row("S8", "Secrets stand in logs or the history"),
    Row("S9", "Sound is kept longer than needed"),
    Row("S10", "Sound and text go to another machine in clear"),
    Row("S11", "A model file carries code"),
    Row("S12", "A model's metadata gets around the list of what may run"),
    Row("S13", "A settings file exhausts the parser"),
    Row("S14", "The list of hotwords is huge or hostile"),
    Row("S15", "Links and permissions of our folders are played with"),
    Row("S16", "The lock of the one daemon is taken by another"),
    Row("S17", "A setting runs a command"),
    Row("S18", "A dependency is replaced on its way here"),
    Row("S19", "The microphone is open and nobody means it"),
    Row("S20", "A voice from the loudspeakers is written, or obeyed"),
)
"""In the order of the page."""

KNOWN = {row.id: row for row in ROWS}
