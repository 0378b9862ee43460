"""Forms of annotation."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.guideline_text import sections
from annotation.models import Guideline, Round
from annotation.services.rounds import MAX_OVERLAP
from datasets_app.corpus.taxonomy import (
    CRISIS_TYPE_LABELS,
    CRISIS_TYPES,
    EDGE_CASE_KINDS,
    EDGE_CASE_LABELS,
    NONE_TYPE,
    SEVERITIES,
    SEVERITY_LABELS,
)
from datasets_app.models import ImportBatch
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with


class PersonChoices(forms.ModelMultipleChoiceField):
    """People by name; their pseudonym is for exports."""

    def clean(self, value: Any) -> Any:
        """Refuse what no id can be before a database is asked for it (an error there, not an empty answer)."""
        for chosen in value if isinstance(value, (list, tuple)) else ():
            if not str(chosen).isdecimal() or int(str(chosen)[:20]) >= 2**63:
                raise forms.ValidationError(self.error_messages["invalid_pk_value"], params={"pk": "this value"})
        return super().clean(value)

    def label_from_instance(self, obj: User) -> str:
        return str(obj)


class RoundForm(forms.Form):
    """A new round."""

    name = forms.CharField(max_length=120, help_text="For example “Batch 1”.")
    guideline = forms.ModelChoiceField(queryset=Guideline.objects.none(), empty_label=None)
    import_batch = forms.ModelChoiceField(
        queryset=ImportBatch.objects.none(),
        required=False,
        empty_label="All records not yet in a round",
        label="Records",
    )
    count = forms.IntegerField(
        required=False, min_value=1, max_value=1_000_000, label="How many", help_text="Empty: all of them."
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=MAX_OVERLAP,
        initial=2,
        label="Labels per sample",
        help_text="Two or more show agreement.",
    )
    annotators = PersonChoices(queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple)
    seed = forms.IntegerField(
        initial=1, min_value=0, max_value=2**31 - 1, help_text="The same seed gives the same order."
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        over = (Guideline.State.RETIRED, Guideline.State.WITHDRAWN)
        usable = Guideline.objects.filter(project=project).exclude(state__in=over)
        self.fields["guideline"].queryset = usable  # type: ignore[attr-defined]
        batches = ImportBatch.objects.filter(project=project, accepted__gt=0)
        self.fields["import_batch"].queryset = batches  # type: ignore[attr-defined]
        people = members_with(project, Capability.ANNOTATE).order_by("username")
        self.fields["annotators"].queryset = people  # type: ignore[attr-defined]


class RulingForm(forms.Form):
    """The decision on a disagreement."""

    crisis_type = forms.ChoiceField(
        choices=[(kind, CRISIS_TYPE_LABELS[kind]) for kind in CRISIS_TYPES], widget=forms.RadioSelect
    )
    severity = forms.TypedChoiceField(
        choices=[(level, f"{level} {SEVERITY_LABELS[level]}") for level in SEVERITIES],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    edge_case_kind = forms.ChoiceField(
        choices=[("", "Not an edge case"), *((kind, EDGE_CASE_LABELS[kind]) for kind in EDGE_CASE_KINDS)],
        required=False,
        label="Edge case",
    )
    guideline_section = forms.ChoiceField(label="Guideline section that settles it")
    reason = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="Reason")
    item = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, round: Round, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(section.code, section.title) for section in sections(round.guideline.markdown)]
        self.fields["guideline_section"].choices = [("", "Choose a section"), *choices]  # type: ignore[attr-defined]

    def clean_severity(self) -> int | None:
        """`none` has no severity, whatever was chosen before the type."""
        return None if self.cleaned_data.get("crisis_type") == NONE_TYPE else self.cleaned_data["severity"]
