"""Forms of the crisis protocol: its policy, and “we missed one”."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SIX_TYPES
from inference.models import CasePolicy, MissedCase, ScoreLog
from inference.services.case_policies import POLICY_FIELDS
from pixelhub.accounts.models import Project

_GROUPS = (
    (
        "What opens a case",
        "Emergencies always do. Concerns never do: they are counted in the score log.",
        ("opens_urgent", "opens_severe", "opens_unread", "opens_console"),
    ),
    (
        "Minutes to acknowledge, and to decide",
        "They count from the score. When one passes, the next tier is asked: the clinical lead, then administrators.",
        tuple(name for name in POLICY_FIELDS if not name.startswith("opens_")),
    ),
)
_LABELS = {
    "opens_urgent": "Urgent alarms",
    "opens_severe": "Severe alarms",
    "opens_unread": "Conversations that the model gave no answer for: they must be read",
    "opens_console": "Also what colleagues type in the console",
    "unread_acknowledge": "Must be read: acknowledge",
    "unread_verify": "Must be read: decide",
}


class CasePolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The next version of the policy."""

    class Meta:
        model = CasePolicy
        fields = POLICY_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            level, _, act = name.partition("_")
            words = f"{level.capitalize()}: {'decide' if act == 'verify' else act}"
            field.label = _LABELS.get(name, words)

    @property
    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Title, lede and fields of each part."""
        return [(title, lede, [self[name] for name in names]) for title, lede, names in _GROUPS]


class MissedCaseForm(forms.Form):
    """A crisis that got no alarm."""

    score = forms.UUIDField(
        label="Score", required=False, help_text="The evidence id of the answer, if the conversation was scored here."
    )
    happened_on = forms.DateField(label="When it happened", widget=forms.DateInput(attrs={"type": "date"}))
    crisis_type = forms.ChoiceField(choices=[(name, CRISIS_TYPE_LABELS[name]) for name in SIX_TYPES])
    level = forms.ChoiceField(
        label="The alarm that it should have had",
        choices=[(name, name.capitalize()) for name in ("emergency", "urgent", "severe")],
    )
    found_by = forms.ChoiceField(label="How it came to light", choices=MissedCase.FoundBy.choices)
    note = forms.CharField(
        label="In your words",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A clinical note: only responders read it.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._project = project
        self.fields["happened_on"].initial = timezone.localdate

    def clean_score(self) -> ScoreLog | None:
        """The score itself, of this project."""
        given = self.cleaned_data["score"]
        if given is None:
            return None
        found = ScoreLog.objects.filter(project=self._project, pk=given).first()
        if found is None:
            raise forms.ValidationError("There is no such score in this project.")
        return found
