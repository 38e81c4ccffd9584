"""`dictatectl hotwords calibrate`."""

import sys
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from dictate import console
from dictate.console import line, safe
from dictate.ctl.commands import report_change
from dictate.ctl.exit_codes import FAILED, NOTHING, OK
from dictate.ctl.hotwords.child import run_proof
from dictate.errors import DictateError
from dictate.hotwords import calibration
from dictate.translation import _, ngettext

_SUBJECT = _("the hotwords")


def calibrate(arguments: Namespace) -> int:
    """Measure the default strength of the engine, show what is in force, or forget it."""
    if arguments.show:
        return _show(as_json=arguments.json)
    if arguments.reset:
        return _reset()
    result = run_proof("calibrate", "--voices", str(arguments.voices))
    console.as_json(result) if arguments.json else _render(result)
    if result["strength"] is None:
        return FAILED
    return report_change([], _SUBJECT)


def _show(*, as_json: bool) -> int:
    known = calibration.load(calibration.calibration_file())
    if as_json:
        console.as_json([asdict(one) for one in known])
    for one in () if as_json else known:
        name = " ".join(filter(None, (one.engine, one.model)))
        line(
            _(
                "{name}: {strength:g} of the built-in strength, measured {measured} ({hits} "
                "in {control_words:,} words)"
            ).format(
                name=safe(name),
                strength=one.strength,
                measured=one.measured,
                hits=_hits(one.false_hits),
                control_words=one.control_words,
            )
        )
    if not known:
        line(_("nothing is calibrated: each engine has its built-in strength"), sys.stderr)
    return OK if known else NOTHING


def _reset() -> int:
    path = calibration.calibration_file()
    try:
        gone = calibration.reset(path)
    except OSError as error:
        raise DictateError(
            _("{path} cannot be removed: {strerror}").format(path=path, strerror=error.strerror)
        ) from error
    if not gone:
        line(_("nothing was calibrated"), sys.stderr)
        return NOTHING
    return report_change(calibration.difference(gone, ()), _SUBJECT)


def _render(result: dict[str, Any]) -> None:
    name = " ".join(filter(None, (result["engine"], result["model"])))
    line(
        _("{name}, {terms} terms, spoken by {voices}").format(
            name=safe(name), terms=result["terms"], voices=", ".join(map(safe, result["voices"]))
        )
    )
    for one in result["measured"]:
        upper = one["at_most_per_1000"]
        bound = (
            _("at most {upper:g} in 1,000 with 95 % confidence").format(upper=upper)
            if upper
            else _("too many")
        )
        chosen = _("  <- the default from now on") if one["strength"] == result["strength"] else ""
        line(
            _(
                "  strength {strength:<4g} {hits} in {control_words:,} words without a term "
                "({bound}), {found} of {said} terms found{chosen}"
            ).format(
                strength=one["strength"],
                hits=_hits(one["false_hits"]),
                control_words=one["control_words"],
                bound=bound,
                found=one["found"],
                said=one["said"],
                chosen=chosen,
            )
        )
    if result["strength"] is None:
        line(_("no strength keeps to 1 false hit in 1,000 words: nothing was stored"), sys.stderr)


def _hits(count: int) -> str:
    return ngettext("{count} false hit", "{count} false hits", count).format(count=count)
