"""Builds the daemon's parts, each after those that it uses, and closes them in reverse.

Every backend is chosen off the loop, because its `unavailable_reason` may block.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from dictate.app.controller import DaemonController
from dictate.app.copier import Copier
from dictate.app.correction_dialog import CorrectionDialog
from dictate.app.correction_watch import CorrectionWatch
from dictate.app.corrections import Corrections
from dictate.app.daemon import Daemon, RunOptions
from dictate.app.desktop_watcher import DesktopWatcher
from dictate.app.engine_choice import EngineChoice
from dictate.app.engine_manager import EngineManager
from dictate.app.event_dispatcher import (
    JOURNAL,
    MICROPHONE,
    MODELS,
    NOTICE,
    OUTPUT,
    SPEECH,
    EventDispatcher,
)
from dictate.app.evidence_recorder import EvidenceRecorder
from dictate.app.greeting import Greeting
from dictate.app.hotword_lint import HotwordLint, known_to_lint
from dictate.app.hotword_sources import HotwordSources
from dictate.app.hotwords_controller import HotwordsController
from dictate.app.idle_engine import IdleEngine
from dictate.app.journal_thread import open_journal
from dictate.app.language_model import LanguageModel
from dictate.app.live_feedback import LiveFeedback
from dictate.app.model_fetch import NONE, ModelFetch
from dictate.app.output_manager import OutputManager
from dictate.app.output_writer import OutputWriter
from dictate.app.parts import Controls, Stages, UserInterface
from dictate.app.pipeline import Pipeline
from dictate.app.plain_replay import PlainReplay
from dictate.app.profile_report import ProfileReport
from dictate.app.profiles import Profiles, make_profiles
from dictate.app.proof import Prover
from dictate.app.quarantine import Quarantine
from dictate.app.reloader import (
    FALLBACK,
    ConfigSource,
    Configuration,
    Reloader,
    make_segmenter,
)
from dictate.app.repair import RepairStore
from dictate.app.replay import Replay
from dictate.app.session import Activity
from dictate.app.signals import Signal
from dictate.app.sleep_watcher import SleepWatcher
from dictate.app.status import StatusPublisher
from dictate.app.terminal import Terminal
from dictate.app.tray_controller import TrayController
from dictate.config.schema import MicrophoneSettings, Settings
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.dbus.service import Service
from dictate.errors import AlreadyRunning, Unavailable, joined
from dictate.events import AudioChunk
from dictate.hotkeys.hotkey import Press
from dictate.hotkeys.keys import Keys
from dictate.microphone import MICROPHONES, Microphone
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.platform import paths
from dictate.platform.own_files import own_lock
from dictate.translation import _
from dictate.ui.notifications import Notifier

log = logging.getLogger(__name__)


async def run_daemon(
    files: ConfigFiles, overrides: CommandLineOverrides, options: RunOptions
) -> int:
    """Run Dictate until it is stopped; the exit status. Raises ConfigError, AlreadyRunning,
    Unavailable."""
    source = ConfigSource(files, overrides)
    configuration = await source.read()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        stack.enter_context(_only_one())
        ui = await open_ui(stack, configuration.settings, options)
        stages = await open_stages(stack, configuration, files.config, ui)
        reads = not options.once and (options.show_partials or sys.stderr.isatty())
        controls = open_controls(
            stack, source, configuration, ui, stages, greets=reads, fetch=options.fetch
        )
        connect(ui, stages, controls)
        controls.reloader.report_start()
        return await Daemon(options, source, ui, stages, controls, stop).run()


async def open_ui(stack: AsyncExitStack, settings: Settings, options: RunOptions) -> UserInterface:
    """The bus first: its name is the lock of this session. Raises AlreadyRunning."""
    service = Service()
    notifier = Notifier(lambda: service.bus, enabled=settings.notifications.enabled)
    feedback = LiveFeedback(settings, lambda how: service.update(overlay=how))
    terminal = Terminal(always=options.show_partials)
    terminal.share_with(logging.getLogger().handlers)
    dispatcher = EventDispatcher(service, notifier, terminal, feedback.picture)
    stack.push_async_callback(service.close)
    try:
        await service.connect()
    except Unavailable as error:
        log.warning("%s; dictatectl cannot reach this daemon", error)
    return UserInterface(service, notifier, feedback, terminal, dispatcher)


async def open_stages(
    stack: AsyncExitStack, configuration: Configuration, config: Path, ui: UserInterface
) -> Stages:
    """The journal, and the stages against the direction of the sound. `config` is the path of
    config.toml. Raises DictateError."""
    settings, dispatcher = configuration.settings, ui.dispatcher
    journal, unfinished = await open_journal(
        paths.state_dir(),
        settings.journal,
        on_trouble=partial(dispatcher.trouble, source=JOURNAL),
        on_mended=partial(dispatcher.mended, JOURNAL),
        on_notice=dispatcher.trouble,
    )
    stack.push_async_callback(journal.close)
    engines = EngineManager(
        settings, dispatcher.trouble, dispatcher.mended, configuration.calibrations
    )
    stack.push_async_callback(engines.stop)
    await engines.start()
    outputs = OutputManager(settings, partial(dispatcher.trouble, source=OUTPUT))
    stack.push_async_callback(outputs.close)
    outputs.apply(settings, await outputs.prepare(settings))
    chunk, sound_over = Signal[AudioChunk](), Signal[[]]()
    microphone = MicrophoneSupervisor(
        make_microphone,
        settings.microphone,
        on_chunk=chunk,
        on_trouble=partial(dispatcher.trouble, source=MICROPHONE),
        on_open_changed=lambda is_open, device: ui.service.update(
            microphone_open=is_open, microphone=device
        ),
        on_end=sound_over,
    )
    found = make_profiles(settings, configuration.hotwords, engines, outputs, RepairStore())
    profiles = Profiles(found)
    writer = OutputWriter(journal, dispatcher)
    model = LanguageModel(
        *(settings, config, ui.service, journal, writer, dispatcher),
        lambda: pipeline.acted_at,
    )
    stack.push_async_callback(model.close)
    segmenter, problem = await make_segmenter(settings.speech)
    if problem:
        dispatcher.trouble(joined(problem, FALLBACK), SPEECH)
    pipeline = Pipeline(
        settings=settings,
        profiles=profiles,
        segmenter=segmenter,
        microphone=microphone,
        journal=journal,
        writer=writer,
        model=model,
        observer=dispatcher,
    )
    chunk.connect(pipeline.hear)
    chunk.connect(partial(_microphone_works, dispatcher))
    sound_over.connect(pipeline.sound_over)
    stack.push_async_callback(microphone.stop)
    await microphone.start()
    replay = Replay(profiles, journal, writer, dispatcher, pipeline.in_flight)
    return Stages(
        journal=journal,
        unfinished=unfinished,
        engines=engines,
        outputs=outputs,
        microphone=microphone,
        profiles=profiles,
        writer=writer,
        model=model,
        pipeline=pipeline,
        replay=replay,
    )


def open_controls(
    stack: AsyncExitStack,
    source: ConfigSource,
    configuration: Configuration,
    ui: UserInterface,
    stages: Stages,
    *,
    greets: bool,
    fetch: str = NONE,
) -> Controls:
    """What acts on the stages; `greets` if a user reads the terminal. `fetch` is what ModelFetch
    downloads."""
    settings, pipeline = configuration.settings, stages.pipeline
    on_trouble, feedback = ui.dispatcher.trouble, ui.feedback
    reloader = Reloader(
        source,
        configuration,
        engines=stages.engines,
        outputs=stages.outputs,
        profiles=stages.profiles,
        microphone=stages.microphone,
        pipeline=pipeline,
        observer=ui.dispatcher,
    )
    stack.push_async_callback(reloader.close)
    keys_changed = Signal[[]]()
    keys = Keys(
        settings,
        on_press=partial(_on_press, pipeline),
        on_edit=partial(_on_press, pipeline, "", instructs=True),
        on_cancel=pipeline.cancel,
        on_paste=lambda: controller.paste_key(),
        on_undo=lambda: controller.undo_key(),
        on_correct=lambda: dialog.key(),
        on_state=keys_changed,
    )
    desktop_watcher = DesktopWatcher(keys, stages.outputs, reloader, feedback.retry_overlay)
    sleep_watcher = SleepWatcher(
        pipeline=pipeline,
        journal=stages.journal,
        microphone=stages.microphone,
        engines=stages.engines,
        keys=keys,
    )
    status = StatusPublisher(
        ui.service, pipeline, stages.engines, stages.outputs, stages.profiles, keys
    )
    keys_changed.connect(status.keys)
    keys_changed.connect(desktop_watcher.keys_changed)
    greeting = Greeting(
        stages.engines, keys, lambda: reloader.settings.hotkey, ui.terminal.line if greets else None
    )
    keys_changed.connect(greeting.update)
    quarantine = Quarantine(stages.journal, reloader, on_trouble)
    recorder = EvidenceRecorder(stages.journal, stages.profiles, quarantine.judge)
    stack.push_async_callback(recorder.close)
    pipeline.editing.taken_back.connect(recorder.taken_back)
    idle_engine = IdleEngine(stages.profiles, pipeline)
    plain_replay = PlainReplay(idle_engine, stages.journal, stages.profiles, recorder.record)
    recorder.plain_wanted.connect(plain_replay.add)
    prover = Prover(idle_engine, stages.journal, stages.profiles)
    corrections = Corrections(stages.journal, recorder, prover, reloader)
    dialog = CorrectionDialog(corrections, pipeline, on_trouble)
    stack.push_async_callback(dialog.close)
    watch = CorrectionWatch(
        settings,
        writer=stages.writer,
        pipeline=pipeline,
        recorder=recorder,
        dialog=dialog,
        on_noticed=ui.dispatcher.noticed,
        on_trouble=on_trouble,
    )
    stack.push_async_callback(watch.close)
    ui.dispatcher.written.connect(watch.written)
    ui.dispatcher.session_changed.connect(watch.session_changed)
    reloader.applied.connect(watch.apply)
    hotwords = HotwordsController(stages.journal, stages.profiles, recorder, corrections, dialog)
    ui.dispatcher.session_changed.connect(dialog.session_changed)
    forgotten = Signal[int | None]()
    forgotten.connect(ui.dispatcher.forgotten)
    forgotten.connect(dialog.forgotten)
    forgotten.connect(watch.forgotten)
    forgotten.connect(stages.model.polishing.forgotten)
    stages.model.polishing.replacing.connect(watch.forgotten)
    copier = Copier(lambda: reloader.settings.output)
    stack.push_async_callback(copier.close)
    controller = DaemonController(
        pipeline=pipeline,
        keys=keys,
        journal=stages.journal,
        replay=stages.replay,
        writer=stages.writer,
        outputs=stages.outputs,
        profiles=ProfileReport(stages.profiles, stages.engines, keys),
        reloader=reloader,
        copier=copier,
        on_trouble=on_trouble,
        on_forgotten=forgotten,
        on_undone=recorder.taken_back,
        slow_engines=lambda: stages.engines.slow,
        engine_socket=lambda: stages.engines.main.socket,
    )
    tray = TrayController(
        settings.tray,
        pipeline=pipeline,
        keys=keys,
        controller=controller,
        reloader=reloader,
        copier=copier,
        summary=lambda: status.summary,
        on_trouble=on_trouble,
    )
    model_fetch = ModelFetch(
        fetch,
        lambda: reloader.settings.engine,
        reloader.choose_engine_again,
        say=ui.terminal.line,
        on_arrival=ui.dispatcher.model_arrived,
        on_trouble=partial(on_trouble, source=MODELS),
    )
    choice = EngineChoice(
        ui.service, stages.engines, lambda: model_fetch.progress or model_fetch.waits_for
    )
    stack.push_async_callback(choice.close)
    sources = HotwordSources(partial(reloader.reload_or_report, saved=False), ui.dispatcher)
    lint = HotwordLint(
        ui.service,
        lambda: reloader.configuration,
        lambda: (source.files.config, reloader.hotwords_file),
        lambda: stages.engines.main.info,
        lambda: known_to_lint(stages.engines, hotwords),
    )
    stack.push_async_callback(lint.close)
    return Controls(
        keys,
        reloader,
        desktop_watcher,
        sleep_watcher,
        controller,
        status,
        tray,
        greeting,
        model_fetch,
        choice,
        sources,
        lint,
        idle_engine,
        recorder,
        plain_replay,
        hotwords,
    )


def connect(ui: UserInterface, stages: Stages, controls: Controls) -> None:
    """Have each part receive the events of the others."""
    keys, status, tray = controls.keys, controls.status, controls.tray
    dispatcher, feedback, pipeline = ui.dispatcher, ui.feedback, stages.pipeline
    fetch, choice = controls.fetch, controls.choice

    def show_download() -> None:
        # Not beside a dictation: its text may be written into this very terminal.
        ready = pipeline.activity is Activity.READY
        ui.terminal.background(fetch.progress if ready else "")
        feedback.picture.download(fetch.short)
        tray.download(fetch.progress)

    def session_changed() -> None:
        if pipeline.listening:
            dispatcher.mended(NOTICE)
        under_way = pipeline.activity is not Activity.READY
        stages.model.session_changed(listening=pipeline.listening)
        keys.session(recording=pipeline.listening, under_way=under_way)
        if not under_way:
            choice.update()

    dispatcher.session_changed.connect(controls.idle_engine.session_changed)
    dispatcher.session_changed.connect(status.session)
    dispatcher.session_changed.connect(session_changed)
    dispatcher.session_changed.connect(partial(feedback.session_changed, pipeline))
    dispatcher.session_changed.connect(tray.update)
    dispatcher.session_changed.connect(show_download)
    fetch.changed.connect(show_download)
    fetch.changed.connect(choice.update)
    feedback.slow.connect(dispatcher.slow)
    feedback.progressed.connect(ui.terminal.progress)
    feedback.progressed.connect(tray.progress)
    feedback.progressed.connect(status.progress)
    dispatcher.written.connect(controls.recorder.written)
    dispatcher.paste_clicked.connect(stages.replay.paste_after_click)
    stages.engines.changed.connect(status.engines)
    stages.engines.changed.connect(controls.greeting.update)
    stages.engines.changed.connect(tray.update)
    stages.engines.changed.connect(choice.update)
    stages.engines.changed.connect(controls.lint.update)
    stages.outputs.changed.connect(status.outputs)

    def hotwords_changed() -> None:
        found = controls.reloader.configuration
        ui.service.update(hotwords_file=str(controls.reloader.hotwords_file))
        controls.sources.apply(found.hotwords.sources, complete=not found.problems)
        controls.lint.update()

    def applied(settings: Settings) -> None:
        keys.apply(settings)
        ui.notifier.apply(settings.notifications)
        stages.journal.apply(settings.journal)
        stages.model.apply(settings)
        feedback.apply(settings)
        tray.apply(settings.tray)
        hotwords_changed()

    controls.reloader.applied.connect(applied)
    controls.reloader.retried.connect(feedback.retry_overlay)
    controls.reloader.retried.connect(controls.sources.refresh)
    hotwords_changed()
    ui.service.serve(controls.controller, controls.hotwords)


def make_microphone(settings: MicrophoneSettings) -> Microphone:
    """The microphone that the settings choose. Whether it can work is found out at a press: it may
    be plugged in at any time."""
    use = settings.use
    name = MICROPHONES.auto[0] if use == "auto" else use.partition(":")[0]
    return MICROPHONES.make(name, settings)


def _microphone_works(dispatcher: EventDispatcher, chunk: AudioChunk) -> None:
    """Sound of a dictation came. Zeros are what a muted microphone gives."""
    if dispatcher.has_trouble(MICROPHONE) and chunk.samples.any():
        dispatcher.mended(MICROPHONE)


def _on_press(pipeline: Pipeline, profile: str, press: Press, *, instructs: bool = False) -> None:
    actions: dict[Press, Callable[[], None]] = {
        Press.START_HELD: lambda: pipeline.start(held=True, profile=profile, instructs=instructs),
        Press.STOP: pipeline.stop,
        Press.TOGGLE: lambda: pipeline.toggle(profile=profile, instructs=instructs),
        Press.LATCH: pipeline.latch,
        Press.DISCARD: pipeline.discard,
    }
    actions[press]()


@contextmanager
def _only_one() -> Iterator[None]:
    """Hold the lock of the one daemon in this runtime folder. Raises AlreadyRunning."""
    path = paths.safe_dir(paths.runtime_dir()) / "lock"
    with ExitStack() as stack:
        try:
            aside = stack.enter_context(own_lock(path))
        except BlockingIOError:
            raise AlreadyRunning(_("Dictate is running already; see `dictatectl status`")) from None
        if aside:
            log.warning("%s", aside)
        yield
