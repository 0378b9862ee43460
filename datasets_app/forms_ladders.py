"""The form that builds a stage ladder."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet

from .models import Release, StageLadder
from .services.ladders import LadderChoices


class _ReleaseField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Release) -> str:
        train = obj.counts["splits"]["train"]["total"]
        return f"{obj.version} ({obj.get_kind_display().lower()}, {train:,} records to train on)"


class LadderForm(forms.Form):
    """Of which release, by which recipe, how large."""

    release = _ReleaseField(
        label="Release", queryset=Release.objects.none(), help_text="Its train split is used, and nothing else of it."
    )
    recipe = forms.ChoiceField(
        label="Recipe",
        choices=[
            (StageLadder.Recipe.FOUR, "The four-stage ladder: 40, 25, 20 and 15%"),
            (StageLadder.Recipe.SEVEN, "The seven-stage curriculum: 25, 20, 15, 15, 10, 10 and 5%"),
        ],
        widget=forms.RadioSelect,
        initial=StageLadder.Recipe.FOUR,
    )
    wanted = forms.IntegerField(
        label="Records",
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Left empty: as many as the shares allow. Edge cases are all kept, also where that makes it larger.",
    )
    without_empty_stages = forms.BooleanField(
        label="Go on without stages that no record may stand on",
        required=False,
        help_text="Their share is spread over the others. Otherwise an empty stage ends the build.",
    )
    seed = forms.IntegerField(
        label="Seed",
        initial=0,
        min_value=0,
        max_value=2**31 - 1,
        help_text="The same release, choices and seed give the same bytes.",
    )

    def __init__(self, *args: Any, releases: QuerySet[Release], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(_ReleaseField, self.fields["release"])
        field.queryset = releases
        field.initial = releases.first()

    def choices(self) -> LadderChoices:
        """The choices as the service takes them. Only after `is_valid`."""
        given = self.cleaned_data
        return LadderChoices(
            recipe=given["recipe"],
            wanted=given["wanted"] or 0,
            seed=given["seed"],
            without_empty_stages=given["without_empty_stages"],
        )
