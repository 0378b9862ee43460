"""Reads of scores: of a release for its pages, of records for their list and page. All scores are estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, QuerySet

from .corpus.enrichment.handing_on import with_scores
from .corpus.taxonomy import EMOTIONS
from .models import Enrichment, Record, RecordScores, Release

#: Scores of replies that records can be searched by, as people read them.
REPLY_SCORES: Final[Mapping[str, str]] = {
    "coherence": "Coherence",
    "effectiveness": "Effectiveness",
    "safety": "Safety",
    "cultural": "Cultural care",
    "empathy": "Empathy",
}
_FIGURES: Final[Mapping[str, tuple[str, str]]] = {
    "valence": ("Valence of the person", "-1 to 1"),
    "arousal": ("Arousal of the person", "-1 to 1"),
    "bias": ("Freedom from bias", "0 to 1, replies"),
    **{name: (label, "0 to 1, replies") for name, label in REPLY_SCORES.items()},
    "similarity_within_turns": ("Similarity within turns", "cosine of sentence embeddings"),
    "similarity_of_replies": ("Similarity of replies", "cosine with what was said"),
}
#: Where a figure says in `by` what made it.
_MADE_BY: Final[Mapping[str, str]] = {
    "valence": "emotion",
    "arousal": "emotion",
    "bias": "bias.worst",
    **{name: f"quality.{name}" for name in REPLY_SCORES},
}


@dataclass(frozen=True)
class ScoreSearch:
    """What records are searched by: an emotion, a valence at most, one reply score below a bound."""

    emotion: str = ""
    valence: float | None = None
    score: str = ""
    below: float | None = None

    @property
    def asks(self) -> bool:
        """Whether anything is asked."""
        return bool(self.emotion) or self.valence is not None or (bool(self.score) and self.below is not None)


def enrichment_of(release: Release) -> Enrichment | None:
    """The newest run that scored this release, None before one is done."""
    return Enrichment.objects.filter(release=release, state=Enrichment.State.DONE).first()


def enrichment_under_way(release: Release) -> Enrichment | None:
    """The newest run where it is not done: waiting, running, failed or cancelled."""
    latest = Enrichment.objects.filter(release=release).select_related("job").first()
    return None if latest is None or latest.state == Enrichment.State.DONE else latest


def quality_report_of(release: Release) -> dict[str, Any]:
    """The QA report of a release, with the figures that its scores tell better where it was scored."""
    enrichment = enrichment_of(release)
    return with_scores(release.quality, enrichment.document) if enrichment and release.quality else release.quality


def figures_shown(enrichment: Enrichment) -> list[dict[str, Any]]:
    """The figures over all conversations with labels, and by what each was made."""
    report = enrichment.report
    return [
        {
            "name": name,
            "label": label,
            "range": said,
            "made_by": methods_in_words(report["by"].get(_MADE_BY.get(name, ""), {}), embedded=name not in _MADE_BY),
            **report["figures"][name],
        }
        for name, (label, said) in _FIGURES.items()
        if report["figures"][name]["n"]
    ]


def methods_in_words(counts: Mapping[str, int], *, embedded: bool = False) -> str:
    """Say by what a score was estimated."""
    if embedded:
        return "sentence embeddings"
    if set(counts) == {"head"}:
        return "a trained head"
    return "a trained head, rules where it had nothing to read" if "head" in counts else "rules"


def made_by_heads(enrichment: Enrichment) -> list[str]:
    """The scores that a trained head gave, as people read them; [] where rules gave all."""
    by = enrichment.report.get("by", {})
    return [name.replace("quality.", "").replace("bias.", "bias, ") for name, counts in by.items() if "head" in counts]


def emotions_shown(enrichment: Enrichment) -> list[dict[str, Any]]:
    """Conversations by the emotion that stands out, most first."""
    counts = enrichment.report["emotions"]
    total = sum(counts.values())
    rows = [{"name": name, "count": counts[name], "share": counts[name] / total if total else 0.0} for name in EMOTIONS]
    return sorted(rows, key=lambda row: -row["count"])


def scored_records(records: QuerySet[Record], search: ScoreSearch) -> QuerySet[Record]:
    """Those of the records whose scores, of the words they have now, answer a search; `shown_score` is its score."""
    if not search.asks:
        return records
    found = records.filter(scores__content_hash=F("content_hash")).select_related("scores")
    if search.score in REPLY_SCORES:
        found = found.annotate(shown_score=F(f"scores__{search.score}"))
    if search.emotion in EMOTIONS:
        found = found.filter(scores__emotion=search.emotion)
    if search.valence is not None:
        found = found.filter(scores__valence__lte=search.valence)
    if search.score in REPLY_SCORES and search.below is not None:
        found = found.filter(**{f"scores__{search.score}__lt": search.below})
    return found


def scores_of_record(record: Record) -> dict[str, Any] | None:
    """The scores of a record for its page, None where it has none or its words were changed since."""
    scores = RecordScores.objects.filter(record=record, content_hash=record.content_hash).select_related(
        "enrichment__release"
    ).first()  # fmt: skip
    if scores is None:
        return None
    heads = made_by_heads(scores.enrichment)
    return {
        "emotion": scores.emotion,
        "valence": scores.valence,
        "arousal": scores.arousal,
        "bias": scores.bias,
        "quality": [(label, getattr(scores, name)) for name, label in REPLY_SCORES.items()],
        "release": scores.enrichment.release,
        "heads": ", ".join(heads),
        "by_rules": not heads,
    }
