"""Forms of the review of finished work."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.guideline_text import sections
from annotation.models import QualityReview, Round
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, NONE_TYPE, SEVERITIES, SEVERITY_LABELS

AGREED = QualityReview.Verdict.AGREED


class DrawForm(forms.Form):
    """How many finished labels are drawn, and how."""

    batch = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=32_767)
    percent = forms.FloatField(min_value=0.1, max_value=100, initial=10, label="Share of the finished labels, in %")
    oversample = forms.BooleanField(
        required=False,
        label="More of immediate harm and low confidence",
        help_text="They are drawn three times as often; the report projects back to all labels.",
    )
    seed = forms.IntegerField(
        initial=1, min_value=0, max_value=2**31 - 1, help_text="The same seed draws the same labels."
    )


class FindingForm(forms.Form):
    """A verdict on a label; what the reviewer would have chosen where it differs."""

    verdict = forms.ChoiceField(
        choices=[(code, label) for code, label in QualityReview.Verdict.choices if code != "pending"],
        widget=forms.RadioSelect,
    )
    crisis_type = forms.ChoiceField(
        choices=[(kind, CRISIS_TYPE_LABELS[kind]) for kind in CRISIS_TYPES], required=False, widget=forms.RadioSelect
    )
    severity = forms.TypedChoiceField(
        choices=[(level, f"{level} {SEVERITY_LABELS[level]}") for level in SEVERITIES],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    guideline_section = forms.ChoiceField(required=False, label="Guideline section that settles it")
    comment = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}), label="Comment for the annotator"
    )

    def __init__(self, *args: Any, round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(section.code, section.title) for section in sections(round.guideline.markdown)]
        self.fields["guideline_section"].choices = [("", "Choose a section"), *choices]  # type: ignore[attr-defined]

    def clean_severity(self) -> int | None:
        """`none` has no severity, whatever was chosen before the type."""
        return None if self.cleaned_data.get("crisis_type") == NONE_TYPE else self.cleaned_data["severity"]

    def clean(self) -> dict[str, Any]:
        """A difference says what else, by which section, and why."""
        data = super().clean() or {}
        if data.get("verdict") and data["verdict"] != AGREED:
            for name in ("crisis_type", "guideline_section", "comment"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, "Needed where you see it differently.")
            if data.get("crisis_type") not in ("", None, NONE_TYPE) and data.get("severity") is None:
                self.add_error("severity", "Needed where you see it differently.")
        return data


class AnswerForm(forms.Form):
    """What an annotator says to a finding."""

    answer = forms.CharField(
        max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}), label="Your answer"
    )
