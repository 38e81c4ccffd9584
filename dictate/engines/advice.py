"""Which engine and model would be the best on this machine, and how to get them."""

from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.engines.graphics_card import nvidia_card
from dictate.engines.language import Languages
from dictate.engines.packages import lacking
from dictate.errors import Unavailable
from dictate.models import store
from dictate.models.catalogue import CATALOGUE, DEFAULT, Model
from dictate.models.speed import REAL_TIME_RTF, describe_speed
from dictate.translation import _


def best_model(settings: EngineSettings) -> Model | None:
    """The model with which "auto" does best on this machine, downloaded or not; None if no model of
    the catalogue helps. Raises Unavailable where the user has to choose one, with the reason."""
    if settings.model:
        # A model of the user's own needs no advice.
        model = CATALOGUE.get(settings.model)
        if model is None or model.engine not in ENGINES.auto:
            return None
    else:
        has_nemo = not lacking("nemotron") and settings.device != "cpu" and nvidia_card()
        model = CATALOGUE.get(DEFAULT["nemotron" if has_nemo else "onnx"])
    if model is not None and not _speaks(model, settings.language):
        others = [
            other.name
            for other in CATALOGUE.values()
            if other.engine == model.engine and _speaks(other, settings.language)
        ]
        more = (
            _("; set engine.model to {others}").format(others=_(" or ").join(others))
            if others
            else ""
        )
        raise Unavailable(
            _("{name} does not know the language {language}{more}").format(
                name=model.name, language=settings.language, more=more
            )
        )
    return model


def explain(settings: EngineSettings, serving: str, device: str) -> str:
    """Why "auto" chose the engine `serving`, and what would be better here; empty if the user chose
    it. It blocks."""
    if settings.use != "auto" or serving not in ENGINES.auto:
        return ""
    if serving != "pocketsphinx" and settings.model:
        return _("auto: the engine for this model")
    if serving == "nemotron":
        if device == "cpu" and nvidia_card():
            return _("auto: on the processor, because torch cannot use the NVIDIA card")
        faster = CATALOGUE[DEFAULT["onnx"]]
        if device == "cpu" and _speaks(faster, settings.language):
            how = _how(faster, settings)
            return _("auto: on the processor; {name} is faster there: {how}").format(
                name=faster.name, how=how
            )
        return _("auto: the best there is")
    if serving == "onnx":
        if not nvidia_card() or settings.device == "cpu":
            return _("auto: the best without an NVIDIA card{if_slow}").format(
                if_slow=_if_slow(CATALOGUE[DEFAULT["onnx"]])
            )
        better = CATALOGUE[DEFAULT["nemotron"]]
        how = _how(better, settings)
        return _("auto: on the processor; {name} would use the NVIDIA card: {how}").format(
            name=better.name, how=how
        )
    try:
        model = best_model(settings)
    except Unavailable as error:
        return _("auto: the starter; {error}").format(error=error)
    if model is None:
        return _("auto: the starter")
    how = _how(model, settings)
    return _("auto: the starter; {name} would understand much more: {how}").format(
        name=model.name, how=how
    )


def how_to_use(model: Model) -> str:
    """What to do to dictate with a model that is downloaded."""
    command = _("to use it: dictatectl engine {engine}").format(engine=model.engine)
    if DEFAULT.get(model.engine) == model.name:
        return command
    return _('{command}, and engine.model = "{name}" in config.toml').format(
        command=command, name=model.name
    )


def _if_slow(model: Model) -> str:
    """What was measured, and what else there is, if a model does not keep up with the voice."""
    record = store.record_of(model)
    if record is None or record.rtf <= REAL_TIME_RTF:
        return ""
    speed = describe_speed(record.rtf, record.device)
    return _(", but {speed}; dictatectl engine pocketsphinx changes to the starter").format(
        speed=speed
    )


def _how(model: Model, settings: EngineSettings) -> str:
    """How to get and use a model."""
    size = f"{model.size / 1e9:.2f} GB"
    if lacking(model.engine):
        return _("dictate setup --engine {engine} (and {size} for the model)").format(
            engine=model.engine, size=size
        )
    try:
        there = store.installed(model) is not None
    except Unavailable as error:
        return str(error)
    if not there:
        return f"dictate models download {model.name} ({size})"
    return ENGINES.why_not(model.engine, settings) or "dictatectl reload"


def _speaks(model: Model, language: str) -> bool:
    if not model.speaks:
        return True
    try:
        Languages({}, model.speaks).index(language)
    except Unavailable:
        return False
    return True
