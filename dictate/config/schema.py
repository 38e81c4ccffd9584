"""Every option once: its name, type, default, unit and description.

The string below a field is its description: `config/config.toml`, `docs/reference/config.md` and
the error messages are made from these classes, so a fact stands here only.
A field's metadata may say `choices`, `low`, `high`; `backends` names the stage's table whose names
are choices too; `live` False means it takes a restart; `each_time` that an engine takes it with
each dictation, so that a change need not load the model again.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any


def _option(default: Any, **metadata: Any) -> Any:
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class MicrophoneSettings:
    """Where the sound comes from."""

    use: str = _option("auto", backends="dictate.microphone:MICROPHONES")
    """auto, portaudio, or wav:PATH, which speaks a recording in real time."""
    device: str = ""
    """The device by its name, or a part of it (`dictatectl devices` lists them); empty means the
    system's default, also when that changes."""
    keep_open: str = _option("linger", choices=("never", "linger", "always"))
    """never opens the microphone at each press; linger keeps it open for some seconds after a
    dictation, so that the next one has pre-roll; always never closes it."""
    linger_s: float = _option(8.0, low=0.0, high=3600.0)
    """How many seconds linger keeps the microphone open."""
    pre_roll_ms: int = _option(300, low=0, high=2000)
    """How many milliseconds before the press still belong to the dictation, where the microphone
    was open by then."""
    longest_min: float = _option(60.0, low=0.1, high=600.0)
    """A dictation longer than this many minutes ends by itself, with its text kept."""


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How speech is told from silence. While the key is held this only marks, it never cuts."""

    use: str = _option("auto", backends="dictate.vad:DETECTORS")
    """auto, webrtc, or silero (install dictate[silero])."""
    threshold: float = _option(0.5, low=0.0, high=1.0)
    """A frame at least this likely to be speech counts as speech."""
    start_ms: int = _option(60, low=0, high=1000)
    """So many milliseconds of speech make a beginning."""
    end_ms: int = _option(900, low=0, high=10000)
    """In toggle mode, so many milliseconds of silence end an utterance, which is then written
    while you go on; 0 waits for the second press."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What turns sound into text."""

    use: str = _option("auto", backends="dictate.engines:ENGINES")
    """auto, nemotron, qwen3, pocketsphinx, wyoming, which is another machine's engine, openai,
    which is a server that speaks OpenAI's way, riva, which is NVIDIA Riva or a speech NIM, or
    scripted:FILE, which says what the file says (for tests and demos)."""
    language: str = "en"
    """The language that is spoken, as a BCP 47 tag; with nemotron-3.5, parakeet, qwen3, openai and
    riva also auto, which finds out."""
    tail_ms: int = _option(200, low=0, high=2000, each_time=True)
    """How many milliseconds after the release still belong to the dictation, as people let go
    early."""
    deadline_s: float = _option(10.0, low=1.0, high=600.0, each_time=True)
    """An engine that shows no progress for this many seconds counts as hung: it is restarted and
    gets the same sound once more."""
    model: str = ""
    """nemotron: the model by its name: nemotron, nemotron-3.5 or parakeet (`dictate models list`),
    or the path of a .nemo file of your own; empty means nemotron, the English one. qwen3: qwen3,
    which empty means, qwen3-0.6b, or the path of a folder of your own."""
    aligner: str = _option("", each_time=True)
    """`dictate file --words`: the model that finds the times of the words, by its name:
    qwen3-aligner, which empty means, or the path of a folder of your own."""
    trust_model: bool = False
    """nemotron, qwen3, the aligner: whether a model named by its path may be loaded. It comes from
    nobody we know, and a model file can do harm: only if you made it, or trust who did."""
    chunk_ms: int = _option(560, choices=(80, 160, 320, 560, 1120), each_time=True)
    """nemotron: how many milliseconds of sound it works through at a time. A longer chunk hears
    better and costs less; the words appear later while you speak, but not at the release."""
    device: str = _option("auto", choices=("auto", "cuda", "cpu"))
    """nemotron, qwen3: auto takes the graphics card where there is one, cuda insists on it, cpu
    does without it."""
    precision: str = _option("auto", choices=("auto", "fp32", "bf16"))
    """nemotron: fp32 is exact; bf16 takes half the memory, and is used only if it hears the same
    in a test at the start; auto is fp32. qwen3: auto is bf16 on a graphics card, as the model is
    published, and fp32 on a processor."""
    cuda_graphs: bool = False
    """nemotron, qwen3: whether the steps of the model are recorded once and replayed, which saves
    the processor work beside a graphics card; used only if they can be, and hear the same in a test
    at the start."""
    address: str = ""
    """wyoming: where the engine is: the path of a Unix socket (`dictate setup --remote HOST` makes
    one), tls://HOST:PORT, or a port of this machine as 127.0.0.1:PORT."""
    token_file: str = ""
    """wyoming: the file with the token that the server asks for."""
    certificate_file: str = ""
    """wyoming, openai, riva: the certificate to trust behind tls://, https:// or grpcs://, where it
    is self-made; empty trusts those that this system trusts, and with riva those that gRPC
    does."""
    base_url: str = ""
    """openai: where the server is, mostly https://HOST/v1; http:// only on this machine. riva:
    grpcs://HOST:PORT, with /FUNCTION-ID behind it in NVIDIA's cloud; grpc:// only on this
    machine."""
    profile: str = _option(
        "auto",
        choices=(
            "auto",
            "vllm-chat",
            "vllm",
            "sglang",
            "speaches",
            "whisper-cpp",
            "localai",
            "openai",
        ),
    )
    """openai: the make of the server, which says how your own words reach its model; auto finds
    out. vllm-chat is for Qwen3-ASR."""
    remote_model: str = ""
    """openai, riva: the model over there; empty takes the only one that the server has, or with
    riva the one that it chooses."""
    api_key_file: str = ""
    """openai, riva: the file with the key that the server asks for, which nobody else may read."""
    fallback: str = _option("none", backends="dictate.engines:ENGINES", choices=("none",))
    """What hears a dictation in place of an engine that failed it twice: auto, an engine by its
    name, or none, which holds the dictation. The next one tries the engine itself again."""


@dataclass(frozen=True, slots=True)
class SecondSettings:
    """A second way to dictate beside the main one: with another engine, in another language, or to
    the clipboard only. What is left empty is as in the main one, and so is all else."""

    key: str = ""
    """The key you hold for it, named as in [hotkey]; empty means none. `dictatectl start --second`
    does the same, for a shortcut of your desktop."""
    engine: str = _option("", backends="dictate.engines:ENGINES")
    """The engine that hears it, loaded beside the main one; empty means the main one."""
    language: str = ""
    """The language that is spoken; where engine and model are the main one's, one process serves
    both."""
    model: str = ""
    """The model, as in [engine]; empty means the main one's, or with another engine its default."""
    output: str = _option("", choices=("clipboard",))
    """clipboard copies the text, and writes it nowhere; empty means the main output."""


@dataclass(frozen=True, slots=True)
class HotwordSettings:
    """How your own words reach the engine; the words themselves stand in hotwords.toml."""

    strength: float = _option(1.0, low=0.0, high=4.0)
    """How strongly all terms are preferred: 0 is not at all, 1 is the engine's default."""
    shortest: int = _option(3, low=1, high=20)
    """nemotron: a term with fewer letters than this is not preferred, as it would turn up
    everywhere; it is still spelled your way where it is heard."""
    cap: bool = True
    """nemotron: whether a list of more than 100 terms is preferred less strongly: the longer the
    list, the more often a term is close to what was really said."""
    compare: bool = True
    """nemotron: whether each text is compared with what would be heard without your words, which
    stands instead where the two differ wildly."""


@dataclass(frozen=True, slots=True)
class TextSettings:
    """The steps a text passes before it is written."""

    spoken_punctuation: bool = True
    """Whether "comma", "full stop", "question mark" and the like become signs."""
    spoken_newlines: bool = True
    """Whether "new line" and "new paragraph" become line ends. No other line end is ever
    written."""
    trailing_space: bool = False
    """Whether each text ends with a space, ready for the next."""


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """Where the text goes."""

    use: str = _option("auto", backends="dictate.outputs:OUTPUTS")
    """auto, input_method or virtual_keyboard (Wayland: sway, Hyprland and their kind), ibus (which
    auto takes on GNOME with Wayland only), portal (KDE with Wayland: it asks you once whether it
    may press keys, so auto never takes it), uinput (any Wayland desktop: a keyboard of its own in
    the kernel, once you have given it the right, so auto never takes it; install dictate[evdev]),
    x11, clipboard, or stdout (which auto takes on a terminal only)."""
    paste_timeout_ms: int = _option(1000, low=50, high=10000)
    """x11, virtual_keyboard, input_method, portal, uinput: how many milliseconds an application has
    to take the text, or to say that it has."""
    preedit: bool = True
    """input_method, ibus: whether what is understood so far stands in the text field while you
    speak, underlined, until the text itself takes its place; false has the overlay show it."""


@dataclass(frozen=True, slots=True)
class HotkeySettings:
    """The key you hold while you talk."""

    use: str = _option(
        "auto", backends="dictate.hotkeys:KEY_SOURCES", choices=("none",), live=False
    )
    """auto, x11, portal, which asks a Wayland desktop (KDE, GNOME 48, Hyprland) for the key,
    evdev, which reads the keyboards themselves where it may and is never chosen unasked (install
    dictate[evdev]), or none."""
    key: str = "ctrl_r"
    """The key: ctrl_r, alt_gr, pause, scroll_lock, f1 to f20, one character, or keys together, such
    as ctrl+alt+space or super+d. Only ctrl_r and alt_gr reach the focused application, too. With
    portal it is a proposal: your desktop's settings have the last word."""
    cancel_key: str = ""
    """A key that throws away what is being said, such as escape; it is listened for only while a
    dictation is under way. Empty means none."""
    mode: str = _option("hold_or_tap", choices=("hold", "toggle", "hold_or_tap", "double_tap"))
    """hold records while the key is down; toggle starts at one press and stops at the next;
    hold_or_tap does both: a short tap toggles; double_tap does both, too, but at the second of two
    taps, and the next one stops."""
    tap_ms: int = _option(250, low=50, high=1000)
    """A press shorter than this many milliseconds is a tap, and so soon comes the second of two. In
    mode hold a tap is a slip, and nothing is written."""


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """What is kept of what you said."""

    keep_days: float = _option(30.0, low=0.0, high=36500.0)
    """Texts and sound older than this many days are deleted; 0 deletes a dictation as soon as it
    has been delivered."""
    keep_mb: float = _option(200.0, low=0.0, high=1e6)
    """The oldest sound is deleted while there is more than this many megabytes of it."""
    keep_audio: bool = True
    """Whether the sound is kept after its text has been delivered. Until then it always is."""


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Pop-up messages of the desktop."""

    enabled: bool = True
    """Whether trouble and held texts are shown as notifications (they are in the log anyway)."""


@dataclass(frozen=True, slots=True)
class OverlaySettings:
    """The small window that shows the words as they come, while you speak."""

    use: str = _option("auto", choices=("auto", "none"))
    """auto shows it where the desktop lets it (`dictatectl status` says why not), none never."""
    position: str = _option("bottom", choices=("bottom", "top"))
    """The edge of the screen where it stands."""


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """A short, quiet sound when a dictation begins, and one when its recording has ended."""

    enabled: bool = False
    """Whether they are played."""


@dataclass(frozen=True, slots=True)
class TraySettings:
    """The icon in the tray, where the desktop has one."""

    enabled: bool = True
    """Whether it is offered: state, pause, microphone, and the last texts to copy again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.toml: one field for each of its tables."""

    microphone: MicrophoneSettings = MicrophoneSettings()
    speech: SpeechSettings = SpeechSettings()
    engine: EngineSettings = EngineSettings()
    second: SecondSettings = SecondSettings()
    hotwords: HotwordSettings = HotwordSettings()
    text: TextSettings = TextSettings()
    output: OutputSettings = OutputSettings()
    hotkey: HotkeySettings = HotkeySettings()
    journal: JournalSettings = JournalSettings()
    notifications: NotificationSettings = NotificationSettings()
    overlay: OverlaySettings = OverlaySettings()
    sounds: SoundSettings = SoundSettings()
    tray: TraySettings = TraySettings()


def second_engine(settings: Settings) -> EngineSettings:
    """What the engine of the second way is loaded with."""
    main, second = settings.engine, settings.second
    use = second.engine or main.use
    another = use != main.use
    return replace(
        main,
        use=use,
        language=second.language or main.language,
        model=second.model or ("" if another else main.model),
        fallback="none" if another and main.fallback == use else main.fallback,
    )


def one_engine(settings: Settings) -> bool:
    """Whether the main engine serves the second way, too: each dictation has its own language."""
    second = replace(second_engine(settings), language=settings.engine.language)
    return same_engine(second, settings.engine)


def same_engine(one: EngineSettings, other: EngineSettings) -> bool:
    """Whether an engine loaded with one of these serves the other as well."""
    return all(
        getattr(one, option.name) == getattr(other, option.name)
        for option in fields(EngineSettings)
        if not option.metadata.get("each_time")
    )
