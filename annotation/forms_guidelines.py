"""Forms of guidelines and of the labels that they ask to be made again."""

from __future__ import annotations

from typing import Any

from django import forms

from annotation.forms import PersonChoices
from annotation.guideline_text import sections
from annotation.models import Guideline
from annotation.services.guidelines import MARKDOWN_LIMIT
from annotation.services.rounds import MAX_OVERLAP
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with

SHA256_LENGTH = 64
_TYPES = [(kind, CRISIS_TYPE_LABELS[kind]) for kind in CRISIS_TYPES]


class GuidelineForm(forms.Form):
    """A version being written. `seen` says what the writer started from: a version number, or a draft's hash."""

    seen = forms.CharField(max_length=SHA256_LENGTH, widget=forms.HiddenInput)
    title = forms.CharField(max_length=200)
    change_note = forms.CharField(
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        label="What changed, and why",
        help_text="Annotators and the clinical lead read this first.",
    )
    markdown = forms.CharField(
        max_length=MARKDOWN_LIMIT,
        strip=False,
        label="Text (Markdown)",
        widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "true", "class": "guideline-source"}),
        help_text="Headings, and table rows that begin with a type’s code, become sections that people can point to.",
    )


class ApprovalForm(forms.Form):
    """A clinical lead's approval of a draft, exactly as it was read."""

    seen = forms.CharField(max_length=SHA256_LENGTH, min_length=SHA256_LENGTH, widget=forms.HiddenInput)
    shared_types = forms.MultipleChoiceField(
        choices=_TYPES, required=False, widget=forms.CheckboxSelectMultiple, label="Labels to propose again"
    )
    comment = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="Why this version is ready"
    )


class ReturnForm(forms.Form):
    """A draft sent back to its authors."""

    seen = forms.CharField(max_length=SHA256_LENGTH, min_length=SHA256_LENGTH, widget=forms.HiddenInput)
    comment = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="What has to change")


class RelabelFilterForm(forms.Form):
    """Which proposals are listed, and which one is looked at."""

    crisis_type = forms.ChoiceField(choices=[("", "All types"), *_TYPES], required=False, label="Type")
    version = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, label="Made under version")
    state = forms.ChoiceField(
        choices=[("proposed", "Waiting"), ("accepted", "In a round"), ("dismissed", "Dismissed"), ("all", "All")],
        required=False,
    )
    sample = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)


class RelabelChoiceForm(forms.Form):
    """Which of the proposals an act is about: the ticked ones, or all that the filter shows."""

    scope = forms.ChoiceField(choices=[("ticked", "The ticked ones"), ("all", "All that the filter shows")])
    proposal = forms.TypedMultipleChoiceField(coerce=int, required=False)

    def __init__(self, *args: Any, shown: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proposal"].choices = [(pk, pk) for pk in shown]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ticked, but nothing ticked, is a slip."""
        data = super().clean() or {}
        if data.get("scope") == "ticked" and not data.get("proposal"):
            raise forms.ValidationError("Tick at least one label, or choose all that the filter shows.")
        return data


class RelabelRoundForm(forms.Form):
    """The round in which labels are made again."""

    name = forms.CharField(max_length=120)
    overlap = forms.IntegerField(min_value=1, max_value=MAX_OVERLAP, initial=2, label="Labels per sample")
    annotators = PersonChoices(queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = members_with(project, Capability.ANNOTATE).order_by("username")
        self.fields["annotators"].queryset = people  # type: ignore[attr-defined]


class GuidelineNoteForm(forms.Form):
    """A wish for the next version."""

    section = forms.ChoiceField(required=False, label="About the section")
    text = forms.CharField(
        max_length=2000,
        label="What it should say",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="In your own words, without a word of a conversation.",
    )

    def __init__(self, *args: Any, guideline: Guideline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(section.code, section.title) for section in sections(guideline.markdown)]
        self.fields["section"].choices = [("", "The whole text"), *choices]  # type: ignore[attr-defined]


class DismissForm(forms.Form):
    """Why labels may stay as they are."""

    reason = forms.CharField(max_length=500, label="Why these labels may stay as they are")
