"""How every gate stands: it passes, two people have waived it for what it reads, or it holds its phase open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pixelhub.accounts.models import Project
from review.evidence.estimates import Verdict
from review.evidence.program import Gate, Target, gates
from review.facts import Fact, project_facts
from review.models import GateWaiver
from review.readings import Reading, read
from training_app.models import ModelVersion

__all__ = ["GateStanding", "covers", "gate_standing", "gate_standings", "standings_from"]

#: From the best to the worst; a waiver of one does not cover what comes after it.
_ORDER = (Verdict.PASS, Verdict.INSUFFICIENT, Verdict.NOT_YET, Verdict.FAIL)


@dataclass(frozen=True, slots=True)
class GateStanding:
    """A gate with what it reads now and the halves of a waiver that cover exactly this; `void` no longer do."""

    gate: Gate
    reading: Reading
    pm: GateWaiver | None = None
    clinical_lead: GateWaiver | None = None
    void: tuple[GateWaiver, ...] = ()

    @property
    def passes(self) -> bool:
        return self.reading.verdict is Verdict.PASS

    @property
    def waived(self) -> bool:
        """Both halves stand, by two people."""
        if self.passes or self.pm is None or self.clinical_lead is None:
            return False
        return self.pm.person_id != self.clinical_lead.person_id

    @property
    def stands(self) -> bool:
        """Whether a phase may be closed, or a version promoted, over this gate."""
        return self.passes or self.waived

    @property
    def state(self) -> str:
        """For badges: the verdict, or "waived"."""
        return "waived" if self.waived else self.reading.verdict.value

    @property
    def halves(self) -> list[GateWaiver]:
        return [half for half in (self.pm, self.clinical_lead) if half is not None]

    @property
    def missing(self) -> str:
        """Whose half is still missing, in words; empty when none is."""
        seats = [seat.label for seat in GateWaiver.Seat if getattr(self, seat.value) is None]
        return " and ".join(seats)


def gate_standing(project: Project, key: str, version: ModelVersion | None = None) -> GateStanding:
    """One gate of the program now. Raises KeyError for no gate.

    Figures of a model are those of `version`; without one, of the version in production, else of the newest.
    """
    return gate_standings(project, version)[key]


def gate_standings(project: Project, version: ModelVersion | None = None) -> dict[str, GateStanding]:
    """Every gate by its key, as `gate_standing` has it; the figures are computed once."""
    return standings_from(project, project_facts(project, version))


def standings_from(project: Project, facts: dict[str, Fact]) -> dict[str, GateStanding]:
    """The same from facts at hand: of the gates that these answer."""
    halves: dict[str, list[GateWaiver]] = defaultdict(list)
    for half in GateWaiver.objects.filter(project=project, ended="").select_related("person"):
        halves[half.gate].append(half)
    answered = (gate for gate in gates() if gate.fact in facts)
    return {gate.key: _standing(gate, facts[gate.fact], halves[gate.key]) for gate in answered}


def covers(half: GateWaiver, reading: Reading, target: Target) -> bool:
    """Whether a half speaks of what is read now: the same subject, a figure and a verdict no worse than it named."""
    fact = reading.fact
    if half.subject != fact.subject or (half.value is None) != (fact.value is None):
        return False
    if _ORDER.index(reading.verdict) > _ORDER.index(Verdict(half.verdict)):
        return False
    if half.value is None or fact.value is None:
        return True
    return fact.value >= half.value if target.above else fact.value <= half.value


def _standing(gate: Gate, fact: Fact, halves: list[GateWaiver]) -> GateStanding:
    reading = read(fact, gate.target)
    mine = [half for half in halves if half.subject == fact.subject]
    valid = {half.seat: half for half in mine if covers(half, reading, gate.target)}
    void = tuple(half for half in mine if half.pk not in {standing.pk for standing in valid.values()})
    return GateStanding(gate, reading, valid.get("pm"), valid.get("clinical_lead"), void)
