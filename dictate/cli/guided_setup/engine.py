"""The step about the engine: what this machine can run, how good, how fast, how large."""

import re
from collections.abc import Sequence
from typing import Final

from rich.table import Table

from dictate.cli.guided_setup.daemon import wait_until
from dictate.cli.guided_setup.dialogue import Dialogue
from dictate.client.daemon_client import ask, ask_status
from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.engines.advice import best_model
from dictate.engines.graphics_card import nvidia_card
from dictate.engines.packages import lacking
from dictate.errors import DictateError, Unavailable
from dictate.install import engine, model
from dictate.labels import label
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, DEFAULT, Model
from dictate.models.speed import describe_speed
from dictate.platform import paths
from dictate.translation import _

NVIDIA: Final = "NVIDIA card"  # untranslated
"""What the catalogue calls it."""
OTHER_CHUNKS: Final = re.compile(r"-onnx-\d+$")
"""Models that differ from another one by their chunks only: `dictate models list` has them."""
LOAD_S: Final = 300.0
"""Seconds in which a model that was chosen is loaded: a large one on a slow disk."""


def step(dialogue: Dialogue) -> None:
    """Show the models, and install the one that the user chooses. Raises Skipped, DictateError."""
    dialogue.heading(_("Engine"), _("It turns your voice into text, on this machine."))
    choose(dialogue)


def choose(dialogue: Dialogue) -> None:
    """The same without the heading."""
    settings = config_file.load(paths.config_file()).engine
    models = [
        each
        for each in CATALOGUE.values()
        if each.engine in ENGINES.table and not OTHER_CHUNKS.search(each.name)
    ]
    best = _best(settings)
    dialogue.table(_table(models, best))
    told = ask_status()
    now = _("Now: {engine}. {choice}").format(engine=told["engine"], choice=told["engine_choice"])
    dialogue.say(now.strip())
    chosen = dialogue.choose(
        _("A number downloads and uses one; Enter goes on as it is:"),
        [each.name for each in models],
    )
    if chosen is not None:
        _use(dialogue, models[chosen], best=best)


def _table(models: Sequence[Model], best: Model | None) -> Table:
    table = Table("", box=None)
    table.add_column(label("model"), no_wrap=True)
    for name in (_("languages"), _("errors"), "GB", _("licence"), _("here")):
        table.add_column(name)
    for number, each in enumerate(models, 1):
        errors = "" if each.word_errors is None else f"{each.word_errors:.1f} %"
        here = (
            _("the best here; {state}").format(state=_state(each)) if each is best else _state(each)
        )
        size = f"{each.size / 1e9:.2f}"
        table.add_row(str(number), each.name, each.languages, errors, size, each.licence, here)
    return table


def _best(settings: EngineSettings) -> Model | None:
    try:
        return best_model(settings)
    except Unavailable:
        return None


def _state(candidate: Model) -> str:
    """What this machine can do with a model, in a few words."""
    if lacking(candidate.engine):
        card = candidate.runs_on == NVIDIA and not nvidia_card()
        return _("needs an NVIDIA card") if card else _("needs packages")
    try:
        here = store.installed(candidate)
    except Unavailable as error:
        return str(error)
    if here is None:
        return _("not downloaded")
    record = store.record_of(candidate)
    return describe_speed(record.rtf, record.device) if record and record.rtf else _("downloaded")


def _use(dialogue: Dialogue, chosen: Model, *, best: Model | None) -> None:
    """Install what the model needs, download it, and make it the engine. Raises DictateError."""
    if lacking(chosen.engine) and engine.install(chosen.engine, sure=True, out=dialogue.say):
        raise DictateError(_("the engine {engine} is not installed").format(engine=chosen.engine))
    if store.installed(chosen) is None and model.download(chosen.name):
        raise DictateError(_("{name} is not downloaded").format(name=chosen.name))
    path = paths.config_file()
    if chosen is best and config_file.load(path).engine.use == "auto":
        ask("Reload")
    else:
        config_file.set_option(path, "engine.use", chosen.engine)
        name = "" if DEFAULT.get(chosen.engine) == chosen.name else chosen.name
        config_file.set_option(path, "engine.model", name)
    dialogue.say(_("Loading it ..."))
    loaded = wait_until(
        lambda told: told["engine"] == chosen.engine and told["engine_state"] == "ready", LOAD_S
    )
    if loaded is None:
        raise DictateError(
            _("{name} does not load; `dictatectl status` says why").format(name=chosen.name)
        )
    dialogue.say(_("Dictate uses {name}.").format(name=chosen.name), "green")
