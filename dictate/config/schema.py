"""Every option: its name, type, default, unit and description.

The string below a field is its description. `config/config.toml`, `docs/reference/config.md` and
the error messages are made from these classes (`reference.py` reads the strings back), so that each
fact is written once. The metadata of a field may have:

- `choices`: the permitted values; `backends`: the table of a stage, whose names are permitted too.
- `low` and `high`: the range of a number.
- `reads`: the function that spells a text as Dictate does, or raises ValueError ("module:name").
- `live=False`: a change takes effect after a restart.
- `was`: older names of the option, each with what its values are called now.
- `was_bool=True`: true and false are taken for the choices "on" and "off", as in older files.
- `each_time=True`: the engine gets the value with each dictation, so that a change does not load
  the model again.
- `example`: the value that is shown where the default would say nothing; `hidden=True`: the user
  does not set it by this name.
"""

from dataclasses import dataclass, field, fields

from dictate.config.polish_schema import PolishSettings as PolishSettings
from dictate.config.profile_schema import KeySettings, ProfileSettings
from dictate.config.profile_schema import option as _option

CONFLICTS = dict.fromkeys(("hotkey", "key", "second"), "dictate.hotkeys.chord:conflicts")
"""For each table, the function that says what is wrong with its options together."""


@dataclass(frozen=True, slots=True)
class MicrophoneSettings:
    """The microphone."""

    use: str = _option("auto", backends="dictate.microphone:MICROPHONES")
    """auto, portaudio, or wav:PATH, which plays a recording in real time."""
    device: str = ""
    """The name of the device, or a part of it (`dictatectl devices` lists them). Empty means the
    default of the system, and follows it when it changes. PulseAudio then also moves one that is
    named here, if it was the default; PipeWire does not."""
    keep_open: str = _option("linger", choices=("never", "linger", "always"))
    """never opens the microphone at each press. linger keeps it open for some seconds after a
    dictation, so that the next one has pre-roll. always never closes it."""
    linger_s: float = _option(8.0, low=0.0, high=3600.0)
    """How long linger keeps the microphone open."""
    pre_roll_ms: int = _option(300, low=0, high=2000)
    """How much sound from before the press belongs to the dictation, if the microphone was open by
    then."""
    longest_min: float = _option(60.0, low=0.1, high=600.0)
    """Maximum length of a dictation. A longer one ends by itself, and its text is kept; a message
    says so a minute before."""


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How speech is distinguished from silence. While the key is held this only marks speech and
    never cuts the sound."""

    use: str = _option("auto", backends="dictate.vad:DETECTORS")
    """auto, webrtc, or silero (`dictatectl check` shows how
    to install it)."""
    threshold: float = _option(0.5, low=0.0, high=1.0)
    """Minimum probability of speech for a frame to count as speech."""
    start_ms: int = _option(60, low=0, high=1000)
    """How much speech begins an utterance."""
    end_ms: int = _option(900, low=0, high=10000)
    """In toggle mode, how much silence ends an utterance, which is then written while you go on
    talking; 0 waits for the second press."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The engine, which turns sound into text."""

    use: str = _option("auto", backends="dictate.engines:ENGINES")
    """auto, nemotron, onnx, qwen3, pocketsphinx, wyoming (an engine on another machine), openai (a
    server with OpenAI's API), riva (NVIDIA Riva or a speech NIM), or scripted:FILE, which returns
    the lines of a file (for demos)."""
    language: str = _option("en", reads="dictate.hotwords.language:spoken_language")
    """The language you speak, as a BCP 47 tag, or layout, which follows the layout of your
    keyboard. nemotron-3.5, parakeet and their -onnx, qwen3, openai and riva also take auto, which
    detects it."""
    tail_ms: int = _option(200, low=0, high=2000, each_time=True)
    """Up to how much sound after the release still belongs to the dictation, because people tend
    to let go early."""
    adaptive_tail: bool = _option(default=True, each_time=True)
    """Whether that ends as soon as your voice does, which is often before the release. Otherwise
    it always has its full length."""
    deadline_s: float = _option(10.0, low=1.0, high=600.0, each_time=True)
    """How long an engine may make no progress; slow work counts as progress. After that it is
    restarted and gets the same sound once more."""
    model: str = ""
    """nemotron: the name of the model, which is nemotron, nemotron-3.5 or parakeet (`dictate models
    list`), or the path of your own .nemo file; empty means nemotron, which is for English. onnx:
    nemotron-onnx, nemotron-onnx-80, -160 or -1120, nemotron-3.5-onnx, parakeet-onnx, or the path of
    your own folder; empty means nemotron-onnx, which is for English. qwen3: qwen3, qwen3-0.6b, or
    the path of your own folder; empty means qwen3."""
    aligner: str = _option("", each_time=True)
    """For `dictate file --words`: the name of the model that finds the times of the words, which is
    qwen3-aligner, or the path of your own folder; empty means qwen3-aligner."""
    trust_model: bool = False
    """nemotron, onnx, qwen3 and the aligner: whether a model given by its path may be loaded. A
    model file can run code. Set it only if you made the model, or trust its maker."""
    chunk_ms: int = _option(560, choices=(80, 160, 320, 560, 1120), each_time=True)
    """nemotron: how much sound it processes at a time. A longer chunk recognizes better and costs
    less. The words appear later while you speak, but not later at the release. onnx: each chunk is
    a download of its own, and the nearest that is here is used."""
    device: str = _option("auto", choices=("auto", "cuda", "cpu"))
    """nemotron and qwen3: auto uses the graphics card if there is one, cuda requires it, cpu does
    not use it."""
    precision: str = _option("auto", choices=("auto", "fp32", "bf16"))
    """nemotron: fp32 is exact; bf16 takes half the memory, and is used only if it recognizes the
    same text in a test at the start; auto means fp32. qwen3: auto means bf16 on a graphics card,
    which is how the model is published, and fp32 on a processor."""
    cuda_graphs: bool = False
    """nemotron and qwen3: whether the steps of the model are recorded once and replayed, which
    saves processor time beside a graphics card. It is used only if it works and recognizes the same
    text in a test at the start."""
    address: str = ""
    """wyoming: the address of the engine: the path of a Unix socket (`dictate setup --remote HOST`
    makes one), tls://HOST:PORT, or tcp://127.0.0.1:PORT for a port of this machine."""
    token_file: str = ""
    """wyoming: the file with the token that the server requires."""
    certificate_file: str = ""
    """wyoming, openai and riva: the certificate to trust for tls://, https:// or grpcs://, if the
    server made its own. Empty trusts the certificates that this system trusts; with riva, those
    that gRPC trusts."""
    base_url: str = ""
    """openai: the address of the server, usually https://HOST/v1; http:// is for this machine only.
    riva: grpcs://HOST:PORT, followed by /FUNCTION-ID in NVIDIA's cloud; grpc:// is for this machine
    only."""
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
    """openai: the kind of server, which determines how your own words reach its model. auto detects
    it. vllm-chat is for Qwen3-ASR."""
    remote_model: str = ""
    """openai and riva: the model on the server. Empty means the only one that the server has, or
    its default if it lists none; with riva, the one that the server chooses."""
    api_key_file: str = ""
    """openai and riva: the file with the key that the server requires. No other user may be able to
    read it."""
    fallback: str = _option("none", backends="dictate.engines:ENGINES", choices=("none",))
    """The engine that takes over a dictation after the engine has failed it twice: auto, the name
    of an engine, or none, which holds the dictation. The next dictation tries the main engine first
    again."""
    follows_layout: bool = _option(default=False, each_time=True, hidden=True)
    """Whether the file has layout for the language, which is the default one then: what is no
    dictation, and a model that is loaded, need one."""


@dataclass(frozen=True, slots=True)
class HotwordSettings:
    """How your own words reach the engine. The words themselves are in hotwords.toml."""

    strength: float = _option(1.0, low=0.0, high=4.0)
    """How strongly all terms are preferred: 0 is not at all, 1 is the engine's default, which
    `dictatectl hotwords calibrate` measures on this machine; 2 is twice as much."""
    shortest: int = _option(3, low=1, high=20)
    """nemotron and onnx: minimum number of letters of a term that is preferred. Shorter ones would
    turn up everywhere; they are still spelled your way when they are recognized."""
    cap: bool = True
    """nemotron and onnx: whether a list of more than 100 terms is preferred less strongly, because
    the longer the list, the more often a term resembles what was really said."""
    compare: bool = True
    """nemotron and onnx: whether each text is compared with what is recognized without your words,
    and replaced by it if the two differ wildly."""
    repair: str = _option("auto", choices=("auto", "on", "off"))
    """Whether words that sound like one of your terms, and are unusual where they stand, become the
    term: "cloud code" becomes "Claude Code", "cloud storage" stays. English only. auto means: with
    engines that cannot be told of your terms, such as most Wyoming servers. on is always, off is
    never."""
    notice_corrections: bool = False
    """Whether Dictate notices that you correct a word right where it was written, and offers to
    learn it. For a minute, until you leave the field or dictate again, it then reads what stands
    around the cursor there, but no field that says it is for passwords. It keeps the correction
    only, and only if you accept it; a notification shows the changed words. It works with
    input_method, ibus, and applications that tell assistive technologies (AT-SPI) their text."""


@dataclass(frozen=True, slots=True)
class TextSettings:
    """The steps between the engine and the window."""

    spoken_punctuation: str = _option("auto", choices=("auto", "on", "off"), was_bool=True)
    """Whether "comma", "full stop", "question mark" and the like become punctuation marks, in
    English, German, French, Spanish, Italian, Portuguese and Dutch. auto means: unless the engine
    punctuates by itself. on is always, off is never; true and false mean the same."""
    spoken_newlines: bool = True
    """Whether "new line" and "new paragraph", or what they are called in your language, become line
    ends, with every engine. No other line end is ever written."""
    spacing: str = _option(
        "auto",
        choices=("auto", "trailing", "none"),
        was={"trailing_space": {True: "trailing", False: "auto"}},
    )
    """auto fits the text in at the cursor: with a space where words would touch, and without a
    second full stop. Where the output cannot read what stands there, as in terminals, the only
    space is the one after your own last text, if that went into the same window within a minute
    before. trailing ends each text with a space instead; none adds nothing."""
    capitals: str = _option("auto", choices=("auto", "keep"))
    """Whether the first letter depends on what stands before the cursor, in English, German, French
    and Spanish. auto makes it small within a sentence, and a capital at the start of one; names,
    German nouns and your own words stay as they are. keep leaves it as it was recognized, and so
    does every choice of punctuation but full."""
    numbers: bool = False
    """Whether numbers, dates, times, amounts of money, and mail and web addresses are written as
    one writes them: "twenty percent" becomes 20%, "john at example dot com" john@example.com. In
    English, German, French and Spanish; "first", "a second" and "one of them" stay words."""
    fillers: str = _option("keep", choices=("keep", "remove"))
    """remove leaves out fillers ("um", "uh") and false starts ("the the cat"), in English, German,
    French and Spanish. keep writes what was recognized. Your own words are never left out."""
    punctuation: str = _option("full", choices=("full", "short", "none", "lower"))
    """How much of the engine's punctuation is written. full is all of it. short drops the full stop
    of a text that is a single sentence of at most 100 characters, as in a chat. none drops all
    punctuation of sentences; apostrophes, hyphens, quotes, decimals, times and addresses stay.
    lower is like none, and writes small letters, except for "I", your own words, and words with
    more than one capital. Marks that you speak stay."""
    snippet_word: str = "insert"
    """The word before the name of a snippet: "insert my address". The snippets themselves are in
    hotwords.toml. Empty means none: then the bare name writes the snippet, wherever you say it."""
    snippets_in_terminals: bool = False
    """Whether snippets are written into terminals, too. Their line ends become spaces there: a line
    end could run a command."""
    code: bool = False
    """Whether you dictate code: nothing gets a capital or a full stop by itself, formatters join
    words ("camel case foo bar" becomes fooBar), and signs have the names that programmers give them
    ("open paren", "double equals"), in English. See docs/guide/code.md."""
    polish: bool = False
    """Whether a language model polishes each text, as [polish] says. It makes mistakes: read what
    it wrote. undo_key brings back what you said."""


@dataclass(frozen=True, slots=True)
class EditingSettings:
    """Editing by voice. A command counts only if it is all that you say between press and release:
    "scratch that". In German, French and Spanish it has names of that language, and [commands] in
    hotwords.toml may give it others. What cannot be done is held as a text and reported."""

    scratch: bool = True
    """Whether "scratch that" takes the last text back, as undo_key does."""
    select: bool = True
    """Whether "select that" selects the last text, so that the next one replaces it."""
    capital: bool = True
    """Whether "capital that" gives the last text a capital at its start, and each of its words one
    if you say it again."""
    new_sentence: bool = True
    """Whether after "new sentence" the next text begins one: with a full stop before it, if that is
    missing, and a capital."""
    undo: bool = True
    """Whether "undo that" takes back what the last of these commands did."""


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """Where the text goes."""

    use: str = _option("auto", backends="dictate.outputs:OUTPUTS")
    """auto, input_method or virtual_keyboard (Wayland: sway, Hyprland and similar), ibus (auto uses
    it on GNOME with Wayland only), portal (KDE with Wayland; it asks you once for permission to
    press keys, so auto never uses it), uinput (any Wayland desktop; it needs the right to make a
    keyboard of its own in the kernel, so auto never uses it), x11,
    clipboard, or stdout (auto uses it on a terminal only)."""
    paste_timeout_ms: int = _option(1000, low=50, high=10000)
    """x11, virtual_keyboard, input_method, portal and uinput: how long an application may take to
    fetch the text, or to confirm it."""
    preedit: bool = True
    """input_method and ibus: whether the text recognized so far appears in the text field while you
    speak, underlined, until the final text replaces it. false shows it in the overlay."""


@dataclass(frozen=True, slots=True)
class HotkeySettings:
    """The key you hold while you talk."""

    use: str = _option(
        "auto", backends="dictate.hotkeys:KEY_SOURCES", choices=("none",), live=False
    )
    """auto, x11, portal (asks a Wayland desktop for the key: KDE, GNOME 48, Hyprland), evdev (reads
    the keyboards directly and needs the right to do so, so auto never uses it), or none."""
    key: str = _option("ctrl_r", reads="dictate.hotkeys.chord:spelled")
    """The key: ctrl_r, alt_gr, pause, scroll_lock, f1 to f20, or several keys together, such as
    ctrl+alt+space or super+d. On X11 only ctrl_r and alt_gr reach the focused application, too.
    With portal it is a proposal, and the settings of your desktop decide. With x11 and evdev it may
    be a button at the side of the mouse: mouse_back or mouse_forward."""
    take_typing_keys: bool = False
    """Whether one of these keys may be one that you type or edit with: a letter, a digit, space,
    return and the like, without ctrl, alt or super. No application gets that key while Dictate
    runs, so without this confirmation it is refused."""
    cancel_key: str = _option("auto", reads="dictate.hotkeys.chord:spelled_or_auto")
    """The key that discards the dictation under way: nothing is written, and [journal] says what is
    kept of it. It is taken during a dictation only. auto is escape on X11, and none where a key
    cannot be taken for that time. Empty means none."""
    paste_key: str = _option("", reads="dictate.hotkeys.chord:spelled_or_none")
    """A key that writes the last text again, where the cursor is now, such as ctrl+alt+v. Empty
    means none."""
    undo_key: str = _option("", reads="dictate.hotkeys.chord:spelled_or_none")
    """A key that takes the last text back out of its window, such as ctrl+alt+z. Empty means
    none."""
    correct_key: str = _option("", reads="dictate.hotkeys.chord:spelled_or_none")
    """A key that opens a window in which you correct the last text, such as ctrl+alt+c. What
    Dictate could learn from that is proposed. Empty means none."""
    edit_key: str = _option("", reads="dictate.hotkeys.chord:spelled_or_none")
    """A key you hold to edit the selected text: say what to do with it, such as "make this
    shorter". The language model of [polish] does it. Empty means none."""
    mode: str = _option("hold_or_tap", choices=("hold", "toggle", "hold_or_tap", "double_tap"))
    """hold records while the key is down. toggle starts at one press and stops at the next.
    hold_or_tap does both: a tap toggles. double_tap is like hold_or_tap, but a double tap starts,
    and the next tap stops."""
    tap_ms: int = _option(250, low=50, high=1000)
    """Maximum length of a tap, and maximum gap between the two taps of a double tap. In mode hold a
    tap is a slip, and nothing is written."""


@dataclass(frozen=True, slots=True)
class JournalSettings:
    """What is kept of your dictations."""

    keep_days: float = _option(30.0, low=0.0, high=36500.0)
    """Texts and sound older than this are deleted; 0 deletes a dictation as soon as it is
    delivered. Only days on which Dictate runs count, so that a wrong clock deletes nothing."""
    keep_held_days: float = _option(0.0, low=0.0, high=36500.0)
    """The same for dictations that were not delivered; 0 keeps them until you delete them
    (`dictatectl forget`)."""
    keep_mb: float = _option(200.0, low=0.0, high=1e6)
    """Maximum size of all sound. When there is more, the oldest is deleted, except that of held
    dictations."""
    keep_audio: bool = True
    """Whether the sound is kept after its text is delivered. Until then it always is."""
    keep_cancelled: bool = True
    """Whether a cancelled dictation, text and sound, is kept like any other, so that `dictatectl
    paste` can still write it. false deletes it as soon as you cancel."""


@dataclass(frozen=True, slots=True)
class NotificationSettings:
    """Pop-up messages of the desktop."""

    enabled: bool = True
    """Whether problems and held texts appear as notifications. They are in the log in any case."""


@dataclass(frozen=True, slots=True)
class OverlaySettings:
    """The small window that shows the words while you speak."""

    use: str = _option("auto", choices=("auto", "none"))
    """auto shows it where the desktop permits it (if not, `dictatectl status` says why), none
    never."""
    position: str = _option("bottom", choices=("bottom", "top"))
    """The edge of the screen at which it appears: bottom or top."""


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """A short, quiet sound when a dictation begins, and one when its recording ends."""

    enabled: bool = False
    """Whether they are played."""


@dataclass(frozen=True, slots=True)
class MediaSettings:
    """Music and videos that play while you dictate."""

    pause: bool = False
    """Whether players pause while a dictation records, and play on after it: those that the desktop
    can control (MPRIS), browsers among them. What was paused already stays paused."""


@dataclass(frozen=True, slots=True)
class TraySettings:
    """The icon in the tray of the desktop."""

    enabled: bool = True
    """Whether there is one: with the state, pause, the microphone, and the last texts to copy
    again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.toml: one field for each of its tables, and for each of its arrays."""

    microphone: MicrophoneSettings = MicrophoneSettings()
    speech: SpeechSettings = SpeechSettings()
    engine: EngineSettings = EngineSettings()
    hotwords: HotwordSettings = HotwordSettings()
    text: TextSettings = TextSettings()
    editing: EditingSettings = EditingSettings()
    polish: PolishSettings = field(default_factory=PolishSettings)
    output: OutputSettings = OutputSettings()
    hotkey: HotkeySettings = HotkeySettings()
    journal: JournalSettings = JournalSettings()
    notifications: NotificationSettings = NotificationSettings()
    overlay: OverlaySettings = OverlaySettings()
    sounds: SoundSettings = SoundSettings()
    media: MediaSettings = MediaSettings()
    tray: TraySettings = TraySettings()
    profile: tuple[ProfileSettings, ...] = ()
    key: tuple[KeySettings, ...] = ()


TABLES = tuple(section for section in fields(Settings) if section.name not in ("profile", "key"))
"""The fields of Settings that are a single [table]."""
