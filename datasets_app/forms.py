"""Forms of the datasets pages."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from .corpus import taxonomy
from .corpus.reading import SUFFIXES, kind_of
from .models import Release
from .services import ReleaseChoices


class ImportForm(forms.Form):
    """A file with what is known about it."""

    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        help_text="JSON Lines, a JSON array or marked plain text; .gz of these works too.",
        widget=forms.ClearableFileInput(
            attrs={"accept": ",".join([*SUFFIXES, ".gz"])},
        ),
    )
    source = forms.ChoiceField(
        label="Source",
        choices=[(source, source.capitalize()) for source in taxonomy.SOURCES],
        help_text="Whose words these are: real people's, generated, or derived from either.",
    )
    family = forms.ChoiceField(
        label="Family",
        choices=[(family, family.replace("_", " ").capitalize()) for family in taxonomy.FAMILIES],
    )
    stage = forms.TypedChoiceField(
        label="Stage",
        coerce=int,
        initial=1,
        choices=[(number, f"{number}. {name}") for number, name in taxonomy.STAGES.items()],
    )
    licence = forms.CharField(label="Licence", max_length=200, required=False, help_text="For example CC BY 4.0.")
    consent_basis = forms.CharField(
        label="Consent or ethics basis",
        max_length=500,
        required=False,
        help_text="Needed for real people's words: consent, IRB approval, or the licence they were released under.",
    )

    def clean_file(self) -> UploadedFile:
        """Refuse the wrong kind, an empty file and one above the limit, each with its own message."""
        file: UploadedFile = self.cleaned_data["file"]
        if not kind_of(file.name or ""):
            raise forms.ValidationError(f"Only {', '.join(SUFFIXES)} files, or .gz of these, can be imported.")
        if not file.size:
            raise forms.ValidationError("The file is empty.")
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {settings.UPLOAD_MAX_BYTES:,} bytes.")
        return file

    def clean(self) -> dict[str, Any]:
        """Ask for the basis on which real people's words are used."""
        cleaned = super().clean() or {}
        if cleaned.get("source") == taxonomy.Source.REAL and not cleaned.get("consent_basis"):
            self.add_error("consent_basis", "Say on what basis real people's words are used.")
        return cleaned


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
        required=False,
        help_text="Training needs a labelled release. A corpus keeps the types that came with the input.",
    )
    parent = forms.ModelChoiceField(
        label="Earlier release",
        queryset=Release.objects.none(),
        required=False,
        empty_label="None: split afresh",
        help_text="Its records keep their split, so what a model was trained on is never tested. Test wins.",
    )
    holdout_families = forms.MultipleChoiceField(
        label="Hold-out families",
        choices=[(family, family.replace("_", " ").capitalize()) for family in taxonomy.FAMILIES],
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
        required=False,
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
        parent = cast(forms.ModelChoiceField, self.fields["parent"])
        parent.queryset = parents
        self.fields["parent"].initial = parents.first()

    def choices(self) -> ReleaseChoices:
        """The choices as the service takes them. Only after `is_valid`."""
        given = self.cleaned_data
        return ReleaseChoices(
            seed=given["seed"],
            kind=given["kind"] or Release.Kind.LABELS,
            parent=given["parent"],
            holdout_families=given["holdout_families"],
            near_duplicates=given["near_duplicates"] or "group",
        )
