"""The programme's gates that a version has to pass before production, or that two people have waived for it.

Those of phase 3 are about the model itself. Of phase 4 the expert review is the sign-off, and the others can only be
measured on what is in production, so they hold the phase open but not the promotion.
"""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from review.evidence.program import PHASES
from review.facts.model import model_facts
from review.gates import GateStanding, standings_from
from review.refusal import Block
from training_app.models import ModelVersion

__all__ = ["blocking_gates", "gates_of", "waived_gates"]

BEFORE_PRODUCTION: Final = tuple(gate.key for phase in PHASES if phase.number == 3 for gate in phase.gates)


def gates_of(version: ModelVersion) -> list[GateStanding]:
    """How each of them stands for this version."""
    standings = standings_from(version.project, model_facts(version.project, version))
    return [standings[key] for key in BEFORE_PRODUCTION]


def blocking_gates(version: ModelVersion) -> list[Block]:
    """One block for each gate that neither passes nor is waived by a PM and a clinical lead."""
    return [
        Block(
            f"gate_{standing.gate.key}",
            f"The gate “{standing.gate.title}” ({standing.gate.target.text}) does not pass: "
            f"{standing.reading.value or 'no figure'}, {standing.reading.verdict.value.replace('_', ' ')}. "
            f"Two people may waive it; {_missing(standing)}.",
            f"{reverse('review:gate_detail', args=[standing.gate.key])}?version={version.pk}",
            "Look at the gate",
        )
        for standing in gates_of(version)
        if not standing.stands
    ]


def _missing(standing: GateStanding) -> str:
    return f"the {standing.missing}'s half is missing" if standing.halves else "nobody has yet"


def waived_gates(version: ModelVersion) -> list[str]:
    """The keys of those that are passed over by a waiver of two people."""
    return [standing.gate.key for standing in gates_of(version) if standing.waived]
