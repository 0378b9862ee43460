"""What a campaign's sample is spread over: how many cases of each type, severity, edge case, group, band and error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from review.evidence.sampling import BANDS
from review.models import Campaign

__all__ = ["Spread", "campaign_spread"]

ERROR_KINDS = {
    "miss": "missed crisis",
    "over_escalation": "over-escalation",
    "wrong_type": "escalated under another type",
    "correct": "right",
}


@dataclass(frozen=True, slots=True)
class Spread:
    """One thing that the draw spreads over, and how many cases of each value there are."""

    name: str
    counts: list[tuple[str, int]]


def campaign_spread(campaign: Campaign) -> list[Spread]:
    """Six lists; demographics only where a record says any. Counts of the sample, not of any expert's answer."""
    kinds: Counter[str] = Counter()
    types: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    bands: Counter[str] = Counter()
    edges: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    rows = campaign.cases.values_list("prediction", "record__is_edge_case", "record__metadata")
    for prediction, is_edge_case, metadata in rows:
        kinds[ERROR_KINDS[prediction["error_kind"]]] += 1
        types[CRISIS_TYPE_LABELS[prediction["true_type"]]] += 1
        severities[str(prediction["true_severity"] or "none")] += 1
        confidence = prediction["probabilities"][prediction["predicted_type"]]
        bands[next(name for name, below in BANDS if confidence < below)] += 1
        edges["edge case" if is_edge_case else "other"] += 1
        groups[str((metadata or {}).get("demographics") or "not known")] += 1
    found = [
        ("What the model did", kinds),
        ("Type by the test split's label", types),
        ("Severity", severities),
        ("Edge cases", edges),
        ("Model confidence", bands),
    ]
    if set(groups) != {"not known"}:
        found.append(("Demographics", groups))
    return [Spread(name, sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))) for name, counts in found]
