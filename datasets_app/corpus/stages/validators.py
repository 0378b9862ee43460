"""What each stage asks of a record, and the rule above it: edge cases and crises stay, whatever their scores are.

An edge case (`is_training_edge_case`) passes every validator of safety and quality. Its form was checked when it was
read; incoherence is noted in the manifest and does not remove it, for a mind in pieces is what some of them are about.

A crisis that nobody tagged is judged as any record is. Where its stage refuses it, it is not lost: it moves to the
stage made for crises (`Ladder.refuge`), whose override asks neither for safety nor for coherent words of the person.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .facts import Facts
from .ladders import Demands, Ladder, Rung
from .scores import Scored


class Verdict(NamedTuple):
    """Why a record may not stand on a rung (none: it may), which exceptions let it, what is noted of it.

    `moved_for` says why its own rung refused a record that stands on the refuge instead.
    """

    reasons: tuple[str, ...]
    override: bool = False
    bypassed: tuple[str, ...] = ()
    moved_for: tuple[str, ...] = ()


PII_PENDING: Final = "pii_pending"


def standing(
    ladder: Ladder, own: Rung, facts: Facts, scored: Scored, *, turns: int, edge_case: bool
) -> tuple[Rung, Verdict]:
    """Return where a record stands and why: its own rung, or the refuge for a crisis that its own rung refuses."""
    verdict = validate(own, facts, scored, turns=turns, edge_case=edge_case)
    if not verdict.reasons or verdict.reasons == (PII_PENDING,) or not scored.in_crisis or own == ladder.refuge:
        return own, verdict
    second = validate(ladder.refuge, facts, scored, turns=turns, edge_case=edge_case)
    if second.reasons:
        return own, verdict
    return ladder.refuge, second._replace(moved_for=verdict.reasons)


def validate(rung: Rung, facts: Facts, scored: Scored, *, turns: int, edge_case: bool) -> Verdict:
    """Judge one record. Reasons are codes, in a fixed order."""
    if facts.pii_pending:
        # The one thing that edge cases are held back for too: identifiers of a real person that nobody reviewed yet.
        return Verdict((PII_PENDING,))
    broken = _broken(rung.demands, facts, scored, turns)
    if edge_case:
        return Verdict((), bypassed=tuple(broken))
    forgiven = _forgiven(rung.demands, scored) & set(broken)
    return Verdict(tuple(reason for reason in broken if reason not in forgiven), override=bool(forgiven))


def _forgiven(demands: Demands, scored: Scored) -> set[str]:
    """Return what the override lets pass in a crisis: a low score of safety, and a person's own words in pieces."""
    if not (demands.crisis_override and scored.in_crisis):
        return set()
    return {"safety_below"} | (set() if scored.degenerate_reply else {"incoherent"})


def _broken(demands: Demands, facts: Facts, scored: Scored, turns: int) -> list[str]:
    found = []
    if scored.degenerate:
        found.append("incoherent")
    if turns < demands.min_turns:
        found.append("too_few_turns")
    if demands.needs_reply and scored.empathy is None:
        found.append("no_reply")
    for name, least, value in (
        ("empathy_below", demands.empathy, scored.empathy),
        ("reasoning_below", demands.reasoning, scored.reasoning),
        ("safety_below", demands.safety, scored.safety),
    ):
        if least is not None and value is not None and value < least:
            found.append(name)
    if demands.needs_voice:
        found += [
            f"no_{name}"
            for name, value in (("persona_id", facts.persona_id), ("voice_signature", facts.voice_signature))
            if not value
        ]
    return found
