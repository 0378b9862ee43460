"""What an annotator is told after each label of a practice round, and in no other kind of round."""

from __future__ import annotations

from typing import Any

from annotation.guideline_text import section_html, sections
from annotation.models import Annotation, GoldLabel, Round
from annotation.votes import answer_of
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SEVERITY_LABELS

HEADLINES = {
    "right": "Right: the expert chose the same.",
    "near": "Near: the expert's view differs a little.",
    "different": "The expert saw this differently.",
}


def practice_feedback(round: Round, annotation_id: int) -> dict[str, Any]:
    """{"feedback": ...} for a label of a practice round, with the guideline's own words as HTML; else nothing."""
    if round.kind != Round.Kind.PRACTICE:
        return {}
    annotation = Annotation.objects.select_related("item__gold__guideline").get(pk=annotation_id)
    gold = annotation.item.gold
    if gold is None:
        return {}
    verdict = answer_of(annotation, gold).verdict
    return {
        "feedback": {
            "verdict": verdict,
            "headline": HEADLINES[verdict],
            "yours": _label(annotation.crisis_type, annotation.severity),
            "expert": _label(gold.crisis_type, gold.severity),
            "also_accepted": [CRISIS_TYPE_LABELS[code] for code in gold.also_accepted],
            "rationale": gold.rationale,
            "section": _section(gold),
        }
    }


def _label(crisis_type: str, severity: int | None) -> str:
    name = CRISIS_TYPE_LABELS[crisis_type]
    return name if severity is None else f"{name}, severity {severity} ({SEVERITY_LABELS[severity].lower()})"


def _section(gold: GoldLabel) -> dict[str, str]:
    markdown = gold.guideline.markdown
    titles = {section.code: section.title for section in sections(markdown)}
    code = gold.guideline_section
    return {"code": code, "title": titles.get(code, code), "html": section_html(markdown, code)}
