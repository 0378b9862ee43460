"""Forms of the registry: what was in production when, which two versions to compare, which errors to show."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SEVERITY_LABELS, SIX_TYPES
from training_app.learn.wording import SLICE_NAMES
from training_app.models import ModelVersion
from training_app.selectors_registry import MISSED, OVER, ErrorFilter
from training_app.services.card_sections import MAX_TEXT


class MomentForm(forms.Form):
    """A moment in the hub's own time."""

    at = forms.DateTimeField(
        label="Moment, in the hub's time zone",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
    )


class PairForm(forms.Form):
    """Two versions of a project."""

    a = forms.ModelChoiceField(queryset=ModelVersion.objects.none(), label="First version", empty_label=None)
    b = forms.ModelChoiceField(queryset=ModelVersion.objects.none(), label="Second version", empty_label=None)

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("a", "b"):
            choice = self.fields[name]
            assert isinstance(choice, forms.ModelChoiceField)
            choice.queryset = versions


class ErrorsForm(forms.Form):
    """What errors to show; everything may be left out."""

    kind = forms.ChoiceField(
        required=False,
        label="Error",
        choices=[("", "Both"), (MISSED, "Missed crises"), (OVER, "Over-escalations")],
    )
    crisis_type = forms.ChoiceField(
        required=False,
        label="Type",
        choices=[("", "Any type"), *((kind, CRISIS_TYPE_LABELS[kind]) for kind in SIX_TYPES)],
    )
    severity = forms.TypedChoiceField(
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "Any severity"), *((level, f"{level} {name}") for level, name in SEVERITY_LABELS.items())],
    )
    slice = forms.ChoiceField(required=False, label="Slice")
    lowest = forms.FloatField(required=False, min_value=0, max_value=1, label="Score from")
    highest = forms.FloatField(required=False, min_value=0, max_value=1, label="to")

    def __init__(self, *args: Any, slices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["slice"]
        assert isinstance(choice, forms.ChoiceField)
        named = [(f"{kind}={value}", f"{SLICE_NAMES.get(kind, kind)}: {value}") for kind, value in slices]
        choice.choices = [("", "Any slice"), *named]

    def chosen(self) -> ErrorFilter:
        """The filter; a form that is not valid filters nothing."""
        if not self.is_bound or not self.is_valid():
            return ErrorFilter()
        said = self.cleaned_data
        kind, _, value = said["slice"].partition("=")
        return ErrorFilter(
            kind=said["kind"],
            crisis_type=said["crisis_type"],
            severity=said["severity"],
            slice_of=(kind, value) if kind else None,
            lowest=0.0 if said["lowest"] is None else said["lowest"],
            highest=1.0 if said["highest"] is None else said["highest"],
        )


class PrevalenceForm(forms.Form):
    """The share of conversations with a crisis that a service expects, in percent."""

    prevalence = forms.FloatField(
        min_value=0.001,
        max_value=100,
        label="Share of crises in your service, %",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


class SectionForm(forms.Form):
    """The text of a card's section; `seen` is the revision it was written on."""

    text = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Plain paragraphs, and lines that begin with “- ” as a list. Empty to take the section out.",
    )
    seen = forms.IntegerField(min_value=0, max_value=100_000, widget=forms.HiddenInput)
