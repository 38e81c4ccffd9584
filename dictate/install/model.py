"""Downloads a model and tests how fast it is on this machine."""

from dictate import console
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, speed
from dictate.errors import DictateError
from dictate.models import commands, store
from dictate.models.catalogue import Model, named
from dictate.translation import _


def download(name: str) -> int:
    """Download the model called `name`, and test it. The exit status is that of the download: a
    model that cannot be tested here is complete all the same. Raises what `commands.download`
    raises."""
    if status := commands.download(name):
        return status
    measure_speed(named(name))
    return 0


def measure_speed(model: Model) -> None:
    """Measure a model that is here, record its speed, and print it. A failure is printed, too."""
    if model.engine in ENGINES.table and not ENGINES.why_not(
        model.engine, EngineSettings(use=model.engine, model=model.name)
    ):
        console.error(_("Testing it for a few seconds:"))
        try:
            found = speed.measure_model(model)
            store.record_speed(model, found.rtf, found.device)
        except (DictateError, OSError) as error:
            console.error(
                _("dictate: the test of {name} failed: {error}").format(
                    name=model.name, error=error
                )
            )
        else:
            console.error(_("{name} on this machine: {found}").format(name=model.name, found=found))
    if model.engine in ENGINES.auto:
        console.error(_("A Dictate that runs already uses it after: dictatectl reload"))
