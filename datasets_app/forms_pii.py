"""The form of a bulk decision on identifiers."""

from __future__ import annotations

from typing import Any

from django import forms

from .selectors_pii import KIND_NAMES

_BANDS = {
    "all": (0.0, 1.0, "any"),
    "high": (0.9, 1.0, "high (0.90 and above)"),
    "medium_up": (0.6, 1.0, "medium and high (0.60 and above)"),
    "low": (0.0, 0.599999, "low (below 0.60)"),
}


class BulkForm(forms.Form):
    """All open findings of one kind within a span of confidence."""

    kind = forms.ChoiceField(label="Kind", choices=list(KIND_NAMES.items()))
    confidence = forms.ChoiceField(
        label="Confidence", choices=[(code, band[2]) for code, band in _BANDS.items()], initial="high"
    )
    decision = forms.ChoiceField(
        label="Decision", choices=[("accept", "Identifiers: replace them"), ("reject", "No identifiers: leave them")]
    )

    def decision_of(self) -> dict[str, Any]:
        """The arguments of the service."""
        least, most, _ = _BANDS[self.cleaned_data["confidence"]]
        kind, accept = self.cleaned_data["kind"], self.cleaned_data["decision"] == "accept"
        return {"kind": kind, "least": least, "most": most, "accept": accept}


class SpotCheckForm(forms.Form):
    """How many conversations without a finding to read."""

    count = forms.IntegerField(label="How many", initial=30, min_value=1, max_value=1000)
