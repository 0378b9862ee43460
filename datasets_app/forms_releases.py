"""The form that compiles a release."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from .corpus import taxonomy
from .models import Release
from .services import ReleaseChoices


class _ParentField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Release) -> str:
        return f"{obj.version} ({obj.get_kind_display().lower()}, {obj.counts['total']:,} records)"


class ReleaseForm(forms.Form):
    """The version of a release, what goes in, and how it is split."""

    version = forms.CharField(
        label="Version", max_length=40, strip=True, help_text="1.0.0 or v2026-01-31; a version is never used twice."
    )
    kind = forms.ChoiceField(
        label="What goes in",
        choices=[
            (Release.Kind.LABELS, "Labelled: the published labels of annotators"),
            (Release.Kind.CORPUS, "Corpus: all usable records, labelled or not"),
        ],
        initial=Release.Kind.LABELS,
        help_text="Training needs a labelled release. A corpus keeps the types that came with the input.",
    )
    parent = _ParentField(
        label="Earlier release",
        queryset=Release.objects.none(),
        required=False,
        empty_label="None: split afresh",
        help_text="Its records keep their split, so what a model was trained on is never tested. Test wins.",
    )
    holdout_families = forms.MultipleChoiceField(
        label="Hold-out families",
        choices=list(taxonomy.FAMILY_LABELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="All their records go to the test split.",
    )
    near_duplicates = forms.ChoiceField(
        label="Near-duplicates",
        choices=[
            ("group", "Keep them together in one split"),
            ("drop", "Keep one of them, and every edge case"),
            ("off", "Do not look for them"),
        ],
        initial="group",
    )
    seed = forms.IntegerField(
        label="Seed",
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The same records, choices and seed give the same bytes.",
    )

    def __init__(self, *args: Any, parents: QuerySet[Release], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = cast(_ParentField, self.fields["parent"])
        parent.queryset = parents
        self.fields["parent"].initial = parents.first()

    def choices(self) -> ReleaseChoices:
        """The choices as the service takes them. Only after `is_valid`."""
        given = self.cleaned_data
        return ReleaseChoices(
            seed=given["seed"],
            kind=given["kind"],
            parent=given["parent"],
            holdout_families=given["holdout_families"],
            near_duplicates=given["near_duplicates"],
        )
