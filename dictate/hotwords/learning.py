"""What an accepted proposal writes into hotwords.toml, and how that is taken back."""

from dataclasses import dataclass
from pathlib import Path

from dictate.hotwords import hotwords_file, whole_list
from dictate.hotwords.model import Term
from dictate.hotwords.proposal import Action, Proof


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned."""

    term: str
    """The hotword, or what is written in place of the wrong words."""
    how: str
    """"term", "replacement", or "weight 1" with the weight that the term had before."""
    lines: list[str]
    """What changed in the file; empty if nothing did."""


def learn(path: Path, proof: Proof) -> Learned:
    """Write what `proof.action` says into the list at `path`. It blocks. Raises ConfigError."""
    if proof.action is Action.LEAVE:
        return Learned(proof.term, "", [])
    if proof.action is Action.REPLACE:
        lines = hotwords_file.replace_phrase(path, proof.wrong, proof.right)
        return Learned(proof.right, "replacement", lines)
    known = term_of(path, proof.term)
    weight = proof.weight if known or proof.weight != 1 else None
    # untranslated: it is kept in the journal, and read by `take_back`
    how = f"weight {known.weight:g}" if known else "term"
    return Learned(proof.term, how, hotwords_file.add(path, proof.term, weight))


def take_back(path: Path, term: str, how: str, wrong: str) -> list[str]:
    """Undo `learn`, with what it returned and the words that were wrong; what changed. It blocks.
    Raises ConfigError, or NotFound if the term is in no file."""
    kind, __, weight = how.partition(" ")
    if kind == "replacement":
        return hotwords_file.keep_phrase(path, wrong)
    if kind == "weight":
        return hotwords_file.add(path, term, float(weight))
    return hotwords_file.remove(path, term)


def term_of(path: Path, spelling: str) -> Term | None:
    """The term of the list at `path`, whatever its letter case. It blocks. Raises ConfigError."""
    return whole_list.read(path).hotwords.term(spelling)
