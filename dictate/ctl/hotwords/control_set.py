"""What a proof says about the control set, for people."""

from typing import Any

from dictate.console import line, safe


def show(proof: dict[str, Any]) -> None:
    """Print how many control sentences there were, which of them changed, and why there were no
    more."""
    harms, note = proof["control_harms"], safe(proof["control_note"])
    if proof["controls"]:
        line(f"  control set: {proof['controls']} sentences, {len(harms)} changed")
    for harm in harms:
        line(f'    "{safe(harm["before"])}" became "{safe(harm["after"])}"')
    if note:
        line(f"  {'no more' if proof['controls'] else 'no'} control sentences: {note}")
