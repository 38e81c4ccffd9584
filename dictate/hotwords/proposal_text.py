"""A proof in plain words, for the terminal and the correction window. Pure."""

from dictate.hotwords.proposal import Action, Proof
from dictate.translation import _


def evidence(proof: Proof) -> list[tuple[str, str]]:
    """What was tried and what came out, line by line: ("weight 1.5", "✓ Ask Claude Code.")."""
    lines = [(_("without"), proof.clip)] if proof.clip else []
    for trial in proof.trials:
        mark = "✓" if trial.right and not trial.others else "✗"
        others = _("  (also changed: {others})").format(others=trial.others) if trial.others else ""
        lines.append(
            (_("weight {weight:g}").format(weight=trial.weight), f"{mark} {trial.text}{others}")
        )
    for harm in proof.harms:
        became = _('changed: "{before}" became "{after}"').format(
            before=harm.before, after=harm.after
        )
        lines.append((_("dictation {number}").format(number=harm.number), became))
    return lines + _control_set(proof)


def _control_set(proof: Proof) -> list[tuple[str, str]]:
    harms, note = proof.control_harms, proof.control_note
    lines = []
    if proof.controls:
        lines.append(
            (
                _("control set"),
                _("{controls} sentences, {count} changed").format(
                    controls=proof.controls, count=len(harms)
                ),
            )
        )
    lines += [
        ("", _('"{before}" became "{after}"').format(before=harm.before, after=harm.after))
        for harm in harms
    ]
    if note:
        more = _("no more") if proof.controls else _("no")
        lines.append(("", _("{more} control sentences: {note}").format(more=more, note=note)))
    return lines


def proposal(proof: Proof) -> str:
    """What is proposed, as a request: "add the hotword ..."."""
    weight = _(" with weight {weight:g}").format(weight=proof.weight) if proof.weight != 1 else ""
    return {
        Action.ADD: _('add the hotword "{term}"{weight}').format(term=proof.term, weight=weight),
        Action.REPLACE: _('write "{right}" wherever "{wrong}" is recognized').format(
            right=proof.right, wrong=proof.wrong
        ),
        Action.LEAVE: _("learn nothing from this"),
    }[proof.action]


def false_hit(term: str) -> str:
    """What it means that a hotword was corrected away, in a sentence."""
    return _(
        '"{term}" counts as a false hit there: a hotword that is wrong in two dictations '
        "is quarantined"
    ).format(term=term)


def take_back(learned: str) -> str:
    """How to take back what was learned, in a sentence."""
    return _('`dictatectl hotwords unlearn "{learned}"` takes it back').format(learned=learned)
