"""Forms of annotation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from annotation.guideline_text import sections
from annotation.models import Guideline, Round
from annotation.selectors_suggestions import suggestion_sources
from annotation.services.layout import MAX_BATCHES, Layout
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


class GuidelineChoice(forms.ModelChoiceField):
    """A guideline by its version; one that can't be worked by yet says so."""

    def label_from_instance(self, obj: Guideline) -> str:
        return f"Version {obj.version}" + ("" if obj.state == Guideline.State.APPROVED else ", not approved yet")


class RoundForm(forms.Form):
    """A new round."""

    name = forms.CharField(max_length=120, help_text="For example “Batch 1”.")
    guideline = GuidelineChoice(queryset=Guideline.objects.none(), empty_label=None)
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
    # What most rounds leave as it is; folded on the page.
    overlap_percent = forms.IntegerField(
        required=False,
        initial=100,
        min_value=0,
        max_value=100,
        label="Share with several labels, %",
        help_text="The rest gets one label. The share is drawn from every type and batch alike.",
    )
    batches = forms.IntegerField(required=False, initial=1, min_value=1, max_value=MAX_BATCHES)
    first_due = forms.DateField(required=False, label="First batch due", widget=forms.DateInput(attrs={"type": "date"}))
    days_between = forms.IntegerField(
        required=False, initial=7, min_value=1, max_value=365, label="Days between due dates"
    )
    ordering = forms.ChoiceField(
        required=False,
        choices=Round.Ordering.choices,
        label="Order",
        help_text="Other orders than shuffled keep a fifth at random places, so that early figures aren't biased.",
    )
    calm = forms.BooleanField(required=False, initial=True, label="Spread difficult samples out")
    gold_percent = forms.IntegerField(
        required=False,
        initial=0,
        min_value=0,
        max_value=20,
        label="Hidden expert-labelled samples, %",
        help_text="Of what each person reads; they never learn which.",
    )
    repeat_percent = forms.IntegerField(
        required=False,
        initial=0,
        min_value=0,
        max_value=20,
        label="Hidden repeats, %",
        help_text="Samples that a person gets a second time, to see whether they say the same.",
    )
    suggestions_from = forms.ChoiceField(
        required=False,
        label="Suggestions",
        help_text="Shown only after a person's own label is stored; a later change is kept apart.",
    )
    FOLDED = (
        *("overlap_percent", "batches", "first_due", "days_between", "ordering", "calm", "gold_percent"),
        *("repeat_percent", "suggestions_from", "seed"),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        over = (Guideline.State.RETIRED, Guideline.State.WITHDRAWN)
        usable = Guideline.objects.filter(project=project).exclude(state__in=over)
        self.fields["guideline"].queryset = usable  # type: ignore[attr-defined]
        # A draft stays on offer, for a round that opens once it is approved; it is not what most rounds mean.
        self.fields["guideline"].initial = usable.filter(state=Guideline.State.APPROVED).order_by("-version").first()
        batches = ImportBatch.objects.filter(project=project, accepted__gt=0)
        self.fields["import_batch"].queryset = batches  # type: ignore[attr-defined]
        sources = [
            (row["source"], f"{row['source']} ({row['records']:,} records)") for row in suggestion_sources(project)
        ]
        self.fields["suggestions_from"].choices = [("", "None are shown"), *sources]  # type: ignore[attr-defined]
        people = members_with(project, Capability.ANNOTATE).order_by("username")
        self.fields["annotators"].queryset = people  # type: ignore[attr-defined]

    def plain_fields(self) -> list[forms.BoundField]:
        """What every round needs."""
        return [field for field in self.visible_fields() if field.name not in self.FOLDED]

    def folded_fields(self) -> list[forms.BoundField]:
        """What most rounds leave as it is."""
        return [self[name] for name in self.FOLDED]

    def is_unfolded(self) -> bool:
        """Whether something is wrong in the folded part."""
        return any(name in self.errors for name in self.FOLDED)

    def layout(self) -> Layout:
        """How the round is laid out, from cleaned data."""
        data = self.cleaned_data
        batches, first, between = data["batches"] or 1, data["first_due"], data["days_between"] or 7
        share = data["overlap_percent"]
        return Layout(
            overlap_share=1.0 if share is None else share / 100,
            batches=batches,
            due_on=[first + timedelta(days=between * n) for n in range(batches)] if first else (),
            ordering=data["ordering"] or Round.Ordering.SHUFFLED,
            calm=data["calm"],
            gold_share=(data["gold_percent"] or 0) / 100,
            repeat_share=(data["repeat_percent"] or 0) / 100,
            suggestions_from=data["suggestions_from"],
        )

    def clean_first_due(self) -> date | None:
        """Refuse a date after which the last batch's would be none that a calendar has."""
        first: date | None = self.cleaned_data["first_due"]
        if first is not None and first.year > 2200:
            raise forms.ValidationError("That is too far away.")
        return first


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
