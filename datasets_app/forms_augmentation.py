"""The form that asks for children, and the one that judges one."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from .corpus import taxonomy
from .corpus.augmentation.naming import STRATEGY_NAMES
from .models import Release, Variation
from .services.augmentation import MAX_CHILDREN, MAX_SEED, AugmentationChoices

_HELP = {
    "paraphrase": "Other words, clauses and frames; the words of the crisis stay.",
    "edge_case": "Sarcasm, metaphor, cultural difference and ambiguous signals, a quarter each. All wait for a person.",
    "context_expansion": "An exchange or two about an ordinary day before they come to it.",
    "crisis_scenarios": "The words of the crisis in another life.",
    "dialogue_variation": "Messages split and joined, other replies of the listener.",
    "demographic_injection": "The person says who they are, never against what is known.",
}
_WANTED = {"paraphrase": 1000, "edge_case": 500}


class _ReleaseField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Release) -> str:
        return f"{obj.version}: its training split, {obj.counts['splits']['train']['total']:,} conversations"


class AugmentationForm(forms.Form):
    """Whose children, how many of each strategy, and within what bounds."""

    release = _ReleaseField(
        label="Originals",
        queryset=Release.objects.none(),
        required=False,
        empty_label="All labelled records of the project",
        help_text="Children stay in the split of their parent, in every later release.",
    )
    seed = forms.IntegerField(
        label="Seed",
        initial=42,
        min_value=0,
        max_value=MAX_SEED,
        help_text="The same originals and seed, the same children.",
    )
    max_ratio = forms.FloatField(
        label="At most so many children to each original",
        initial=0.5,
        min_value=0.01,
        max_value=2,
        help_text="Over the whole project, those of earlier runs included.",
    )
    use_model = forms.BooleanField(
        label="Let the project's own model read every child",
        required=False,
        initial=True,
        help_text="Where there is one, it has to agree. Without one the rules read, and people do the rest.",
    )
    use_endpoint = forms.BooleanField(
        label="Paraphrase with the configured language model",
        required=False,
        help_text="Only conversations that were made up are sent to it; real people's words stay here.",
    )

    def __init__(self, *args: Any, releases: QuerySet[Release], with_endpoint: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(_ReleaseField, self.fields["release"]).queryset = releases
        if not with_endpoint:
            del self.fields["use_endpoint"]
        for name, label in STRATEGY_NAMES.items():
            self.fields[name] = forms.IntegerField(
                label=f"{label}s" if not label.endswith("ion") or name == "edge_case" else label,
                initial=_WANTED.get(name, 0),
                min_value=0,
                max_value=MAX_CHILDREN,
                required=False,
                help_text=_HELP[name],
            )
        self.order_fields(["release", *STRATEGY_NAMES, "max_ratio", "seed", "use_model", "use_endpoint"])

    def choices(self) -> AugmentationChoices:
        """The choices as the service takes them. Only after `is_valid`."""
        given = self.cleaned_data
        return AugmentationChoices(
            counts={name: given[name] or 0 for name in STRATEGY_NAMES},
            release=given["release"],
            seed=given["seed"],
            max_ratio=given["max_ratio"],
            use_model=given["use_model"],
            use_endpoint=given.get("use_endpoint", False),
        )


class VariationForm(forms.Form):
    """One answer about one child."""

    answer = forms.ChoiceField(choices=[(state, state) for state in ("holds", "changed", "refused")])
    crisis_type = forms.ChoiceField(choices=[(kind, kind) for kind in taxonomy.CRISIS_TYPES], required=False)
    severity = forms.TypedChoiceField(
        choices=[(level, level) for level in taxonomy.SEVERITIES], required=False, coerce=int, empty_value=None
    )
    reason = forms.CharField(max_length=Variation._meta.get_field("reason").max_length, required=False)

    def said(self) -> dict[str, Any]:
        """The arguments of the service. Only after `is_valid`."""
        given = dict(self.cleaned_data)
        if given["crisis_type"] == taxonomy.NONE_TYPE:
            given["severity"] = None
        return given
