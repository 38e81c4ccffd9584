"""The parts of a running daemon, in the order in which they are built."""

from dataclasses import dataclass

from dictate.app.controller import DaemonController
from dictate.app.desktop_watcher import DesktopWatcher
from dictate.app.engine_choice import EngineChoice
from dictate.app.engine_manager import EngineManager
from dictate.app.event_dispatcher import EventDispatcher
from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.greeting import Greeting
from dictate.app.hotword_lint import HotwordLint
from dictate.app.hotword_sources import HotwordSources
from dictate.app.hotwords_controller import HotwordsController
from dictate.app.idle_engine import IdleEngine
from dictate.app.journal_thread import JournalThread
from dictate.app.language_model import LanguageModel
from dictate.app.live_feedback import LiveFeedback
from dictate.app.model_fetch import ModelFetch
from dictate.app.output_manager import OutputManager
from dictate.app.output_writer import OutputWriter
from dictate.app.pipeline import Pipeline
from dictate.app.plain_replay import PlainReplay
from dictate.app.profiles import Profiles
from dictate.app.reloader import Reloader
from dictate.app.replay import Replay
from dictate.app.sleep_watcher import SleepWatcher
from dictate.app.status import StatusPublisher
from dictate.app.terminal import Terminal
from dictate.app.tray_controller import TrayController
from dictate.dbus.service import Service
from dictate.hotkeys.keys import Keys
from dictate.journal.journal import Entry
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.ui.notifications import Notifier


@dataclass(frozen=True, slots=True)
class UserInterface:
    """What the user, and the programs of the user, see and hear of the daemon."""

    service: Service
    notifier: Notifier
    feedback: LiveFeedback
    terminal: Terminal
    dispatcher: EventDispatcher


@dataclass(frozen=True, slots=True)
class Stages:
    """What the sound passes until its text is written, and the journal."""

    journal: JournalThread
    unfinished: list[Entry]
    """The dictations that a crash left."""
    engines: EngineManager
    outputs: OutputManager
    microphone: MicrophoneSupervisor
    profiles: Profiles
    writer: OutputWriter
    model: LanguageModel
    pipeline: Pipeline
    replay: Replay


@dataclass(frozen=True, slots=True)
class Controls:
    """What starts and stops dictations, and changes how the stages work."""

    keys: Keys
    reloader: Reloader
    desktop_watcher: DesktopWatcher
    sleep_watcher: SleepWatcher
    controller: DaemonController
    status: StatusPublisher
    tray: TrayController
    greeting: Greeting
    fetch: ModelFetch
    choice: EngineChoice
    sources: HotwordSources
    lint: HotwordLint
    idle_engine: IdleEngine
    recorder: EvidenceRecorder
    plain_replay: PlainReplay
    hotwords: HotwordsController
