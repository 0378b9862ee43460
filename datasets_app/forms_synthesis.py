"""Forms of the pages about made-up conversations."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from .corpus import taxonomy
from .corpus.synthesis.edge_cases import CATEGORIES
from .corpus.synthesis.plan import EDGE_CASES, SCENARIOS, STYLES, Plan
from .models import SynthesisBatch, SynthesisRow
from .services.synthesis import MAX_COUNT


def _named(names: Any) -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ").capitalize()) for name in names]


class SynthesisForm(forms.Form):
    """What a batch is to hold, who writes, and how many of its rows people read. Nothing ticked stands for all."""

    kind = forms.ChoiceField(
        label="What",
        choices=[(SCENARIOS, "Conversations of all types"), (EDGE_CASES, "Edge cases, hard to read on purpose")],
        initial=SCENARIOS,
        widget=forms.RadioSelect,
    )
    count = forms.IntegerField(label="How many", min_value=1, max_value=MAX_COUNT, initial=500)
    seed = forms.IntegerField(
        label="Seed",
        min_value=0,
        max_value=2**31 - 1,
        initial=42,
        help_text="The same seed makes the same scenarios again.",
    )
    backend = forms.ChoiceField(label="Who writes", choices=SynthesisBatch.Backend.choices, initial="templates")
    types = forms.MultipleChoiceField(
        label="Types",
        required=False,
        choices=[(kind, taxonomy.CRISIS_TYPE_LABELS[kind]) for kind in taxonomy.CRISIS_TYPES],
        widget=forms.CheckboxSelectMultiple,
    )
    difficulties = forms.MultipleChoiceField(
        label="Difficulties", required=False, choices=_named(taxonomy.DIFFICULTIES), widget=forms.CheckboxSelectMultiple
    )
    styles = forms.MultipleChoiceField(
        label="Styles", required=False, choices=_named(STYLES), widget=forms.CheckboxSelectMultiple
    )
    categories = forms.MultipleChoiceField(
        label="Categories of edge cases",
        required=False,
        choices=_named(CATEGORIES),
        widget=forms.CheckboxSelectMultiple,
    )
    scenarios_per_category = forms.IntegerField(
        label="Scenarios in each category", required=False, min_value=1, max_value=1000, initial=50
    )
    sample_size = forms.IntegerField(
        label="Read by a person",
        required=False,
        min_value=1,
        max_value=MAX_COUNT,
        help_text="So many, drawn by chance. Empty: every one.",
    )
    request_key = forms.RegexField(regex=r"^[0-9a-f-]{1,64}$", widget=forms.HiddenInput, initial=lambda: str(uuid4()))

    def clean(self) -> dict[str, Any]:
        """Ask for a plan that there can be."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["plan"] = self._plan(cleaned)
            except ValueError as error:
                self.add_error(None, f"{str(error).capitalize()}.")
        size, count = cleaned.get("sample_size"), cleaned.get("count")
        if size and count and size > count:
            self.add_error("sample_size", "Not more than the batch holds.")
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What was chosen, as `synthesis_start` takes it. Only after `is_valid`."""
        data = self.cleaned_data
        return {
            "plan": data["plan"],
            "backend": data["backend"],
            "request_key": data["request_key"],
            "sample_size": data["sample_size"] or 0,
        }

    @staticmethod
    def _plan(data: dict[str, Any]) -> Plan:
        if data["kind"] == EDGE_CASES:
            return Plan(
                data["count"],
                data["seed"],
                EDGE_CASES,
                categories=tuple(data["categories"]),
                scenarios_per_category=data["scenarios_per_category"] or 50,
            )
        return Plan(
            data["count"],
            data["seed"],
            types=tuple(data["types"]),
            difficulties=tuple(data["difficulties"]),
            styles=tuple(data["styles"]),
        )


class DecideForm(forms.Form):
    """What becomes of one row."""

    decision = forms.ChoiceField(
        choices=[("kept", "Keep it"), ("corrected", "Keep it, with another label"), ("rejected", "Reject it")],
        error_messages={"required": "Choose what becomes of it."},
    )
    crisis_type = forms.ChoiceField(
        required=False, choices=[(kind, taxonomy.CRISIS_TYPE_LABELS[kind]) for kind in taxonomy.CRISIS_TYPES]
    )
    severity = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=list(taxonomy.SEVERITY_LABELS.items())
    )
    reason = forms.ChoiceField(required=False, choices=SynthesisRow.Reason.choices)
    note = forms.CharField(required=False, max_length=300)
