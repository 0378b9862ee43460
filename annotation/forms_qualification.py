"""Forms of expert labels, sets, drift and the policy."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from annotation.agreement.watching import LEAST
from annotation.guideline_text import sections
from annotation.models import AnnotationPolicy, GoldLabel, Guideline, Round
from annotation.services.gold import DECIDED
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, NONE_TYPE, SEVERITIES, SEVERITY_LABELS
from pixelhub.accounts.models import Project
from pixelhub.uploads import SmallTextField

TYPES = [(code, CRISIS_TYPE_LABELS[code]) for code in CRISIS_TYPES]
USES = GoldLabel.Use.choices
LARGEST = 2**31 - 1


class GoldForm(forms.Form):
    """An expert's label of one record."""

    use = forms.ChoiceField(choices=USES, label="What it is for")
    crisis_type = forms.ChoiceField(choices=TYPES)
    severity = forms.TypedChoiceField(
        choices=[("", "No severity"), *((level, f"{level} {SEVERITY_LABELS[level]}") for level in SEVERITIES)],
        coerce=int,
        empty_value=None,
        required=False,
        help_text="“No crisis” has none.",
    )
    also_accepted = forms.MultipleChoiceField(
        choices=TYPES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Types that you would accept too: they count as met.",
    )
    guideline_section = forms.ChoiceField(label="Guideline section that settles it")
    rationale = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Annotators read it in practice. No names, no quotes that could identify anybody.",
    )

    def __init__(self, *args: Any, guideline: Guideline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(section.code, section.title) for section in sections(guideline.markdown)]
        self.fields["guideline_section"].choices = choices  # type: ignore[attr-defined]

    def clean_severity(self) -> int | None:
        """`none` has no severity, whatever was chosen before the type."""
        return None if self.cleaned_data.get("crisis_type") == NONE_TYPE else self.cleaned_data["severity"]


class GoldFromRoundForm(forms.Form):
    """Take over a round's decisions."""

    round = forms.ModelChoiceField(queryset=Round.objects.none(), empty_label=None)
    use = forms.ChoiceField(choices=USES, label="What they are for")
    count = forms.IntegerField(
        required=False, min_value=1, max_value=100_000, label="At most", help_text="Empty: all of them."
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        decided = Round.objects.filter(project=project, state__in=DECIDED, items__adjudication__isnull=False)
        self.fields["round"].queryset = decided.distinct()  # type: ignore[attr-defined]


class GoldImportForm(forms.Form):
    """Expert labels from a file."""

    file = SmallTextField(
        help_text="JSON lines: record (content hash), crisis_type, severity, use, guideline_section, and if you like "
        "rationale and also_accepted. All lines or none."
    )


class SetForm(forms.Form):
    """A new practice or qualification set."""

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in Round.LEARNING])
    name = forms.CharField(max_length=120, help_text="For example “First steps”.")
    count = forms.IntegerField(
        required=False, min_value=1, max_value=1_000, label="How many samples", help_text="Empty: all that there are."
    )
    seed = forms.IntegerField(initial=1, min_value=0, max_value=LARGEST, help_text="The same seed draws the same set.")


class DriftForm(forms.Form):
    """What QA does about a person's drift."""

    DECISIONS = (("resume", "Go on with real work"), ("practise", "Practise and qualify again"), ("pause", "Pause"))

    decision = forms.ChoiceField(choices=DECISIONS)
    reason = forms.CharField(
        max_length=300, widget=forms.Textarea(attrs={"rows": 3}), help_text="A sentence. The person reads it."
    )

    def __init__(self, *args: Any, paused: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.DECISIONS[:2] if paused else self.DECISIONS[2:]
        self.fields["decision"].choices = chosen  # type: ignore[attr-defined]


POLICY_GROUPS = (
    (
        "Qualification",
        "What opens real work, and what pauses it.",
        ("qualification_required", "qualification_accuracy", "qualification_kappa", "gold_floor", "gold_window"),
    ),
    ("Labels", "What a label must have.", ("spans_required",)),
    (
        "Exposure and breaks",
        "Limits on reading hard content. They protect people: lower them freely, raise them with care.",
        (
            "break_after_minutes",
            "break_after_severe",
            "break_minutes",
            "severe_minutes_per_day",
            "soft_share",
            "severe_in_a_row",
        ),
    ),
)


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the project asks of its annotators, and what it owes them."""

    LABELS = {
        "qualification_required": "Real work opens with a passed qualification",
        "qualification_accuracy": "Accuracy to pass",
        "qualification_kappa": "Kappa to pass",
        "gold_floor": "Floor on hidden expert labels",
        "gold_window": "How many of the last hidden ones count",
        "spans_required": "A crisis label needs a highlight",
        "break_after_minutes": "A break is due after so many minutes",
        "break_after_severe": "or after so many samples of severity 4 or 5",
        "break_minutes": "Minutes of a break",
        "severe_minutes_per_day": "Minutes of severity 4 or 5 in a day, at most",
        "soft_share": "A break is offered from this share of a limit on",
        "severe_in_a_row": "Severe samples in a row, at most",
    }
    EXPLAINED = ("qualification_accuracy", "qualification_kappa", "gold_floor", "severe_in_a_row")  # beyond the label
    LEAST = {"gold_window": LEAST, "severe_in_a_row": 1, "soft_share": 0.05}

    class Meta:
        model = AnnotationPolicy
        fields = tuple(name for _, _, names in POLICY_GROUPS for name in names)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.LABELS.get(name, field.label)
            if name not in self.EXPLAINED:
                field.help_text = ""
            if isinstance(field, forms.FloatField):
                _bounded(field, self.LEAST.get(name, 0), 1, step="0.01")
            elif isinstance(field, forms.IntegerField):
                _bounded(field, self.LEAST.get(name, 1), 1_440, step="1")

    @property
    def groups(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """Title, lede and fields of each part of the form."""
        return [(title, lede, [self[name] for name in names]) for title, lede, names in POLICY_GROUPS]


def _bounded(field: forms.Field, least: float, most: float, *, step: str) -> None:
    field.min_value, field.max_value = least, most  # type: ignore[attr-defined]
    field.validators += [
        MinValueValidator(least),
        MaxValueValidator(most),
    ]
    field.widget.attrs.update({"min": least, "max": most, "step": step})
