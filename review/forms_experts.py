"""Forms of experts, absences and discussions. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SEVERITY_LABELS
from pixelhub.accounts.models import Project, User
from review.models import Expert
from review.selectors_experts import people_to_register
from review.wording import MAX_COMMENT, MAX_REASON


class RegisterForm(forms.Form):
    """Puts a member into the register."""

    user = forms.ModelChoiceField(label="Who", queryset=User.objects.none(), empty_label=None)
    specialty = forms.ChoiceField(choices=Expert.Specialty.choices, required=False)
    capacity = forms.IntegerField(
        label="Open cases at once", min_value=1, max_value=Expert.MAX_CAPACITY, initial=Expert.DEFAULT_CAPACITY
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people_to_register(project)  # type: ignore[attr-defined]


class ExpertForm(forms.Form):
    """Changes what the register says of an expert."""

    specialty = forms.ChoiceField(choices=Expert.Specialty.choices, required=False)
    capacity = forms.IntegerField(label="Open cases at once", min_value=1, max_value=Expert.MAX_CAPACITY)
    active = forms.BooleanField(
        required=False, label="Gets cases", help_text="Without it, what waits with this expert goes to others now."
    )


class AbsenceForm(forms.Form):
    """Days without cases."""

    starts_on = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}))


class PostForm(forms.Form):
    """Something said about a case."""

    text = forms.CharField(
        label="Your words", max_length=MAX_COMMENT, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ResolutionForm(forms.Form):
    """A clinical lead's decision on a case on which the experts are split."""

    escalate = forms.TypedChoiceField(
        label="Should it be escalated?",
        choices=[("yes", "Yes, escalate it"), ("no", "No, leave it")],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
    )
    crisis_type = forms.ChoiceField(choices=list(CRISIS_TYPE_LABELS.items()))
    severity = forms.TypedChoiceField(
        choices=[("", "none"), *SEVERITY_LABELS.items()], coerce=int, empty_value=None, required=False
    )
    reason = forms.CharField(max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3}))
