"""A proof in plain words, for the terminal and the correction window. Pure."""

from dictate.hotwords.proposal import Action, Proof


def evidence(proof: Proof) -> list[tuple[str, str]]:
    """What was tried and what came out, line by line: ("weight 1.5", "✓ Ask Claude Code.")."""
    lines = [("without", proof.clip)] if proof.clip else []
    for trial in proof.trials:
        mark = "✓" if trial.right and not trial.others else "✗"
        others = f"  (also changed: {trial.others})" if trial.others else ""
        lines.append((f"weight {trial.weight:g}", f"{mark} {trial.text}{others}"))
    for harm in proof.harms:
        became = f'changed: "{harm.before}" became "{harm.after}"'
        lines.append((f"dictation {harm.number}", became))
    return lines + _control_set(proof)


def _control_set(proof: Proof) -> list[tuple[str, str]]:
    harms, note = proof.control_harms, proof.control_note
    lines = []
    if proof.controls:
        lines.append(("control set", f"{proof.controls} sentences, {len(harms)} changed"))
    lines += [("", f'"{harm.before}" became "{harm.after}"') for harm in harms]
    if note:
        more = "no more" if proof.controls else "no"
        lines.append(("", f"{more} control sentences: {note}"))
    return lines


def proposal(proof: Proof) -> str:
    """What is proposed, as a request: "add the hotword ..."."""
    weight = f" with weight {proof.weight:g}" if proof.weight != 1 else ""
    return {
        Action.ADD: f'add the hotword "{proof.term}"{weight}',
        Action.REPLACE: f'write "{proof.right}" wherever "{proof.wrong}" is recognized',
        Action.LEAVE: "learn nothing from this",
    }[proof.action]


def false_hit(term: str) -> str:
    """What it means that a hotword was corrected away, in a sentence."""
    return (
        f'"{term}" counts as a false hit there: a hotword that is wrong in two dictations is '
        "quarantined"
    )


def take_back(learned: str) -> str:
    """How to take back what was learned, in a sentence."""
    return f'`dictatectl hotwords unlearn "{learned}"` takes it back'
