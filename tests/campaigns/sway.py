"""The campaign `utterances` in sway: its key is bound there, and its windows take input methods."""

from tests.campaigns import utterances
from tests.campaigns.result import Plan, Result


def run(plan: Plan) -> Result:
    """The campaign."""
    return utterances.run(plan, sway=True)
