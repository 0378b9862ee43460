"""Forms of the datasets pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from .corpus import taxonomy
from .corpus.reading import SUFFIXES, kind_of
from .corpus.structure import DEFAULT_RULES
from .services import ImportOptions, rules_chosen


class SeveralFiles(forms.ClearableFileInput):
    """A file input that takes more than one file."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """All files under this name, as browsers send them."""
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class FilesField(forms.FileField):
    """One or more files that can be imported; the cleaned value is a list."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Refuse the wrong kind, an empty file and one above the limit, each with its own message."""
        given = data if isinstance(data, list | tuple) else [data] if data else []
        files: list[UploadedFile] = [super(FilesField, self).clean(one, initial) for one in given if one]
        for file in files:
            if not kind_of(file.name or ""):
                raise forms.ValidationError(
                    f"Only {', '.join(SUFFIXES)} files, or .gz or .zst of these, can be imported."
                )
            if not file.size:
                raise forms.ValidationError("The file is empty.")
            if file.size > settings.UPLOAD_MAX_BYTES:
                raise forms.ValidationError(f"The file is larger than {settings.UPLOAD_MAX_BYTES:,} bytes.")
        return files


class ImportForm(forms.Form):
    """Files or an address, with what is known about the conversations and the structure rules that apply."""

    file = FilesField(
        label="Files",
        required=False,
        allow_empty_file=True,
        help_text="JSON Lines, a JSON array, CSV or marked plain text; .gz and .zst of these work too. "
        "Several at once are several imports.",
        widget=SeveralFiles(attrs={"accept": ",".join([*SUFFIXES, ".gz", ".zst"])}),
    )
    address = forms.CharField(
        label="Object store address",
        max_length=500,
        required=False,
        help_text="s3://bucket/file.jsonl, or a prefix: every readable object below it is an import of its own. "
        "Where the administrator allows it.",
        widget=forms.TextInput(attrs={"placeholder": "s3://bucket/prefix", "autocomplete": "off"}),
    )
    endpoint = forms.CharField(
        label="Endpoint",
        max_length=300,
        required=False,
        help_text="Only for a store that is not the hub's own. It must be public.",
        widget=forms.URLInput(attrs={"placeholder": "https://s3.example.org", "autocomplete": "off"}),
    )
    source = forms.ChoiceField(
        label="Source",
        choices=[(source, source.capitalize()) for source in taxonomy.SOURCES],
        help_text="Whose words these are: real people's, generated, or derived from either.",
    )
    family = forms.ChoiceField(
        label="Family",
        choices=list(taxonomy.FAMILY_LABELS.items()),
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
    # Says that the switches below were on the form: an unticked box and an absent one look the same.
    switches = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)
    min_turns = forms.IntegerField(
        label="Fewest turns", required=False, min_value=0, max_value=100_000, initial=DEFAULT_RULES.min_turns
    )
    max_turns = forms.IntegerField(
        label="Most turns", required=False, min_value=0, max_value=100_000, initial=DEFAULT_RULES.max_turns
    )
    max_turn_chars = forms.IntegerField(
        label="Longest turn",
        required=False,
        min_value=0,
        max_value=10_000_000,
        initial=DEFAULT_RULES.max_turn_chars,
    )
    needs_user = forms.BooleanField(label="Somebody speaks as the user", required=False, initial=True)
    alternating = forms.BooleanField(label="Speakers take turns", required=False)
    posts_as_turns = forms.BooleanField(label="A list of one person's posts is a conversation", required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one place, and for the basis on which real people's words are used."""
        cleaned = super().clean() or {}
        if "file" in cleaned and "address" in cleaned and bool(cleaned["file"]) == bool(cleaned["address"]):
            self.add_error(
                "file", "Choose files or name an address, not both." if cleaned["file"] else "Choose a file."
            )
        if cleaned.get("endpoint") and not cleaned.get("address"):
            self.add_error("endpoint", "An endpoint needs an address.")
        if cleaned.get("source") == taxonomy.Source.REAL and not cleaned.get("consent_basis"):
            self.add_error("consent_basis", "Say on what basis real people's words are used.")
        return cleaned

    def asked(self) -> dict[str, Any]:
        """What was chosen, as `imports_start` takes it. Only after `is_valid`."""
        data = self.cleaned_data
        rules = rules_chosen(data) if data["switches"] else DEFAULT_RULES
        return {
            "options": ImportOptions(
                data["source"], data["family"], data["stage"], data["licence"], data["consent_basis"], rules
            ),
            "files": [(file.file, file.name) for file in data["file"]],
            "address": data["address"],
            "endpoint": data["endpoint"],
        }


class _ParentField(forms.ModelChoiceField):
    """Earlier releases, each by its version."""

    def label_from_instance(self, obj: Any) -> str:
        """What a person calls the release."""
        return f"{obj.version}, {obj.get_kind_display().lower()}"
