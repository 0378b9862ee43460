"""Forms of what follows from a case. They check shape; the services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.guideline_text import sections
from annotation.services import guideline_ensure_first
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, EDGE_CASE_LABELS, SEVERITY_LABELS
from datasets_app.models import ImportBatch
from pixelhub.accounts.models import Project
from review.models import CaseRequest
from review.wording import MAX_COMMENT, MAX_NOTE

_OWN_WORDS = "In your own words: nothing that stands in the conversation."


class RelabelForm(forms.Form):
    """A test label that looks wrong."""

    words = forms.CharField(
        required=False, max_length=MAX_COMMENT, label="What looks wrong", help_text=_OWN_WORDS,
        widget=forms.TextInput(),
    )  # fmt: skip


class NoteForm(forms.Form):
    """What the guideline should say more clearly."""

    section = forms.ChoiceField(required=False, label="About the section")
    words = forms.CharField(
        max_length=MAX_COMMENT, label="What it should say", help_text=_OWN_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = guideline_ensure_first(project=project)
        choices = [(section.code, section.title) for section in sections(newest.markdown)]
        self.fields["section"].choices = [("", "The whole text"), *choices]  # type: ignore[attr-defined]


class SimilarForm(forms.Form):
    """More conversations of a kind."""

    crisis_type = forms.ChoiceField(label="Crisis type", choices=list(CRISIS_TYPE_LABELS.items()))
    severity = forms.TypedChoiceField(
        choices=[("", "none"), *SEVERITY_LABELS.items()], coerce=int, empty_value=None, required=False
    )
    edge_case_kind = forms.ChoiceField(
        label="Edge case", required=False, choices=[("", "not one in particular"), *EDGE_CASE_LABELS.items()]
    )
    wanted = forms.IntegerField(label="How many", min_value=1, max_value=CaseRequest.MOST, initial=20)
    tags = forms.CharField(required=False, max_length=160, help_text="Separated by commas, at most five.")
    words = forms.CharField(
        max_length=MAX_COMMENT, label="What kind of case", help_text=_OWN_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def clean_tags(self) -> list[str]:
        """A list out of the line."""
        return [tag for tag in (part.strip() for part in self.cleaned_data["tags"].split(",")) if tag]


class DeclineForm(forms.Form):
    """Why something stays as it is."""

    reason = forms.CharField(max_length=MAX_NOTE)


class NameImportForm(forms.Form):
    """Which import answers a request."""

    batch = forms.ModelChoiceField(queryset=ImportBatch.objects.none(), label="Import")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["batch"].queryset = ImportBatch.objects.filter(project=project)  # type: ignore[attr-defined]
