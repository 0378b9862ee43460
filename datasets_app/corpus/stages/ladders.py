"""The two ladders: their stages, shares, thresholds and order of conflict (specification D13 and T12).

The four-stage ladder's shares and thresholds are the specification's. Of the seven-stage curriculum it names shares
only: stages 1 to 4 take the thresholds of the ladder's stages, 5 asks for the turns that make a conversation long, and
6 and 7 are judged as stage 3 is, for trauma and simulated crises must not be lost to a score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from datasets_app.corpus import taxonomy

LONG_TURNS: Final = 20
# Shares of a finished ladder may lie this far from the wanted ones (points of a hundred).
TOLERANCE_POINTS: Final = 0.5


@dataclass(frozen=True)
class Demands:
    """What a record must score to stand on a rung; None asks nothing.

    `crisis_override` keeps a record that shows a crisis whatever its safety score is and however broken the person's
    words. `needs_reply` asks for a reply to learn from, `needs_voice` for `persona_id` and `voice_signature`.
    """

    empathy: float | None = None
    reasoning: float | None = None
    safety: float | None = None
    crisis_override: bool = False
    needs_reply: bool = False
    needs_voice: bool = False
    min_turns: int = 0


@dataclass(frozen=True)
class Rung:
    """One stage: its number, its name in files and records, its share of all records, what it asks of each."""

    number: int
    slug: str
    label: str
    share: float
    demands: Demands
    families: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The stage as records name it: stage4_voice_persona."""
        return f"stage{self.number}_{self.slug}"

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"MASTER_{self.name}.jsonl"


@dataclass(frozen=True)
class Ladder:
    """Rungs whose shares add up to 1. Of copies on several rungs the one on the rung with the highest number stays."""

    name: str
    rungs: tuple[Rung, ...]
    by_number: Mapping[int, Rung] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if abs(sum(rung.share for rung in self.rungs) - 1.0) > 1e-9:
            raise ValueError("the shares of a ladder add up to 1")
        object.__setattr__(self, "by_number", {rung.number: rung for rung in self.rungs})

    @property
    def conflict_order(self) -> list[int]:
        """The numbers of the rungs, the one that wins first."""
        return sorted(self.by_number, reverse=True)

    @property
    def refuge(self) -> Rung:
        """The rung that is made for crises: one that another rung refuses stands here."""
        return next(rung for rung in self.rungs if rung.demands.crisis_override)

    def rung_of(self, *, stage: int, family: str, simulated_task: bool) -> Rung:
        """Return the rung of a record of this stage (1 to 4) and family ("" where nobody said)."""
        if simulated_task and SIMULATOR in self.by_number:
            return self.by_number[SIMULATOR]
        found = next((rung for rung in self.rungs if family in rung.families), None)
        return found or self.by_number[stage]


SIMULATOR: Final = 7
_RAPPORT: Final = Demands(empathy=0.55, needs_reply=True)
_REASONING: Final = Demands(empathy=0.50, reasoning=0.65, needs_reply=True)
_EDGE: Final = Demands(safety=0.60, crisis_override=True)
_VOICE: Final = Demands(empathy=0.60, safety=0.75, needs_reply=True, needs_voice=True)
_LONG: Final = Demands(empathy=0.55, needs_reply=True, min_turns=LONG_TURNS)

FOUR_STAGES: Final = Ladder(
    "four",
    tuple(
        Rung(number, slug, taxonomy.STAGES[number], taxonomy.STAGE_SHARES[number], demands)
        for number, slug, demands in (
            (1, "foundation", _RAPPORT),
            (2, "therapeutic_expertise", _REASONING),
            (3, "edge_stress_test", _EDGE),
            (4, "voice_persona", _VOICE),
        )
    ),
)
SEVEN_STAGES: Final = Ladder(
    "seven",
    (
        Rung(
            1,
            "foundation_dialogue",
            "Foundation dialogue",
            0.25,
            _RAPPORT,
            frozenset({"mental_health_datasets", "professional_therapeutic", "priority_datasets"}),
        ),
        Rung(2, "clinical_reasoning", "Clinical reasoning", 0.20, _REASONING, frozenset({"cot_reasoning"})),
        Rung(
            3,
            "crisis_stress_test",
            "Crisis stress test",
            0.15,
            _EDGE,
            frozenset(
                {
                    "edge_case_generator",
                    "edge_case_resulting_chats",
                    "edge_case_synthetic",
                    "safety_guardrails_annihilator",
                }
            ),
        ),
        Rung(4, "persona", "Persona", 0.15, _VOICE, frozenset({"voice_persona", "video_transcripts"})),
        Rung(5, "long_running_therapy", "Long-running therapy", 0.10, _LONG, frozenset({"long_running_therapy"})),
        Rung(
            6,
            "specialised_domains",
            "Specialised domains",
            0.10,
            _EDGE,
            frozenset({"cptsd", "addiction", "sarcasm"}),
        ),
        Rung(SIMULATOR, "simulator_tasks", "Simulator tasks", 0.05, _EDGE),
    ),
)
LADDERS: Final[dict[str, Ladder]] = {ladder.name: ladder for ladder in (FOUR_STAGES, SEVEN_STAGES)}
