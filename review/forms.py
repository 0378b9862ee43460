"""Forms of review. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SEVERITY_LABELS
from pixelhub.accounts.models import Project
from review.models import SignOff
from review.selectors import reviewable_versions
from review.services.campaigns import DEFAULT_SIZE, MAX_SIZE
from review.wording import MAX_COMMENT, MAX_NOTE, MAX_REASON
from training_app.models import ModelVersion

#: In a demo workspace a review should be done in minutes; the board still asks for 100.
DEMO_SIZE = 12


class CampaignForm(forms.Form):
    """Opens a campaign."""

    version = forms.ModelChoiceField(queryset=ModelVersion.objects.none(), empty_label=None)
    size = forms.IntegerField(
        label="Cases to draw",
        min_value=1,
        max_value=MAX_SIZE,
        help_text="The program asks for at least 100. Misses and over-escalations are drawn more often; "
        "weights keep the estimates unbiased.",
    )
    minimum_judged = forms.IntegerField(
        label="Cases that must be judged before closing",
        min_value=1,
        max_value=MAX_SIZE,
        required=False,
        help_text="All of them when left empty.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = reviewable_versions(project)  # type: ignore[attr-defined]
        self.fields["size"].initial = DEMO_SIZE if project.is_demo else DEFAULT_SIZE


class LabelForm(forms.Form):
    """The expert's own label, before the prediction is shown."""

    crisis_type = forms.ChoiceField(choices=list(CRISIS_TYPE_LABELS.items()))
    severity = forms.TypedChoiceField(
        choices=[("", "none"), *SEVERITY_LABELS.items()], coerce=int, empty_value=None, required=False
    )


class VerdictForm(forms.Form):
    """The verdict on the prediction."""

    verdict = forms.CharField(max_length=24)
    comment = forms.CharField(max_length=MAX_COMMENT, required=False)


class SignOffForm(forms.Form):
    """A decision; the password is asked for again."""

    decision = forms.ChoiceField(
        choices=[(SignOff.Decision.APPROVED, "Approve for production"), (SignOff.Decision.REJECTED, "Reject")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept with the decision and signed with it.",
    )
    password = forms.CharField(
        label="Your password, again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    evidence_sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)


class PlanStartForm(forms.Form):
    start = forms.DateField(label="Day 1", widget=forms.DateInput(attrs={"type": "date"}))


class TickForm(forms.Form):
    task = forms.CharField(max_length=40)
    note = forms.CharField(max_length=MAX_NOTE, required=False)
