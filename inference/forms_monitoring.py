"""Forms of monitoring: acknowledge an alert, change limits."""

from __future__ import annotations

from typing import Any

from django import forms

from inference.engine.reports.rules import Limits
from inference.models import Alert, AlertLimits
from inference.selectors_alerts import HUB_RULES, Judged


class AlertAcknowledgeForm(forms.Form):
    """What somebody found or does about it."""

    note = forms.CharField(
        label="What you found, or what you do about it",
        max_length=Alert._meta.get_field("note").max_length,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="No names, no words of a conversation: everybody who sees the figures reads it.",
    )


class AlertLimitsForm(forms.Form):
    """Two limits for each rule, shares in percent; an empty one is never reached."""

    reason = forms.CharField(
        label="Why", max_length=AlertLimits._meta.get_field("reason").max_length, help_text="Stays with the version."
    )

    def __init__(self, *args: Any, limits: dict[str, Limits], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, judged in HUB_RULES.items():
            for level in ("warning", "critical"):
                given = getattr(limits[name], level)
                field = forms.FloatField(required=False, label=level.capitalize(), min_value=0)
                field.initial = None if given is None else _shown(judged, given)
                field.widget.attrs["step"] = "any"
                self.fields[f"{name}_{level}"] = field
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])

    @property
    def rules(self) -> list[tuple[Judged, str, list[forms.BoundField]]]:
        """Each rule with its unit and its two fields."""
        return [
            (judged, unit_of(judged), [self[f"{name}_warning"], self[f"{name}_critical"]])
            for name, judged in HUB_RULES.items()
        ]

    @property
    def chosen(self) -> dict[str, Limits]:
        """What was given, in the rules' own units."""
        return {
            name: Limits(*(_meant(judged, self.cleaned_data[f"{name}_{level}"]) for level in ("warning", "critical")))
            for name, judged in HUB_RULES.items()
        }


def unit_of(judged: Judged) -> str:
    """What the numbers of a rule count."""
    if judged.rule.is_share:
        return "%"
    return {"p95_ms": "ms", "drift_psi": "PSI"}.get(judged.name, "count")


def _shown(judged: Judged, limit: float) -> float:
    shown = float(f"{limit * 100:.10g}") if judged.rule.is_share else float(limit)
    return int(shown) if shown.is_integer() else shown


def _meant(judged: Judged, given: float | None) -> float | None:
    if given is None:
        return None
    return float(f"{given / 100:.10g}") if judged.rule.is_share else given
